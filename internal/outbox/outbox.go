// Package outbox has what the queues for receivers outside share, those of alerts and of saved articles: a goroutine a receiver,
// when to try again, and what to say of a failure. A queue itself is a table of the store.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"headwater/internal/intake/fetch"
)

// tick is the time between two looks for what is due.
const tick = 2 * time.Second

// Run sends what is due until the context ends. due returns the receivers with something due, and is called while turn is held. Each
// of them gets a goroutine, so a receiver that does not answer delays no other; a receiver has one goroutine at most.
func Run[T any](ctx context.Context, turn *semaphore.Weighted, due func(context.Context) []T, id func(T) int64, send func(context.Context, T)) {
	var g errgroup.Group
	var busy sync.Map // ids of receivers that have a goroutine
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		var receivers []T
		if turn.Acquire(ctx, 1) == nil {
			receivers = due(ctx)
			turn.Release(1)
		}
		for _, r := range receivers {
			if _, running := busy.LoadOrStore(id(r), true); running {
				continue
			}
			g.Go(func() error {
				defer busy.Delete(id(r))
				send(ctx, r)
				return nil
			})
		}
		select {
		case <-ctx.Done():
			_ = g.Wait() // its functions return no errors
			return
		case <-t.C:
		}
	}
}

// LongestWait limits the pause that a receiver may ask for.
const LongestWait = 24 * time.Hour

// Within lets do take a time at most. If the time is over first, the error says so; if ctx ends first, it is that of do.
func Within(ctx context.Context, most time.Duration, do func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	err := do(limited)
	if err != nil && ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %s; it is tried again later", most)
	}
	return err
}

// Refusal is why a receiver did not accept a message, in words that say what to do.
type Refusal struct {
	Err        error
	Final      bool          // the same message is not accepted later either
	RetryAfter time.Duration // the pause that the receiver asks for; 0 for none
}

// Error implements error.
func (e *Refusal) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Refusal) Unwrap() error { return e.Err }

// Wait returns the time until the next try after this many failures in a row, the last of which was problem. It is that of
// Backoff, or longer where the receiver asks for it.
func Wait(problem error, failures int) time.Duration {
	wait := Backoff(failures)
	if refused, ok := errors.AsType[*Refusal](problem); ok {
		wait = max(wait, refused.RetryAfter)
	}
	if resting, ok := errors.AsType[*fetch.Error](problem); ok {
		wait = max(wait, resting.RetryAfter)
	}
	return wait
}

// Backoff returns the wait after this many failures in a row: 30 s, then twice as long each time up to 4 h, plus or minus a tenth.
func Backoff(failures int) time.Duration {
	const first, most = 30 * time.Second, 4 * time.Hour
	d := min(first<<min(max(failures-1, 0), 10), most)
	return d + time.Duration((rand.Float64()*2-1)*float64(d)/10)
}

// Line makes a text one line of at most this many characters. Control characters and line ends become spaces.
func Line(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return ' '
		}
		return r
	}, text)
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > most {
		runes = append(runes[:most-1], '…')
	}
	return string(runes)
}

// Problem returns an error of sending for its readers and the log: without what the network's functions say, whose meaning is said before,
// and without secrets, which stand in addresses or in what a receiver quotes.
func Problem(err error, secrets ...string) string {
	text := err.Error()
	if op, ok := errors.AsType[*net.OpError](err); ok {
		text = strings.TrimSuffix(text, ": "+op.Error())
	}
	for _, secret := range secrets {
		if secret != "" {
			text = strings.NewReplacer(secret, "***", url.QueryEscape(secret), "***", url.PathEscape(secret), "***").Replace(text)
		}
	}
	return text
}
