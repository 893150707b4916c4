package group

import (
	"math"
	"slices"
)

const (
	// contextShare is the weight of what two clusters tell beside the probability of their pairs, of 1. Probabilities are
	// known of pairs that were compared alone, what clusters tell of all.
	contextShare = .7
	// fades is the time, in days, in which what two clusters tell loses all but 1/e of its weight.
	fades = 3
)

// joinsAlone is the event probability from which two articles are one event whatever else their contexts say.
func (m *Model) joinsAlone() float64 { return m.EventAt / (1 - contextShare) }

// said is what the clusters of a graph tell: sums of their nodes' widened vectors and times. The scalar product of two
// sums over the product of the sizes is the mean cosine of all pairs of nodes.
type said struct {
	vectors [][]weight // terms numbered anew
	days    []float64  // since 1970, summed
	nodes   []float64
	dense   []float32 // vectors[loaded] by term
	loaded  int
}

// newSaid sums up the widened vectors of the nodes under the lowest number of their stories.
func newSaid(nodes []*node, storyOf []int, wide [][]weight) *said {
	s := &said{vectors: make([][]weight, len(nodes)), days: make([]float64, len(nodes)), nodes: make([]float64, len(nodes)), loaded: -1}
	number := map[uint32]uint32{}
	for i, n := range nodes {
		at := storyOf[i]
		s.nodes[at]++
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
	for i, v := range s.vectors {
		s.vectors[i] = summed(v)
	}
	s.dense = make([]float32, len(number))
	return s
}

// weigh gives the linkage of two clusters whose pairs have the mean probability p.
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
	return near(p, math.Exp(-apart/fades)*dot/(s.nodes[i]*s.nodes[j]))
}

// near gives how near two clusters are whose pairs have the mean probability p, and whose contexts the mean cosine.
func near(p, cosine float64) float64 { return (1-contextShare)*p + contextShare*cosine }

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
	s.vectors[i], s.vectors[j] = summed(slices.Concat(s.vectors[i], s.vectors[j])), nil
	s.days[i] += s.days[j]
	s.nodes[i] += s.nodes[j]
	s.load(i)
}
