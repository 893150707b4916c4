package group

import "hash/fnv"

// An outlet's habit is prose that it puts into many of its articles: a disclaimer, an invitation to subscribe.
const (
	habitCount = 4   // articles of an outlet that hold a print of it, at least
	habitShare = .08 // of the outlet's articles in the window, at least
)

// habit estimates how much of what two articles of one outlet share is the outlet's habit, 0 to 1, by the prints that
// both have.
func (c *candidates) habit(a, b *node) float64 {
	floor := int(max(habitCount, habitShare*float64(c.articles[a.outlet])))
	both, habit := 0, 0
	for print := range inBoth(a.Print.Picked, b.Print.Picked) {
		both++
		if c.isHabit(print, a.outlet, floor) {
			habit++
		}
	}
	return ratio(habit, both)
}

// isHabit says whether a print stands in at least floor articles of an outlet, or in too many to count.
func (c *candidates) isHabit(print uint32, outlet uint64, floor int) bool {
	var room [maxPosting + 1]uint32
	list := c.prints.Find(print, room[:0])
	if len(list) < floor || len(list) > maxPosting {
		return len(list) > maxPosting
	}
	for _, m := range list {
		if n := c.nodes[m]; n != nil && n.outlet == outlet {
			if floor--; floor == 0 {
				return true
			}
		}
	}
	return false
}

// countOutlet counts an article of its outlet.
func (c *candidates) countOutlet(n *node, by int32) {
	if c.articles[n.outlet] += by; c.articles[n.outlet] <= 0 {
		delete(c.articles, n.outlet)
	}
}

func stringHash(key string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(key))
	return h.Sum64()
}
