package front

import (
	"cmp"
	"math"
	"slices"
	"time"

	"headwater/internal/stories/prints"
)

// Joined events come from average link: the nearness of two groups of events is the mean likeness of their pairs, and the two
// nearest groups are joined until no two are nearer than joinAt. The words of an event are those of the first reports of its
// stories (prints.Print.Terms of title and summary), by inverse document frequency over the events: counted by event and not
// by article, a word of one large event is still rare.
//
// Likeness is the cosine, of whose summands the largest counts for at most a third of the others: one shared name, such as that
// of a place, makes no affair. Events that one outlet alone tells of are not alike: they are made by one mould.

const (
	joinAt    = .2     // likeness from which groups are joined
	oneWord   = 1. / 3 // of the other summands of a cosine, so much counts of its largest at most
	titleUses = 3      // a use in the title counts as this many
	perEvent  = 20     // stories of an event whose words are read, the best ones
	maxJoin   = 400    // events that are compared, the best ones
)

// Wanted returns the articles whose texts Join reads: the first reports of the best events.
func Wanted(events []Event) []int64 {
	var ids []int64
	for _, e := range events[:min(len(events), maxJoin)] {
		for _, s := range e.best() {
			ids = append(ids, s.firstReport())
		}
	}
	return ids
}

const (
	reactionShare = .5  // an affair with so many reports of markets among its stories is a reaction
	reactionAt    = .12 // likeness from which a reaction is joined to what it reacts to
)

// Page is events as a front page shows them, the best first.
type Page struct {
	Events []Event

	terms weights
	at    time.Time
	by    Reader
}

// Join joins the best of the events into affairs and scores these. The others are scored alike, each as an affair of its own. texts are by article.
func Join(events []Event, texts map[int64]Text, at time.Time, r Reader) Page {
	top, rest := fit(events[:min(len(events), maxJoin)], texts), events[min(len(events), maxJoin):]
	page := Page{terms: weightsOf(top, texts), at: at, by: r}
	top = page.terms.withoutDigests(top, texts)
	for i := range top {
		top[i].weigh()
	}
	order(top)
	words := page.terms.events(top, texts)
	for _, g := range averageLink(similarities(top, words)) {
		slices.Sort(g) // the best first, as top is
		var affair Event
		sum := map[uint32]float64{}
		for _, i := range g {
			affair.IDs = append(affair.IDs, top[i].IDs...)
			for _, s := range top[i].Stories {
				s.share = top[i].Score / top[g[0]].Score
				affair.Stories = append(affair.Stories, s)
			}
			for _, t := range words[i] {
				sum[t.hash] += top[i].Score * t.weight
			}
		}
		affair.weigh()
		affair.Score *= affair.breadth()
		affair.words = unit(sum)
		page.Events = append(page.Events, affair)
	}
	order(page.Events)
	page.Events = gather(page.Events, texts)
	for _, e := range rest {
		e.Score *= e.breadth()
		page.Events = append(page.Events, e)
	}
	order(page.Events)
	return page
}

// gather joins an affair to the better one that is likest to it. affairs are the best first. Their words are the sums of those of
// their events, so they tell more of what an affair is about than the pairs that averageLink compares: two of its groups can be
// near as wholes. Reports on markets join from a lower likeness, since they are made on every day and say what moved the market;
// they have a place of their own where nothing on the page did. What joins here adds nothing to the score.
func gather(affairs []Event, texts map[int64]Text) []Event {
	var out []Event
	for _, a := range affairs {
		var reports int
		for _, s := range a.Stories {
			if texts[s.firstReport()].Market {
				reports++
			}
		}
		best, most := -1, joinAt
		if float64(reports) >= reactionShare*float64(len(a.Stories)) {
			most = reactionAt
		}
		for i := range out {
			if l := likeness(out[i].words, a.words); l >= most && !out[i].sameTeller(a) {
				best, most = i, l
			}
		}
		if best < 0 {
			out = append(out, a)
			continue
		}
		to := &out[best]
		to.IDs = append(to.IDs, a.IDs...)
		for _, s := range a.Stories {
			s.share *= a.Score / to.Score
			to.Stories = append(to.Stories, s)
		}
		score := to.Score
		to.weigh() // its outlets decide what joins next
		to.Score = score
	}
	return out
}

// fit returns events without the stories that are no report: advertisements, programmes, live pages.
func fit(events []Event, texts map[int64]Text) []Event {
	var out []Event
	for _, e := range events {
		e.Stories = slices.DeleteFunc(slices.Clone(e.Stories), func(s Story) bool { return texts[s.firstReport()].Fit <= fitShell })
		if len(e.Stories) > 0 {
			out = append(out, e)
		}
	}
	return out
}

// term is a word of an event with its weight.
type term struct {
	hash   uint32
	weight float64
}

// weights are those of the terms of a page.
type weights struct {
	idf map[uint32]float64 // inverse document frequency over the events, in nats
}

func weightsOf(events []Event, texts map[int64]Text) weights {
	in := map[uint32]int{}
	for _, e := range events {
		here := map[uint32]bool{}
		for _, s := range e.best() {
			for _, t := range texts[s.firstReport()].Print.Terms {
				if !here[t] {
					here[t] = true
					in[t]++
				}
			}
		}
	}
	w := weights{make(map[uint32]float64, len(in))}
	for t, n := range in {
		w.idf[t] = math.Log(float64(len(events)+1) / float64(n))
	}
	return w
}

// of returns the weight of a term that is used so often.
func (w weights) of(t uint32, uses int) float64 {
	return (1 + math.Log(float64(max(uses, 1)))) * w.idf[t]
}

func (w weights) events(events []Event, texts map[int64]Text) [][]term {
	out := make([][]term, len(events))
	for i, e := range events {
		out[i] = w.event(e, texts)
	}
	return out
}

const (
	partAt    = .4 // cosine from which a part of a headline tells of an event
	strangeAt = .1 // cosine up to which two events have nothing to do with each other
)

// withoutDigests returns events without the stories whose headline tells of several events: newsletters, programmes, market reports.
// They would join what has nothing in common.
func (w weights) withoutDigests(events []Event, texts map[int64]Text) []Event {
	words := w.events(events, texts)
	var out []Event
	for i, e := range events {
		e.Stories = slices.DeleteFunc(slices.Clone(e.Stories), func(s Story) bool {
			return w.isDigest(texts[s.firstReport()].parts, words, i)
		})
		if len(e.Stories) > 0 {
			out = append(out, e)
		}
	}
	return out
}

// isDigest reports whether the parts of a headline tell of two other events that have nothing to do with each other.
func (w weights) isDigest(parts [][]uint32, words [][]term, own int) bool {
	var told []int // events
	for _, p := range parts {
		part, best, most := w.title(p), -1, partAt
		for i := range words {
			if c := cosine(part, words[i]); i != own && c > most {
				best, most = i, c
			}
		}
		if best < 0 {
			continue
		}
		if slices.ContainsFunc(told, func(other int) bool { return cosine(words[other], words[best]) <= strangeAt }) {
			return true
		}
		told = append(told, best)
	}
	return false
}

// event returns the words of an event, of length 1: the sum of those of its stories.
func (w weights) event(e Event, texts map[int64]Text) []term {
	sum := map[uint32]float64{}
	for _, s := range e.best() {
		for _, t := range w.text(texts[s.firstReport()].Print) {
			sum[t.hash] += t.weight
		}
	}
	return unit(sum)
}

// text returns the words of a text, of length 1.
func (w weights) text(p prints.Print) []term {
	sum := make(map[uint32]float64, len(p.Terms))
	for i, t := range p.Terms {
		uses := int(p.Uses[i] & prints.TermCount)
		if p.Uses[i]&prints.TermTitle != 0 {
			uses += titleUses - 1
		}
		sum[t] = w.of(t, uses)
	}
	return unit(sum)
}

// title returns the words of a title or of a part of one, of length 1.
func (w weights) title(terms []uint32) []term {
	sum := make(map[uint32]float64, len(terms))
	for _, t := range terms {
		sum[t] = w.of(t, 1)
	}
	return unit(sum)
}

func unit(sum map[uint32]float64) []term {
	out := make([]term, 0, len(sum))
	for t, w := range sum {
		if w > 0 {
			out = append(out, term{t, w})
		}
	}
	slices.SortFunc(out, func(a, b term) int { return cmp.Compare(a.hash, b.hash) })
	var square float64
	for _, t := range out {
		square += t.weight * t.weight
	}
	for i := range out {
		out[i].weight /= math.Sqrt(square)
	}
	return out
}

// likeness is the cosine of two events with less of its largest summand; see the head of this file.
func likeness(a, b []term) float64 {
	sum, largest := dot(a, b)
	others := sum - largest
	return others + min(largest, oneWord*others)
}

func cosine(a, b []term) float64 {
	sum, _ := dot(a, b)
	return sum
}

// dot returns the sum of the products of weights, and the largest of them.
func dot(a, b []term) (sum, largest float64) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].hash < b[j].hash:
			i++
		case a[i].hash > b[j].hash:
			j++
		default:
			product := a[i].weight * b[j].weight
			sum += product
			largest = max(largest, product)
			i++
			j++
		}
	}
	return sum, largest
}

// similarities returns the likeness of all pairs.
func similarities(events []Event, words [][]term) [][]float64 {
	out := make([][]float64, len(events))
	for i := range out {
		out[i] = make([]float64, len(events))
		for j := range i {
			if events[i].sameTeller(events[j]) {
				continue
			}
			out[i][j] = likeness(words[i], words[j])
			out[j][i] = out[i][j]
		}
	}
	return out
}

// averageLink returns groups of indices. It changes near. Of pairs that are equally near the first is joined.
func averageLink(near [][]float64) [][]int {
	groups := make([][]int, len(near))
	best := make([]int, len(near)) // the nearest group with a higher index, -1 for none
	nearest := func(i int) int {
		at := -1
		for j := i + 1; j < len(near); j++ {
			if groups[j] != nil && near[i][j] >= joinAt && (at < 0 || near[i][j] > near[i][at]) {
				at = j
			}
		}
		return at
	}
	for i := range near {
		groups[i] = []int{i}
	}
	for i := range near {
		best[i] = nearest(i)
	}
	for {
		a := -1
		for i := range near {
			if groups[i] != nil && best[i] >= 0 && (a < 0 || near[i][best[i]] > near[a][best[a]]) {
				a = i
			}
		}
		if a < 0 {
			return slices.DeleteFunc(groups, func(g []int) bool { return g == nil })
		}
		b := best[a]
		na, nb := float64(len(groups[a])), float64(len(groups[b]))
		groups[a], groups[b] = append(groups[a], groups[b]...), nil
		for c := range near {
			near[a][c] = (na*near[a][c] + nb*near[b][c]) / (na + nb)
			near[c][a] = near[a][c]
		}
		for i := range near {
			switch {
			case groups[i] == nil:
			case i == a || best[i] == a || best[i] == b:
				best[i] = nearest(i)
			case i < a && near[i][a] >= joinAt && (best[i] < 0 || near[i][a] > near[i][best[i]]):
				best[i] = a
			}
		}
	}
}
