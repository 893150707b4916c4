package origin

import "math"

// Habit is what the log taught of an outlet.
type Habit struct {
	Carried int // closed stories that went back to it and that others carried
	Carries int // closed stories of others that it carried
	Items   int // of its own, of late
	Passed  int // of those, that name another outlet as the writer of their text
}

const (
	weightHabit = .35 // for each e-fold of how much oftener an outlet is carried than it carries others
	mostHabit   = .5  // so that habits settle what is nearly even, and no more
	fewStories  = 5   // added to both counts: little is said by a few stories

	fewItems    = 20 // below which an outlet's items do not tell what it is
	listedShare = .9 // of its items that are others', from which it lists what others publish
)

// Lists says that an outlet lists or reruns what others publish and next to nothing else.
func (h Habit) Lists() bool {
	return h.Items >= fewItems && float64(h.Passed) >= listedShare*float64(h.Items)
}

// habit weighs whether an outlet's texts are usually carried by others, or others' by it.
func (c *contender) habit(habits map[string]Habit) {
	h, ok := habits[c.outlet.Key()]
	if !ok || h.Carried+h.Carries == 0 {
		return
	}
	lean := weightHabit * math.Log(float64(h.Carried+fewStories)/float64(h.Carries+fewStories))
	c.weigh("habit", min(max(lean, -mostHabit), mostHabit), "others carried its texts in %d earlier stories, and it carried others' in %d", h.Carried, h.Carries)
}

// passes weighs how many of an outlet's other items are others' texts. One that lists them is no origin of anything.
func (c *contender) passes(habits map[string]Habit) {
	h := habits[c.outlet.Key()]
	switch {
	case c.outlet.Agency:
	case h.Lists():
		c.unfit = true
		c.weigh("listing", -weightListing, "%s lists what others publish: %d of its %d items name another outlet as their writer", c.outlet.Name, h.Passed, h.Items)
	case h.Passed > 0:
		share := float64(h.Passed) / float64(h.Items+fewItems)
		c.weigh("listing", -weightPasses*share, "%d of the %d items of %s name another outlet as their writer", h.Passed, h.Items, c.outlet.Name)
	}
}
