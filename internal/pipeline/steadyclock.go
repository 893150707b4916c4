package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// A clock that is ahead for a while must not close every story and expire every queue. So what goes by age goes by a clock
// that follows Now from look to look. Where that is ahead of the last look by more than slackAhead, the clock may have jumped, or nothing
// may have run: the time is believed once it has stood so for an hour by its own account.
const (
	slackAhead = time.Hour
	clockSaved = 10 * time.Minute // how far the stored look may lie behind
	clockKey   = "retention clock"
)

// look is the last look at the clock, as it is stored.
type look struct {
	Believed time.Time
	Ahead    time.Time // when the clock was first found ahead; zero where it is not
}

// steadyNow gives the time by which stories close, articles age out and pages expire.
func (n *Newsroom) steadyNow(ctx context.Context) (time.Time, error) {
	now := n.Now()
	value, err := n.Store.Setting(ctx, clockKey)
	if err != nil {
		return now, err
	}
	var last look
	if value != "" {
		if err := json.Unmarshal([]byte(value), &last); err != nil {
			return now, fmt.Errorf("setting %s: %w", clockKey, err)
		}
	}
	next := look{Believed: now}
	ahead := now.Sub(last.Believed)
	if value != "" && ahead > slackAhead {
		if last.Ahead.IsZero() || now.Before(last.Ahead) {
			last.Ahead = now
			next = last
		} else if now.Sub(last.Ahead) < slackAhead {
			return last.Believed, nil
		}
	}
	if value != "" && next.Ahead.IsZero() && last.Ahead.IsZero() && ahead >= 0 && ahead < clockSaved {
		return now, nil
	}
	text, err := json.Marshal(next)
	if err != nil {
		return now, err
	}
	return next.Believed, n.Store.SetSetting(ctx, clockKey, string(text))
}
