package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
	"headwater/internal/store"
)

// One process of an installation leads: it settles, matches topics, queues alerts and removes what is no longer needed
// (store.DB.Lead). These stages ask lead for the database before each run, and write with it, so that a process that has
// lost the lead writes nothing. What they hold in memory belongs to one leadership, since another process may have settled
// in between: percolators are loaded anew after a change, and the window is brought up to date (standby.go).
//
// Serve waits for the lead beside its other work, and runs the stages while it has it. Without Serve, the first stage
// that runs takes the lead, and the process keeps it to its end.

// ErrElsewhere means that another process leads.
var ErrElsewhere = errors.New("another process settles")

// ignoreElsewhere returns nil for ErrElsewhere, and also where another process has taken over meanwhile.
func ignoreElsewhere(err error) error {
	if errors.Is(err, ErrElsewhere) || errors.Is(err, store.ErrFenced) {
		return nil
	}
	return err
}

const (
	leadName     = "settle"
	leadPatience = 3 * time.Second // how long a stage waits for the lead without Serve
	leadRetry    = 2 * time.Second // pause after a failure of the database
)

// lead is this process's part in who leads.
type lead struct {
	store *store.DB
	log   *slog.Logger

	lock    *semaphore.Weighted // guards what follows
	waited  bool                // a stage has waited in vain; the next ones only look
	serving bool                // Serve asks for the lead, or leaves it to others; no stage asks for it
	held    *store.Leadership   // nil while another process may lead
	db      *store.DB           // writes for held
}

func newLead(o Options) *lead {
	return &lead{store: o.Store, log: o.Logger, lock: semaphore.NewWeighted(1)}
}

// hold returns the database that a stage of the leader writes with. Each leadership has another one. It returns
// ErrElsewhere while this process does not lead.
func (l *lead) hold(ctx context.Context) (*store.DB, error) {
	if err := l.lock.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer l.lock.Release(1)
	if l.leads() {
		return l.db, nil
	}
	if l.serving {
		return nil, ErrElsewhere
	}
	patience := leadPatience
	if l.waited {
		patience /= 10
	}
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	held, err := l.store.Lead(patient, leadName)
	switch {
	case err == nil:
		l.held, l.db, l.waited = held, l.store.As(held), false
		return l.db, nil
	case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		l.waited = true
		return nil, ErrElsewhere
	default:
		return nil, err
	}
}

// Resign gives up the lead, so that another process may settle. It is for when no stage runs.
func (p *Pipeline) Resign(ctx context.Context) error {
	if err := p.lead.lock.Acquire(ctx, 1); err != nil {
		return err
	}
	defer p.lead.lock.Release(1)
	p.lead.resign()
	return nil
}

// leading reports whether this process leads, as far as it knows.
func (l *lead) leading(ctx context.Context) bool {
	if l.lock.Acquire(ctx, 1) != nil {
		return false
	}
	defer l.lock.Release(1)
	return l.leads()
}

// leads is leading for who has the lock.
func (l *lead) leads() bool {
	if l.held == nil {
		return false
	}
	select {
	case <-l.held.Done():
		l.held, l.db = nil, nil
		return false
	default:
		return true
	}
}

// serve lets no stage ask for the lead until the returned function is called. That function gives up the lead.
func (l *lead) serve(ctx context.Context) (end func()) {
	ctx = context.WithoutCancel(ctx)
	_ = l.lock.Acquire(ctx, 1) // fails only where its context ends
	defer l.lock.Release(1)
	l.serving = true
	return func() {
		_ = l.lock.Acquire(ctx, 1)
		defer l.lock.Release(1)
		l.serving = false
		l.resign()
	}
}

func (l *lead) resign() {
	if l.held != nil {
		l.held.Close()
	}
	l.held, l.db = nil, nil
}

// run waits for the lead and calls work while this process has it, again and again until the context ends. The context of
// work ends with the leadership. Then run calls forget.
func (l *lead) run(ctx context.Context, work, forget func(context.Context)) {
	failed := false
	for ctx.Err() == nil {
		held, err := l.wait(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			if !failed && news.IsFault(ctx, err) {
				l.log.Error("this process cannot find out whether it is to settle; it goes on trying", "error", err)
			}
			failed = true
			sleep(ctx, leadRetry)
			continue
		}
		failed = false
		working, cancel := context.WithCancel(ctx)
		go func() {
			select {
			case <-held.Done():
			case <-working.Done():
			}
			cancel()
		}()
		work(working)
		cancel()
		if ctx.Err() != nil {
			return
		}
		if l.lock.Acquire(ctx, 1) != nil {
			return
		}
		l.resign()
		l.lock.Release(1)
		l.log.Warn("this process does not settle any more, since another one may do so; it stands by", "reason", held.Err())
		forget(ctx)
	}
}

// wait returns when this process leads.
func (l *lead) wait(ctx context.Context) (*store.Leadership, error) {
	if err := l.lock.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	if l.leads() {
		defer l.lock.Release(1)
		return l.held, nil
	}
	l.lock.Release(1)
	told := make(chan bool, 1)
	standby := time.AfterFunc(leadPatience, func() {
		if other, err := l.store.Leader(ctx, leadName); err == nil { // Lead returns the error of a database that is gone
			l.log.Info("another process settles; this one stands by", "node", other.Node, "epoch", other.Epoch)
		}
		told <- true
	})
	held, err := l.store.Lead(ctx, leadName)
	if err != nil {
		standby.Stop()
		return nil, err
	}
	if !standby.Stop() && <-told {
		l.log.Info("this process settles now", "epoch", held.Epoch())
	}
	if err := l.lock.Acquire(ctx, 1); err != nil {
		held.Close()
		return nil, err
	}
	defer l.lock.Release(1)
	l.held, l.db = held, l.store.As(held)
	return held, nil
}
