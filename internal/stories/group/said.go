package group

import "math"

const (
	// contextShare is the weight of what two clusters tell beside the probability of their pairs, of 1. Probabilities are
	// known of pairs that were compared alone, what clusters tell of all.
	contextShare = .7
	// fades is the time, in days, in which what two clusters tell loses all but 1/e of its weight.
	fades = 3
)

// said is what the clusters of a graph tell: sums of their nodes' widened vectors and times. The scalar product of two
// sums over the product of the sizes is the mean cosine of all pairs of nodes.
type said struct {
	vectors [][]weight // terms numbered anew
	days    []float64  // since 1970, summed
	nodes   []float64
	outlets [][]uint64 // that published the nodes
	lift    float64    // Model.EventAlone - Model.EventAt
	dense   []float32  // vectors[loaded] by term
	loaded  int
}

// newSaid sums up the widened vectors of the nodes under the lowest number of their stories.
func newSaid(nodes []*node, storyOf []int, wide [][]weight, m *Model) *said {
	s := &said{
		vectors: make([][]weight, len(nodes)), days: make([]float64, len(nodes)), nodes: make([]float64, len(nodes)),
		outlets: make([][]uint64, len(nodes)), lift: m.EventAlone - m.EventAt, loaded: -1,
	}
	number := map[uint32]uint32{}
	for i, n := range nodes {
		at := storyOf[i]
		s.nodes[at]++
		if n.outlet != 0 {
			s.outlets[at] = append(s.outlets[at], n.outlet)
		}
		s.days[at] += float64(n.at) / secondsADay
		for _, x := range wide[i] {
			t, ok := number[x.term]
			if !ok {
				t = uint32(len(number))
				number[x.term] = t
			}
			s.vectors[at] = append(s.vectors[at], weight{t, x.w})
		}
	}
	var x widener
	for i, v := range s.vectors {
		s.vectors[i] = x.summed(v)
	}
	s.dense = make([]float32, len(number))
	return s
}

// weigh gives the linkage of two clusters whose pairs have the mean probability p, to be compared with Model.EventAt.
//
// An outlet writes its reports of one affair with the same background, so that their contexts are alike whatever happened. Where
// an outlet is in both clusters, contexts say nothing of two single nodes, which need a probability of Model.EventAlone,
// and the more the larger the clusters are.
func (s *said) weigh(p float64, i, j int) float64 {
	if s.loaded == j {
		i, j = j, i
	}
	s.load(i)
	dot := 0.0
	for _, x := range s.vectors[j] {
		dot += float64(s.dense[x.term] * x.w)
	}
	apart := math.Abs(s.days[i]/s.nodes[i] - s.days[j]/s.nodes[j])
	pairs := s.nodes[i] * s.nodes[j]
	cosine := math.Exp(-apart/fades) * dot / pairs
	if !common(s.outlets[i], s.outlets[j]) {
		return near(p, cosine, contextShare)
	}
	single := 1 / math.Sqrt(pairs) // 1 for two single nodes, towards 0 for large clusters
	return near(p, cosine, contextShare*(1-single)) - s.lift*single
}

// near gives how near two clusters are whose pairs have the mean probability p, and whose contexts the mean cosine.
func near(p, cosine, share float64) float64 { return (1-share)*p + share*cosine }

// load lays the vector of a cluster out by term.
func (s *said) load(i int) {
	if s.loaded == i {
		return
	}
	s.unload()
	for _, x := range s.vectors[i] {
		s.dense[x.term] = x.w
	}
	s.loaded = i
}

func (s *said) unload() {
	if s.loaded < 0 {
		return
	}
	for _, x := range s.vectors[s.loaded] {
		s.dense[x.term] = 0
	}
	s.loaded = -1
}

// merge takes j into i.
func (s *said) merge(i, j int) {
	s.unload()
	s.vectors[i], s.vectors[j] = sum(s.vectors[i], s.vectors[j]), nil
	s.days[i] += s.days[j]
	s.nodes[i] += s.nodes[j]
	s.outlets[i] = union(s.outlets[i], s.outlets[j])
	s.load(i)
}

// sum adds two vectors.
func sum(v, w []weight) []weight {
	out := make([]weight, 0, len(v)+len(w))
	i, j := 0, 0
	for i < len(v) && j < len(w) {
		switch {
		case v[i].term < w[j].term:
			out = append(out, v[i])
			i++
		case v[i].term > w[j].term:
			out = append(out, w[j])
			j++
		default:
			out = append(out, weight{v[i].term, v[i].w + w[j].w})
			i, j = i+1, j+1
		}
	}
	return append(append(out, v[i:]...), w[j:]...)
}
