package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"headwater/internal/query"
	"headwater/internal/store"
)

const (
	retainEvery  = time.Minute           // how often Serve looks whether there is something to remove
	retainShare  = 4                     // a step is followed by a pause of so many times its length
	stepTime     = 10 * time.Millisecond // that a step is to take; its size follows from the steps before
	firstStep    = 8                     // articles of the first step
	largestStep  = 128
	copyEvery    = 4 // steps, after which what they wrote is copied into the database's file
	unindexBatch = 500
	shrinkPages  = 64 // of the first step
	shrinkMost   = 1024
)

// Retention is the stage that removes what is no longer needed: the prints and edges of stories that have closed, and with
// Options.Keep the articles that have got too old, with all that hangs on them. It works in steps that hold the store's
// writer for a few hundredths of a second. Each kind of step is a queue in the store, so that a step costs the same whatever
// is stored, goes on after a crash, and asks for one row where there is nothing to do.
//
// Serve looks for something to do once a minute, does one step at a time, and pauses for four times its length. `headwater
// poll` removes for ten seconds at its end. The size of a step follows from how long the last one took. The store's
// retention.go has the phases of a story and what goes with each. The search index deletes what a queue in the store names
// (aged_indexed), and the window in memory forgets a story in the step that closes it.
//
// The file shrinks by incremental_vacuum while more than a twentieth of it is free, in steps too. Every fourth step copies
// the WAL into the file by a passive checkpoint on a connection that reads, so that no commit has to.
type Retention struct {
	store   *store.DB
	index   *query.Index
	settler *Settler
	clock   *steadyClock
	keep    time.Duration // 0 is for ever
	window  time.Duration // how long a story stays open
	now     func() time.Time
	log     *slog.Logger

	mu     sync.Mutex // one step at a time; guards what follows
	steps  stepSizes
	copied int  // steps since what they wrote was last copied
	warned bool // of what keep is about to take

	// As of allowed, stories unchanged since agedBefore may be aged out. Where allowed is zero none may.
	agedBefore, allowed time.Time
}

// stepSizes are the sizes of the next steps.
type stepSizes struct{ closing, aging, shrinking int }

func newRetention(o Options, settler *Settler, clock *steadyClock) *Retention {
	return &Retention{
		store: o.Store, index: o.Index, settler: settler, clock: clock, keep: o.Keep, window: o.windowLength(), now: o.Now, log: o.Logger,
		steps: stepSizes{closing: firstStep, aging: firstStep, shrinking: shrinkPages},
	}
}

// Where keep would take more than a tenth of all articles at once, a person may have set the wrong age, or the clock may be
// wrong. So the log says how many of how many articles would go, in how many stories and about how many megabytes, and
// nothing goes for an hour. The store holds until when, so that a restart neither resets nor skips the hour. A longer keep
// takes less and waits no longer; a shorter one is announced anew. Each look counts at most fewStories index entries of
// what became due since what was allowed last; only where that is much, all of it is counted. `headwater doctor` reports
// the same.
const (
	keepGrace  = time.Hour
	largePart  = 10   // one part in so many
	fewStories = 1000 // that are counted at each look; where more are due at once, all are
	graceKey   = "retention"
)

// grace is what is remembered of how far articles may be aged out.
type grace struct {
	Allowed int64         `json:"allowed"` // what had not changed since then may go, as it is little or was announced; Unix milliseconds
	Keep    time.Duration `json:"keep"`    // what Until was announced for
	Until   int64         `json:"until"`   // nothing beyond Allowed goes before; 0 where nothing was announced
}

// agesOut gives the time since which stories must have changed to keep their articles, and whether any may go now. What was announced
// or allowed holds no longer than the setting that it was for.
func (r *Retention) agesOut(ctx context.Context) (since time.Time, ok bool, err error) {
	g, err := r.readGrace(ctx)
	if err != nil {
		return since, false, err
	}
	if r.keep <= 0 {
		return since, false, r.changeGrace(ctx, g, grace{})
	}
	now := r.now()
	since = now.Add(-r.keep)
	due, err := r.store.DueBetween(ctx, time.Time{}, since, 1)
	if err != nil {
		return since, false, err
	}
	if due == 0 {
		return since, false, r.changeGrace(ctx, g, grace{Allowed: g.Allowed})
	}
	allowed := time.UnixMilli(g.Allowed)
	if !allowed.Before(since) {
		return since, true, nil
	}
	if due, err = r.store.DueBetween(ctx, allowed, since, fewStories); err != nil {
		return since, false, err
	}
	total, err := r.store.Status(ctx)
	if err != nil {
		return since, false, err
	}
	if due < fewStories && due*largePart <= total.Stories {
		return since, true, r.changeGrace(ctx, g, grace{Allowed: g.Allowed})
	}
	if g.Until != 0 && g.Keep <= r.keep {
		return r.waitForGrace(ctx, g, now, since)
	}
	part, err := r.KeepWouldTake(ctx)
	if err != nil {
		return since, false, err
	}
	if !part.Large() {
		return since, true, r.changeGrace(ctx, g, grace{Allowed: since.UnixMilli()})
	}
	err = r.changeGrace(ctx, g, grace{Allowed: g.Allowed, Keep: r.keep, Until: now.Add(keepGrace).UnixMilli()})
	if err != nil {
		return since, false, err
	}
	r.warnOfAging(part, now.Add(keepGrace))
	return since, false, nil
}

// waitForGrace lets what was announced go once its time has come. A process that finds it announced says it again.
func (r *Retention) waitForGrace(ctx context.Context, g grace, now, since time.Time) (time.Time, bool, error) {
	until := time.UnixMilli(g.Until)
	if latest := now.Add(keepGrace); until.After(latest) { // the clock went back
		until = latest
	}
	if !now.Before(until) {
		r.warned = false
		return since, true, r.changeGrace(ctx, g, grace{Allowed: since.UnixMilli()})
	}
	if err := r.changeGrace(ctx, g, grace{Allowed: g.Allowed, Keep: r.keep, Until: until.UnixMilli()}); err != nil {
		return since, false, err
	}
	if !r.warned {
		part, err := r.KeepWouldTake(ctx)
		if err != nil {
			return since, false, err
		}
		r.warnOfAging(part, until)
	}
	return since, false, nil
}

func (r *Retention) warnOfAging(p KeepPart, until time.Time) {
	r.warned = true
	r.log.Warn("keep is about to take a large part of what is stored; set it higher, or to forever, and start again to prevent that",
		"keep", days(r.keep), "articles", p.Articles, "of", p.Of, "stories", p.Stories, "megabytes", p.Bytes/1_000_000,
		"from", until.UTC().Truncate(time.Second))
}

func (r *Retention) readGrace(ctx context.Context) (g grace, err error) {
	text, err := r.store.Setting(ctx, graceKey)
	if err != nil || text == "" {
		return g, err
	}
	if err := json.Unmarshal([]byte(text), &g); err != nil {
		return g, fmt.Errorf("the setting %q in the store: %w", graceKey, err)
	}
	return g, nil
}

func (r *Retention) changeGrace(ctx context.Context, from, to grace) error {
	if from == to {
		return nil
	}
	text, err := json.Marshal(to)
	if err != nil {
		return err
	}
	return r.store.SetSetting(ctx, graceKey, string(text))
}

// KeepPart is what keep takes away.
type KeepPart struct {
	store.Due
	Of    int       // articles that are stored
	Bytes int64     // about, of database and index
	Until time.Time // nothing of it goes before; zero where that is not known, or it may go
	Goes  bool      // it was announced, and is on its way
}

// Large says whether it is so much that it is announced before it goes.
func (p KeepPart) Large() bool { return p.Articles*largePart > p.Of }

// KeepWouldTake says what Keep takes away of what is stored now.
func (r *Retention) KeepWouldTake(ctx context.Context) (p KeepPart, err error) {
	if r.keep <= 0 {
		return p, nil
	}
	if p.Due, err = r.store.Due(ctx, r.now().Add(-r.keep)); err != nil {
		return p, err
	}
	if p.Of, err = r.store.CountArticles(ctx); err != nil || p.Of == 0 {
		return p, err
	}
	size, err := r.size(ctx)
	if err != nil {
		return p, err
	}
	p.Bytes = size / int64(p.Of) * int64(p.Articles)
	g, err := r.readGrace(ctx)
	if g.Until != 0 && g.Keep <= r.keep {
		p.Until = time.UnixMilli(g.Until)
	}
	due, errDue := r.store.DueBetween(ctx, time.UnixMilli(g.Allowed), r.now().Add(-r.keep), fewStories)
	p.Goes = due < fewStories && due*largePart <= p.Stories
	return p, errors.Join(err, errDue)
}

// size is how many bytes database and index use.
func (r *Retention) size(ctx context.Context) (int64, error) {
	u, err := r.store.Usage(ctx)
	if err != nil {
		return 0, err
	}
	size, err := r.index.Size()
	return u.File - u.Free + size, err
}

// Growth is how fast a data folder grows.
type Growth struct {
	Bytes    int64         // that database and index use
	Free     int64         // bytes within the database
	Shrinks  bool          // the database gives free room back by itself
	Articles int           // that are stored
	PerDay   float64       // articles that come in a day
	Over     time.Duration // that PerDay was counted over; zero where there is less than a day
}

// growthOver is how long what comes in is counted.
const growthOver = 7 * 24 * time.Hour

// Growth tells how fast the data folder grows, by what came in the last week. What feeds held when they were first read is left out
// as far as that was in the first hour.
func (r *Retention) Growth(ctx context.Context) (g Growth, err error) {
	if g.Articles, err = r.store.CountArticles(ctx); err != nil {
		return g, err
	}
	if g.Bytes, err = r.size(ctx); err != nil {
		return g, err
	}
	u, err := r.store.Usage(ctx)
	if err != nil {
		return g, err
	}
	g.Free, g.Shrinks = u.Free, u.Shrinks
	now := r.now()
	since := now.Add(-growthOver)
	_, first, err := r.store.CountSeen(ctx, now, now)
	if err != nil || first.IsZero() {
		return g, err
	}
	if start := first.Add(time.Hour); start.After(since) {
		since = start
	}
	if g.Over = now.Sub(since); g.Over < 24*time.Hour {
		g.Over = 0
		return g, nil
	}
	came, _, err := r.store.CountSeen(ctx, since, now)
	g.PerDay = float64(came) / g.Over.Hours() * 24
	return g, err
}

// BytesPerDay is how much a day's articles take.
func (g Growth) BytesPerDay() int64 {
	if g.Articles == 0 {
		return 0
	}
	return int64(float64(g.Bytes) / float64(g.Articles) * g.PerDay)
}

// InAYear is how large the data folder will be where articles are kept for so long; 0 is for ever.
func (g Growth) InAYear(keep time.Duration) int64 {
	const year = 365 * 24 * time.Hour
	if keep <= 0 || keep > year {
		return g.Bytes + 365*g.BytesPerDay()
	}
	return int64(keep.Hours() / 24 * float64(g.BytesPerDay()))
}

// days writes a length of time in days where it is one.
func days(d time.Duration) string {
	if n := d / (24 * time.Hour); n > 0 && d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", n)
	}
	return d.String()
}
