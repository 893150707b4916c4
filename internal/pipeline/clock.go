package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"headwater/internal/store"
)

const (
	clockJump  = time.Hour        // the farthest that the clock may be ahead of the last reading and be believed
	clockSaved = 10 * time.Minute // how far the stored reading may lie behind
	clockKey   = "retention clock"
)

// steadyClock is the time by which stories close and pages expire. A clock that is ahead for a while must not close every
// story and expire every queue. So where the clock is ahead of the last reading, which is stored, by more than clockJump,
// it may have jumped, or nothing may have run. Its time is believed once it has stood so for as long, by its own account.
// Articles age out by the plain clock, since what would go at once is announced first (retention.go).
type steadyClock struct {
	store *store.DB
	now   func() time.Time
}

// reading is the last time that was read off the clock, as it is stored.
type reading struct {
	Believed time.Time
	Ahead    time.Time // when the clock was first found ahead; zero where it is not
}

// Now reads the clock.
func (c *steadyClock) Now(ctx context.Context) (time.Time, error) {
	now := c.now()
	value, err := c.store.Setting(ctx, clockKey)
	if err != nil {
		return now, err
	}
	var last reading
	if value != "" {
		if err := json.Unmarshal([]byte(value), &last); err != nil {
			return now, fmt.Errorf("setting %s: %w", clockKey, err)
		}
	}
	next := reading{Believed: now}
	ahead := now.Sub(last.Believed)
	if value != "" && ahead > clockJump {
		if last.Ahead.IsZero() || now.Before(last.Ahead) {
			last.Ahead = now
			next = last
		} else if now.Sub(last.Ahead) < clockJump {
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
	return next.Believed, c.store.SetSetting(ctx, clockKey, string(text))
}
