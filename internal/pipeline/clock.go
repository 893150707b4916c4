package pipeline

import (
	"context"
	"time"

	"headwater/internal/intake/fetch"
)

// unset is before this program was written: a clock that says so was not set yet, and what is stored is right.
var unset = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// longestSkip is how long the hours and days that a feed skips may put it off.
const longestSkip = 8 * 24 * time.Hour

// clockTrusted is how long times ahead of the clock are left as they are: a clock that is behind is put right before that.
const clockTrusted = time.Hour

// mendTimes ends waits that a clock that was ahead has left behind, and brings articles and stories of the future back to
// now, lest nothing is polled until then and these stand first. It says whether the clock was set at all.
func (n *Newsroom) mendTimes(ctx context.Context) (set bool, err error) {
	now := n.Now()
	if now.Before(unset) {
		n.clockUnset.Do(func() {
			n.Logger.Warn("the clock of this machine is not set, so that nothing is due; it goes on when the clock is right", "clock", now)
		})
		return false, nil
	}
	waits, err := n.Store.PullBack(ctx, now, max(n.Pace.Max, fetch.LongestRest)+longestSkip)
	if err != nil {
		return true, err
	}
	if waits > 0 {
		n.Logger.Warn("the clock was ahead when some waits were stored; they are counted from now", "clock", now, "waits", waits)
	}
	articles, err := n.Store.Redate(ctx, now, clockTrusted)
	if articles > 0 {
		n.Logger.Warn("the clock was ahead when some articles were stored; they are dated now, and settled and indexed anew", "clock", now, "articles", articles)
		n.arrived()
	}
	return true, err
}
