package greader

import (
	"fmt"
	"testing"
	"time"
)

// TestGateRemembers has somebody try more names than are remembered: who was locked out stays so, and it ends with time.
func TestGateRemembers(t *testing.T) {
	now := time.Date(2026, 8, 18, 6, 0, 0, 0, time.UTC)
	g := newGate(func() time.Time { return now })
	for range freeTries {
		if wait := g.count("anna"); wait > 0 {
			t.Fatalf("a free try waits %s", wait)
		}
	}
	for i := range maxTries + 500 {
		g.count(fmt.Sprint("name ", i))
	}
	if len(g.tries) > maxTries {
		t.Errorf("%d names are remembered", len(g.tries))
	}
	if g.count("anna") == 0 {
		t.Error("names by the thousand gave new tries at one that was locked")
	}
	now = now.Add(triesReset)
	if wait := g.count("anna"); wait > 0 {
		t.Errorf("after the time is over: wait %s", wait)
	}
	g.count("one more") // makes room by what is over
	if len(g.tries) > maxTries {
		t.Errorf("%d names are remembered", len(g.tries))
	}
}
