package pipeline

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"headwater/internal/intake/fetch"
	"headwater/internal/news"
	"headwater/internal/notify"
	"headwater/internal/store"
)

const (
	alertTick     = 2 * time.Second
	letterStories = 200            // in one mail; more go into a second one
	messageTurn   = 50             // messages that one alert sends before it is looked at anew
	maxTries      = 15             // of one delivery, which take about a day
	giveUpAfter   = 24 * time.Hour // of an alert that fails: what has waited longer is given up
)

// serveAlerts tells people of stories until the context ends. Each alert has a goroutine of its own while it has something
// to tell, so that a receiver which does not answer holds up no other.
func (n *Newsroom) serveAlerts(ctx context.Context) {
	var g errgroup.Group
	var busy sync.Map // alerts that are being told of, by id
	t := time.NewTicker(alertTick)
	defer t.Stop()
	for {
		n.holding.RLock()
		due, err := n.dueAlerts(ctx)
		n.holding.RUnlock()
		if err != nil && ctx.Err() == nil {
			n.Logger.Error("alerts could not be read; the next tick tries again", "error", err)
		}
		for _, a := range due {
			if _, running := busy.LoadOrStore(a.ID, true); running {
				continue
			}
			g.Go(func() error {
				defer busy.Delete(a.ID)
				if _, err := n.turn(ctx, a, time.Time{}); err != nil && ctx.Err() == nil {
					n.Logger.Error("how an alert went could not be kept; the next tick tries again", "alert", a.ID, "error", err)
				}
				return nil
			})
		}
		select {
		case <-ctx.Done():
			_ = g.Wait() // its functions give no error
			return
		case <-t.C:
		}
	}
}

func (n *Newsroom) dueAlerts(ctx context.Context) ([]news.Alert, error) {
	if err := n.QueueAlerts(ctx); err != nil {
		return nil, err
	}
	return n.Store.DueAlerts(ctx, n.Now())
}

// DeliverAlerts tells all that is due, each alert beside the others, as long as budget lasts; a message that was begun may
// take as long as any. What fails waits for a later call. It gives how many messages were taken; the error is the store's.
func (n *Newsroom) DeliverAlerts(ctx context.Context, budget time.Duration) (int, error) {
	ends, total := n.Now().Add(budget), 0
	for n.Now().Before(ends) {
		due, err := n.dueAlerts(ctx)
		if err != nil || len(due) == 0 {
			return total, err
		}
		sent := make([]int, len(due))
		g, gctx := errgroup.WithContext(ctx)
		for i, a := range due {
			g.Go(func() (err error) {
				sent[i], err = n.turn(gctx, a, ends)
				return err
			})
		}
		err = g.Wait()
		for _, s := range sent {
			total += s
		}
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// turn tells what one alert has to tell, one message after the other, until one fails, or no later than ends where that is
// not zero. It gives how many were taken.
func (n *Newsroom) turn(ctx context.Context, a news.Alert, ends time.Time) (sent int, err error) {
	one, _ := n.telling.LoadOrStore(a.ID, new(sync.Mutex))
	if turn, ok := one.(*sync.Mutex); ok {
		turn.Lock()
		defer turn.Unlock()
	}
	if a, err = n.Store.Alert(ctx, a.ID); err != nil || a.Ended || a.Next.After(n.Now()) {
		return 0, ignoreMissing(err) // another turn has seen to it
	}
	topic, err := n.Store.TopicByID(ctx, a.Topic)
	if err != nil {
		return 0, ignoreMissing(err)
	}
	for range messageTurn {
		if !ends.IsZero() && !n.Now().Before(ends) {
			return sent, nil
		}
		m, err := n.message(ctx, a, topic)
		if err != nil || len(m.Items) == 0 {
			return sent, err
		}
		ok, err := n.send(ctx, m)
		if err != nil || !ok {
			return sent, err
		}
		sent++
	}
	return sent, nil
}

// message gives what an alert is to tell next: a mail has all that is due, others one story. What there is nothing left to
// tell of is forgotten.
func (n *Newsroom) message(ctx context.Context, a news.Alert, topic news.Topic) (notify.Message, error) {
	m := notify.Message{Alert: a, Topic: topic}
	limit := 1
	if a.Kind == news.AlertEmail {
		limit = letterStories
	}
	for len(m.Items) == 0 {
		due, err := n.Store.DueDeliveries(ctx, a.ID, n.Now(), limit)
		if err != nil || len(due) == 0 {
			return m, err
		}
		var gone []string
		for _, d := range due {
			story, err := n.Story(ctx, d.Story)
			switch {
			case errors.Is(err, news.ErrNotFound):
				gone = append(gone, d.ID)
			case err != nil:
				return m, err
			case len(story.Members) == 0: // it was aged out
				gone = append(gone, d.ID)
			default:
				m.Items = append(m.Items, notify.Item{Delivery: d, Story: story})
			}
		}
		if err := n.Store.ForgetDeliveries(ctx, gone); err != nil {
			return m, err
		}
	}
	return m, nil
}

// send tells once and stores how it went. A try that our own end cut short is no failure: the delivery is still due.
func (n *Newsroom) send(ctx context.Context, m notify.Message) (ok bool, err error) {
	problem := n.Alert.Send(ctx, m)
	if problem != nil && ctx.Err() != nil {
		return false, ctx.Err()
	}
	ctx = context.WithoutCancel(ctx)         // what was taken is not told again because we end
	a, err := n.Store.Alert(ctx, m.Alert.ID) // its failures may have changed since the turn began
	if err != nil {
		return false, ignoreMissing(err)
	}
	at := n.attempt(a, m, problem)
	lost, err := n.Store.NoteAttempt(ctx, at)
	if err != nil {
		return false, err
	}
	n.logAttempt(a, at, lost)
	return problem == nil, nil
}

// attempt says what follows from how telling went.
func (n *Newsroom) attempt(a news.Alert, m notify.Message, problem error) store.Attempt {
	now := n.Now()
	at := store.Attempt{Alert: a.ID, At: now, MaxTries: maxTries}
	tries := 0
	for _, item := range m.Items {
		at.IDs = append(at.IDs, item.ID)
		tries = max(tries, item.Tries)
	}
	if problem == nil {
		return at
	}
	at.Problem = problem.Error()
	var asked time.Duration
	var refused *notify.Error
	if errors.As(problem, &refused) {
		at.Ended, asked = refused.Gone, refused.RetryAfter
	}
	var rests *fetch.Error
	if errors.As(problem, &rests) {
		asked = rests.RetryAfter
	}
	at.Due = now.Add(max(asked, backoff(tries+1)))
	at.Next = now.Add(max(asked, backoff(a.Failures+1)))
	if !a.Failing.IsZero() && now.Sub(a.Failing) >= giveUpAfter {
		at.Stale = now.Add(-giveUpAfter)
	}
	return at
}

// logAttempt says once that a receiver fails, once that it takes messages again, and what is lost.
func (n *Newsroom) logAttempt(before news.Alert, at store.Attempt, lost int) {
	switch {
	case at.Problem == "" && before.Failures > 0:
		n.Logger.Info("an alert goes out again", "alert", before.ID, "kind", before.Kind)
	case at.Ended:
		n.Logger.Warn("an alert has ended: its receiver wants no more", "alert", before.ID, "kind", before.Kind)
	case at.Problem != "" && before.Failures == 0:
		n.Logger.Warn("an alert does not go out; it is tried again for about a day", "alert", before.ID, "kind", before.Kind, "problem", at.Problem)
	}
	if lost > 0 {
		n.Logger.Warn("stories that an alert could not tell of for a day were given up", "alert", before.ID, "kind", before.Kind, "stories", lost)
	}
}

// backoff is how long the next try waits after so many failures, a tenth more or less: 15 tries take about a day.
func backoff(failures int) time.Duration {
	const first, most = 30 * time.Second, 4 * time.Hour
	d := min(first<<min(max(failures-1, 0), 10), most)
	return d + time.Duration((rand.Float64()*2-1)*float64(d)/10)
}
