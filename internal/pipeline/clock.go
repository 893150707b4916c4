package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"headwater/internal/store"
)

const (
	clockJump  = time.Hour        // a clock that is farther ahead of the last reading is not believed at once
	clockSaved = 10 * time.Minute // how old the stored reading may become
	clockKey   = "retention clock"
)

// steadyClock is the clock by which stories close, articles age out and pages expire. A clock that is ahead for a while
// must not close every story and expire every queue. The last reading is stored. A clock that is more than clockJump
// ahead of it may have jumped, or the program may not have run. Its time is believed once it has been ahead for
// clockJump, measured by itself. A large removal is announced by the plain clock (retention.go), so both hours pass at
// once.
//
// The hour begins anew while servers contradict the clock: maxContradicted answers in a row were dated more than clockJump
// behind it. One that agrees ends that. A single server may be wrong, and a cache may give an old date. Without answers, as
// on a machine that is offline, the hour decides.
type steadyClock struct {
	store *store.DB
	now   func() time.Time
	log   *slog.Logger

	contradicted atomic.Int32 // answers since the last one that agreed
}

// maxContradicted is how many servers in a row have to say that the clock is ahead.
const maxContradicted = 3

// compare compares the clock with the date of a server's answer.
func (c *steadyClock) compare(h http.Header) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	if age, err := strconv.Atoi(h.Get("Age")); err == nil && age > 0 { // seconds in a cache
		date = date.Add(time.Duration(min(age, math.MaxInt32)) * time.Second)
	}
	ahead := c.now().Sub(date)
	if ahead.Abs() <= clockJump {
		c.contradicted.Store(0)
	} else if ahead > 0 && c.contradicted.Add(1) == maxContradicted {
		c.log.Warn("the clock of this machine is ahead of those of servers; no story closes and nothing is aged out until an hour after they agree",
			"clock", c.now(), "ahead", ahead.Truncate(time.Second))
	}
}

// ahead reports whether servers contradict the clock.
func (c *steadyClock) ahead() bool { return c.contradicted.Load() >= maxContradicted }

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
		switch waited := now.Sub(last.Ahead); {
		case last.Ahead.IsZero(), waited < 0, waited >= clockSaved && c.ahead():
			last.Ahead = now
			next = last
		case waited < clockJump:
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
