package origin

import "math"

// Habit is what closed stories taught of an outlet.
type Habit struct {
	Carried int // stories that went back to it and that others carried
	Carries int // stories of others that it carried
}

const (
	weightHabit = .35 // for each e-fold of how much oftener an outlet is carried than it carries others
	mostHabit   = .5  // so that habits settle what is nearly even, and no more
	fewStories  = 5   // added to both counts: little is said by a few stories
)

// habit weighs whether an outlet's texts are usually carried by others, or others' by it.
func (c *contender) habit(habits map[string]Habit) {
	h, ok := habits[c.outlet.Key()]
	if !ok {
		return
	}
	lean := weightHabit * math.Log(float64(h.Carried+fewStories)/float64(h.Carries+fewStories))
	c.weigh("habit", min(max(lean, -mostHabit), mostHabit), "others carried its texts in %d earlier stories, and it carried others' in %d", h.Carried, h.Carries)
}
