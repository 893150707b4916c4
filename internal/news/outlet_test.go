package news

import (
	"testing"
	"time"
)

func TestLagClasses(t *testing.T) {
	for _, d := range []time.Duration{0, 59 * time.Second, time.Minute, 7 * time.Minute, 59 * time.Minute, 3 * time.Hour, 30 * time.Hour, 89 * 24 * time.Hour} {
		got := LagOf(LagClass(d))
		if off := (got - d).Abs(); off > d/12+time.Minute {
			t.Errorf("%s is shown as %s", d, got)
		}
	}
	for _, d := range []time.Duration{-time.Second, 91 * 24 * time.Hour} {
		if class := LagClass(d); class != LagUnknown {
			t.Errorf("%s has class %d", d, class)
		}
	}
	if LagClass(time.Minute) <= LagClass(30*time.Second) {
		t.Error("a minute is no longer than half a minute")
	}
}
