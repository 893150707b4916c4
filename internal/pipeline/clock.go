package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"headwater/internal/store"
)

const (
	clockJump  = time.Hour        // a clock that is farther ahead of the last reading is not believed at once
	clockSaved = 10 * time.Minute // how old the stored reading may become
	clockKey   = "retention clock"
)

// steadyClock is the clock by which stories close and pages expire. A clock that is ahead for a while must not close
// every story and expire every queue. The last reading is stored. A clock that is more than clockJump ahead of it may
// have jumped, or the program may not have run. Its time is believed once it has been ahead for clockJump, measured by
// itself. Articles age out by the plain clock, since a large removal is announced first (retention.go).
type steadyClock struct {
	store *store.DB
	now   func() time.Time
}

// reading is the stored form of the last time that was read from the clock.
type reading struct {
	Believed time.Time
	Ahead    time.Time // when the clock was first found ahead; zero if it is not
}

// Now returns the time of the steady clock.
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
