package group

import (
	"hash/fnv"

	"headwater/internal/news"
)

// An outlet's habit is a shingle that it puts into many of its articles: a disclaimer, an invitation to subscribe.
const (
	habitSample = 2   // of the shingles that are in every sample, one in so many is counted
	habitCount  = 4   // articles of an outlet that hold it, at least
	habitShare  = .08 // of the outlet's articles in the window, at least
)

// habits counts a sample of the shingles of each outlet.
type habits struct {
	articles map[uint64]int32 // by outlet
	holding  map[uint64]int32 // by outlet and shingle
}

func (h *habits) init() { h.articles, h.holding = map[uint64]int32{}, map[uint64]int32{} }

func (h *habits) learn(n *node, by int32) {
	n.outlet = stringHash(n.Article.Outlet.Key())
	if h.articles[n.outlet] += by; h.articles[n.outlet] <= 0 {
		delete(h.articles, n.outlet)
	}
	for _, s := range n.Print.Shingles {
		if !counted(s) {
			continue
		}
		k := habitKey(n.outlet, s)
		if h.holding[k] += by; h.holding[k] <= 0 {
			delete(h.holding, k)
		}
	}
}

// share estimates how much of what two articles of one outlet share is the outlet's habit, 0 to 1.
func (h *habits) share(a, b *node) float64 {
	floor := max(habitCount, habitShare*float64(h.articles[a.outlet]))
	shared, habit := 0, 0
	s, t := a.Print.Shingles, b.Print.Shingles
	for i, j := 0, 0; i < len(s) && j < len(t); {
		switch {
		case s[i] < t[j]:
			i++
		case s[i] > t[j]:
			j++
		default:
			if counted(s[i]) {
				shared++
				if float64(h.holding[habitKey(a.outlet, s[i])]) >= floor {
					habit++
				}
			}
			i, j = i+1, j+1
		}
	}
	if shared == 0 {
		return 0
	}
	return float64(habit) / float64(shared)
}

func counted(s uint32) bool { return news.SampledShingle(s) && s%habitSample == 0 }

func stringHash(key string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(key))
	return h.Sum64()
}

func habitKey(outlet uint64, shingle uint32) uint64 {
	return outlet ^ uint64(shingle)*0x9e3779b97f4a7c15
}
