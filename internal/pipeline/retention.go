package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/semaphore"

	"headwater/internal/observe"
	"headwater/internal/query"
	"headwater/internal/store"
)

const (
	retainEvery = time.Minute           // how often Serve checks whether there is something to remove
	retainShare = 4                     // a step is followed by a pause of this many times its length
	stepTime    = 10 * time.Millisecond // target time of a step; its size is adjusted to it
	firstStep   = 8                     // articles in the first step
	largestStep = 128
	copyEvery   = 8 // steps between two copies of the WAL into the database file
)

// Retention is the stage that removes what is no longer needed: the prints and edges of closed stories and, with
// Options.Keep, articles that are too old, with everything that belongs to them. Each step holds the store's writer for a
// few hundredths of a second. For each kind of step the store has a queue. So a step costs the same whatever is stored,
// goes on after a crash, and reads one row if there is nothing to do.
//
// Serve checks once a minute, does one step at a time, and pauses for four times its length. `headwater poll` removes for
// ten seconds at its end. The size of a step follows from the time that the last one took; one that shrinks measures its
// time. retention.go of package store describes the phases of a story and what each removes. The index of
// each process follows the store's log of aged-out articles (query.Index.DeleteAged). The window in memory drops a story in
// the step that closes it.
//
// The database file shrinks by incremental_vacuum, in steps too, while more than a twentieth of it is free. For each page
// SQLite walks the list of free pages. So these steps alternate with those that free pages, which keeps the list short.
// The commits do not wait for the disk, see DB.Sync. Every eighth step copies the WAL into the file by a passive
// checkpoint on a reading connection, so that no commit has to.
type Retention struct {
	lead    *lead
	store   *store.DB // for reading, and for the upkeep of the file
	index   *query.Index
	settler *Settler
	clock   *steadyClock
	keep    time.Duration // 0 means for ever
	window  time.Duration // how long a story stays open
	now     func() time.Time
	health  *observe.Health
	metrics *observe.Metrics
	log     *slog.Logger

	lock    *semaphore.Weighted // one step at a time; guards what follows
	led     *store.DB           // writes as long as this process leads
	closing int                 // articles in the next step that closes stories
	aging   int                 // articles in the next step that ages out
	shrinks bool                // the last step tried to shrink first
	copied  int                 // steps since the last copy of the WAL
	warned  bool                // a removal by keep was logged

	// At the time allowed, stories unchanged since agedBefore may be aged out. A zero allowed permits none.
	agedBefore, allowed time.Time
}

func newRetention(o Options, settler *Settler, clock *steadyClock) *Retention {
	return &Retention{
		lead: settler.lead, store: o.Store, index: o.Index, settler: settler, clock: clock, keep: o.Keep, window: o.windowLength(), now: o.Now, health: o.Health, metrics: o.Metrics, log: o.Logger,
		lock: semaphore.NewWeighted(1), closing: firstStep, aging: firstStep,
	}
}

// If keep would remove more than a tenth of all articles at once, the setting or the clock may be wrong. So the log says
// how many of how many articles would be removed, in how many stories, and about how many megabytes that is. Then nothing
// is removed for an hour. The end of the hour is stored, so that a restart neither resets nor skips it. A longer keep
// removes less and does not wait again; a shorter one is announced again. Each check counts at most fewStories index
// entries that became due since the last permitted time. It counts all of them only if that is exceeded. `headwater
// doctor` reports the same.
const (
	keepGrace  = time.Hour
	largePart  = 10   // one part in this many is large
	fewStories = 1000 // counted at each check; if more are due at once, all are counted
	graceKey   = "retention"
)

// grace is the stored state of how far articles may be aged out.
type grace struct {
	Allowed int64         `json:"allowed"` // stories unchanged since then may be removed, as they are few or were announced; Unix milliseconds
	Keep    time.Duration `json:"keep"`    // the setting that Until was announced for
	Until   int64         `json:"until"`   // nothing beyond Allowed is removed before; 0 where nothing was announced
}

// agesOut returns the time since which stories must have changed to keep their articles, and whether any may be removed
// now. An announcement or a permission holds only for the setting that it was made for.
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

// waitForGrace permits an announced removal once its time has come. A new process logs the announcement again.
func (r *Retention) waitForGrace(ctx context.Context, g grace, now, since time.Time) (time.Time, bool, error) {
	until := time.UnixMilli(g.Until)
	if latest := now.Add(keepGrace); until.After(latest) { // the clock was set back
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
	return r.led.SetSetting(ctx, graceKey, string(text))
}

// KeepPart is what keep would remove.
type KeepPart struct {
	store.Due
	Of    int       // stored articles
	Bytes int64     // approximate size in database and index
	Until time.Time // nothing is removed before; zero where that is unknown or removing is permitted
	Goes  bool      // it was announced and is being removed
}

// Large reports whether this is so much that it is announced before it is removed.
func (p KeepPart) Large() bool { return p.Articles*largePart > p.Of }

// KeepWouldTake returns what Keep would remove of what is stored now.
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

// size returns how many bytes database and index use.
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
	Bytes    int64         // used by database and index
	Free     int64         // free bytes within the database
	Shrinks  bool          // the database returns free pages in small steps
	Articles int           // stored articles
	PerDay   float64       // new articles in a day
	Over     time.Duration // period over which PerDay was counted; zero if it is under a day
}

// growthOver is the period over which new articles are counted.
const growthOver = 7 * 24 * time.Hour

// Growth returns how fast the data folder grows, from the articles of the last week. It leaves out the first hour of the
// data folder, in which the first feeds bring their archives.
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

// BytesPerDay returns the size of a day's articles.
func (g Growth) BytesPerDay() int64 {
	if g.Articles == 0 {
		return 0
	}
	return int64(float64(g.Bytes) / float64(g.Articles) * g.PerDay)
}

// InAYear returns how large the data folder will be in a year if articles are kept for this long; 0 means for ever.
func (g Growth) InAYear(keep time.Duration) int64 {
	const year = 365 * 24 * time.Hour
	if keep <= 0 || keep > year {
		return g.Bytes + 365*g.BytesPerDay()
	}
	return int64(keep.Hours() / 24 * float64(g.BytesPerDay()))
}

// days formats a duration, in whole days where possible.
func days(d time.Duration) string {
	if n := d / (24 * time.Hour); n > 0 && d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", n)
	}
	return d.String()
}
