package group

import "math"

// SecondOpinion says how alike articles are by another light than the words they share.
type SecondOpinion interface {
	// Similar gives a cosine, -1 to 1, for each of the pairs of article ids, and NaN for one that it knows nothing of.
	Similar(pairs [][2]int64) []float64
}

// The words leave it open whether two articles tell of one event where both come near to it: from abstainLow of what joins
// them, below which lie nearly all candidates, so that asking about them would cost much and find little, to what does.
const abstainLow = .35

// What a second opinion makes of a cosine (see second), as shares of Model.joinsAlone.
const (
	secondMost  = 1.1   // the most it gives
	secondJoins = 1.002 // what it gives at its threshold
	secondSlope = 40    // how steeply it rises, in log-odds a unit of cosine
)

// joinsAlone is the event probability from which two articles are one event whatever else their contexts say; own is whether one
// outlet published both.
func (m *Model) joinsAlone(own bool) float64 {
	if own {
		return m.EventAlone
	}
	return m.EventAt / (1 - contextShare)
}

// nearness is how near two articles come to one event, 1 being enough.
func (m *Model) nearness(v verdict, own bool) float64 {
	if own {
		return v.event / m.EventAlone
	}
	return near(v.event, v.cosine, contextShare) / m.EventAt
}

// reconsider asks the second opinion about all pairs that are in doubt. It may bring a pair into one event and never into
// one story: texts that mean the same need not derive from one another.
func (g *Grouper) reconsider(pairs []pair, verdicts []verdict) {
	if g.second == nil {
		return
	}
	var doubtful []int
	var ids [][2]int64
	for i, v := range verdicts {
		own := sameOutlet(pairs[i].a, pairs[i].b)
		if n := g.model.nearness(v, own); n >= abstainLow && n < 1 {
			doubtful = append(doubtful, i)
			ids = append(ids, [2]int64{pairs[i].a.Article.ID, pairs[i].b.Article.ID})
		}
	}
	if len(ids) == 0 {
		return
	}
	for k, cosine := range g.second.Similar(ids) {
		if math.IsNaN(cosine) {
			continue
		}
		v, p := &verdicts[doubtful[k]], pairs[doubtful[k]]
		v.event = max(v.event, min(1, g.model.joinsAlone(sameOutlet(p.a, p.b))*second(cosine, g.similar)))
	}
}

// second turns a cosine into a share of Model.joinsAlone: a logistic curve that rises from 0 to 1.1 and passes 1.002, just
// enough to join, where the cosine is that of Options.Threshold. .05 of cosine below it gives .64, .1 below .18. So a second
// opinion joins a pair, but weighs little where the words of other pairs of the same two clusters speak against them.
func second(cosine, similar float64) float64 {
	odds := math.Log(secondJoins / (secondMost - secondJoins))
	return secondMost * sigmoid(secondSlope*(cosine-similar)+odds)
}
