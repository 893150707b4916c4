package saveto

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
	"headwater/internal/outbox"
	"headwater/internal/store"
)

// giveUpAfter is how long an article is tried before it is given up.
const giveUpAfter = 7 * 24 * time.Hour

// roundSize is how many articles are saved to a target before it is loaded again.
const roundSize = 50

// Queue saves the articles that are queued.
type Queue struct {
	targets *Targets
	log     *slog.Logger
}

// NewQueue returns a queue for the targets of a store.
func NewQueue(t *Targets, log *slog.Logger) *Queue { return &Queue{t, log} }

// Run saves what is due until the context ends. It holds turn while it looks for what is due.
func (q *Queue) Run(ctx context.Context, turn *semaphore.Weighted) {
	due := func(ctx context.Context) []news.SaveTarget {
		due, err := q.targets.Store.DueSaveTargets(ctx, q.targets.Now())
		if news.IsFault(ctx, err) {
			q.log.Error("articles to save could not be read; the next tick tries again", "error", err)
		}
		return due
	}
	outbox.Run(ctx, turn, due, func(t news.SaveTarget) int64 { return t.ID }, func(ctx context.Context, t news.SaveTarget) {
		if err := q.saveDue(ctx, t); news.IsFault(ctx, err) {
			q.log.Error("how a saving went could not be kept; the next tick tries again", "target", t.ID, "error", err)
		}
	})
}

// saveDue saves what is due to a target, one article after the other, until the target fails. Another node does nothing with the
// target meanwhile.
func (q *Queue) saveDue(ctx context.Context, t news.SaveTarget) error {
	_, err := q.targets.Store.WithLease(ctx, fmt.Sprint("savings ", t.ID), func(ctx context.Context) error {
		for range roundSize {
			t, err := q.targets.Store.SaveTarget(ctx, t.User, t.ID)
			if err != nil || t.Next.After(q.targets.Now()) {
				return news.IgnoreNotFound(err)
			}
			s, err := q.targets.Store.DueSaving(ctx, t.ID, q.targets.Now())
			if err != nil {
				return news.IgnoreNotFound(err)
			}
			if err := q.save(ctx, t, s); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, store.ErrLeaseLost) {
		q.log.Warn("the articles of a target were left to another node", "target", t.ID, "error", err)
		return nil
	}
	return err
}

// save tries to save an article once, and stores the result. If ctx ends first, nothing is stored as a failure.
func (q *Queue) save(ctx context.Context, t news.SaveTarget, s news.Saving) error {
	db := q.targets.Store
	if err := db.BeginSaving(ctx, s.ID); err != nil {
		return news.IgnoreNotFound(err) // the target was removed, or the article was queued anew
	}
	service, problem := saverOf(q.targets.caller(), t)
	if problem == nil {
		problem = outbox.Within(ctx, timeout, func(ctx context.Context) error {
			return service.Save(ctx, Article{ID: s.ID, URL: s.URL, Title: s.Title, Again: s.Tries > 0})
		})
	}
	if problem != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	at := attempt(t, s, problem, q.targets.Now())
	if err := db.RecordSaving(context.WithoutCancel(ctx), at); err != nil { // also when the program ends, or what was saved would be saved again
		return err
	}
	switch { // a failure is logged once, and the recovery once
	case at.Problem == "" && t.Failures > 0:
		q.log.Info("articles are saved to a target again", "target", t.ID, "kind", t.Kind)
	case at.Problem != "" && at.Next.IsZero():
		q.log.Warn("a service does not take an article", "target", t.ID, "kind", t.Kind, "article", s.Article, "problem", at.Problem)
	case at.Problem != "" && t.Failures == 0:
		q.log.Warn("articles can't be saved to a target; each is tried for a week", "target", t.ID, "kind", t.Kind, "problem", at.Problem)
	}
	if at.GiveUp && !at.Next.IsZero() {
		q.log.Warn("an article that could not be saved for a week was given up", "target", t.ID, "kind", t.Kind, "article", s.Article)
	}
	return nil
}

// attempt returns what follows from the result of a try: after a failure, when to try again.
func attempt(t news.SaveTarget, s news.Saving, problem error, now time.Time) store.SaveAttempt {
	at := store.SaveAttempt{Saving: s.ID, Target: t.ID, At: now}
	if problem == nil {
		return at
	}
	at.Problem = problemOf(t, problem)
	if refused, ok := errors.AsType[*outbox.Refusal](problem); ok && refused.Final {
		at.GiveUp = true
		return at
	}
	at.GiveUp = now.Sub(s.Since) >= giveUpAfter
	at.Due = now.Add(outbox.Wait(problem, s.Tries+1))
	at.Next = now.Add(outbox.Wait(problem, t.Failures+1))
	return at
}
