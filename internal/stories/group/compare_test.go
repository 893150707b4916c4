package group

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// opinion answers with one cosine, and notes what it was asked.
type opinion struct {
	cosine func(a, b int64) float64
	asked  [][][2]int64
}

func (o *opinion) Similar(pairs [][2]int64) []float64 {
	o.asked = append(o.asked, pairs)
	out := make([]float64, len(pairs))
	for i, p := range pairs {
		out[i] = o.cosine(p[0], p[1])
	}
	return out
}

func always(cosine float64) *opinion {
	return &opinion{cosine: func(int64, int64) float64 { return cosine }}
}

func TestSecondCurve(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		similar := rapid.Float64Range(.01, 1).Draw(t, "threshold")
		a, b := rapid.Float64Range(-1, 1).Draw(t, "a"), rapid.Float64Range(-1, 1).Draw(t, "b")
		pa, pb := secondCurve(a, similar), secondCurve(b, similar)
		if a < b && pa > pb || pa < 0 || pa > secondMost {
			t.Fatalf("%g gives %g, %g gives %g", a, pa, b, pb)
		}
		if a >= similar && pa <= 1 || a < similar-.001 && pa >= 1 {
			t.Fatalf("%g gives %g at the threshold %g", a, pa, similar)
		}
		if math.Abs(a-b) < .001 && math.Abs(pa-pb) > .012 {
			t.Fatalf("%g gives %g, and %g gives %g: that is no smooth curve", a, pa, b, pb)
		}
	})
}

func TestAskSecondOpinion(t *testing.T) {
	m := DefaultModel()
	joins := m.joinsAlone(false)
	said := func(story, event, share float64) pairScore { // of an event, with the cosine that brings it to a share of what joins
		return pairScore{story: story, event: event, cosine: (share*m.EventAt - (1-contextShare)*event) / contextShare}
	}
	before := []pairScore{ // the third to the fifth lie in the band
		said(0, .02, .1), said(0, .1, .349), said(0, .1, .351), said(.1, .2, .7), said(.15, .2, .999), said(.1, .2, 1.001), said(.8, .9, 2),
	}
	tests := []struct {
		name   string
		cosine float64
		raised []float64 // event probabilities afterwards, of those in the band
	}{
		{"nothing known", math.NaN(), []float64{.1, .2, .2}},
		{"opposite", -1, []float64{.1, .2, .2}},
		{"far below", .5, []float64{.1, .2, .2}},
		{"below", .78, []float64{.9 * joins, .9 * joins, .9 * joins}},
		{"at the threshold", .8, []float64{joins, joins, joins}},
		{"the same", 1, []float64{1.1 * joins, 1.1 * joins, 1.1 * joins}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := always(tt.cosine)
			g := New(Options{Second: o})
			pairs, scores := make([]pair, len(before)), append([]pairScore(nil), before...)
			var want [][2]int64
			for i := range pairs {
				pairs[i] = pair{a: &node{}, b: &node{}}
				pairs[i].a.id, pairs[i].b.id = int64(i), int64(10+i)
				if i >= 2 && i <= 4 {
					want = append(want, [2]int64{int64(i), int64(10 + i)})
				}
			}
			g.askSecondOpinion(pairs, scores)
			if diff := gocmp.Diff([][][2]int64{want}, o.asked); diff != "" {
				t.Errorf("asked about (-want +got):\n%s", diff)
			}
			for i, v := range scores {
				event := before[i].event
				if i >= 2 && i <= 4 {
					event = tt.raised[i-2]
				}
				if v.story != before[i].story || math.Abs(v.event-event) > .01 {
					t.Errorf("pair %d: story %g, event %g; want %g and %g", i, v.story, v.event, before[i].story, event)
				}
			}
		})
	}
}

// likePairs makes pairs of articles, 2k+1 and 2k+2, whose texts have k of their 26 invented words in common, in no order.
func likePairs() []Item {
	r := rand.New(rand.NewPCG(7, 7))
	word := func() string {
		var b strings.Builder
		for range 4 {
			b.WriteString([]string{"ba", "den", "kor", "li", "mas", "no", "pel", "ra", "sti", "tu", "ver", "zon"}[r.IntN(12)])
		}
		return b.String()
	}
	var items []Item
	for k := range 26 {
		common := make([]string, k)
		for i := range common {
			common[i] = word()
		}
		for range 2 {
			words := append([]string(nil), common...)
			for len(words) < 26 {
				words = append(words, word())
			}
			r.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
			id := int64(len(items) + 1)
			items = append(items, articleAt(id, fmt.Sprintf("paper-%d.example", id), strings.Join(words[:6], " "), strings.Join(words[6:], " ")+"."))
		}
	}
	return items
}

// TestSecondJoinsEvents compares a window that has a second opinion with one that has none.
func TestSecondJoinsEvents(t *testing.T) {
	items := likePairs()
	alone := settleAll(t, items)
	o := &opinion{cosine: func(a, b int64) float64 {
		if (a-1)/2 == (b-1)/2 {
			return .95
		}
		return .1
	}}
	g, with := New(Options{Second: o}), newStoreState()
	with.settle(t, g, items)
	if len(o.asked) != 1 {
		t.Errorf("asked %d times in one Settle of one chunk", len(o.asked))
	}
	name := func(id int64) string { return fmt.Sprint(id) }
	if diff := gocmp.Diff(parts(alone.of, name), parts(with.of, name)); diff != "" {
		t.Errorf("a second opinion changed stories (-alone +with):\n%s", diff)
	}
	var joined []Item
	for k := range int64(26) {
		a, b := 2*k+1, 2*k+2
		was, is := alone.eventOf()[a] == alone.eventOf()[b], with.eventOf()[a] == with.eventOf()[b]
		if was && !is {
			t.Errorf("pair %d came apart", k)
		}
		if e := with.edges[[2]int64{a, b}]; is && !was {
			joined = append(joined, items[a-1])
			if before := alone.edges[[2]int64{a, b}]; e.Event < g.model.EventAt || before.A != 0 && e.Story != before.Story || e.Story >= g.model.StoryAt {
				t.Errorf("pair %d was joined by %+v (alone %+v)", k, e, before)
			}
		}
	}
	if len(joined) < 1 {
		t.Fatalf("%d pairs were joined of those that the model leaves apart", len(joined))
	}
	wantRestored(t, with, items, joined[0])
}

// wantRestored holds a window that is put back and reopened to the events that were settled, and revises an article.
func wantRestored(t *testing.T, s *storeState, items []Item, again Item) {
	t.Helper()
	o := always(.1)
	g := New(Options{Second: o})
	for _, it := range items {
		it.Story, it.Event = s.of[it.Article.ID], s.eventOf()[it.Article.ID]
		g.Restore(it)
	}
	for _, e := range s.edges {
		g.RestoreEdge(e)
	}
	g = g.Reopen(noon)
	name := func(id int64) string { return fmt.Sprint(id) }
	before := parts(s.eventOf(), name)
	added := articleAt(1000, "late.example", "Something else entirely happened elsewhere", "Nobody was there to see it and so nothing is known of it.")
	s.settle(t, g, []Item{added})
	now := s.eventOf()
	delete(now, 1000)
	if diff := gocmp.Diff(before, parts(now, name)); diff != "" {
		t.Errorf("events after a restart (-before +after):\n%s", diff)
	}
	again.Article.Hash += "revised"
	s.settle(t, g, []Item{again})
	if len(o.asked) == 0 {
		t.Error("a window that was reopened asks no second opinion")
	}
}
