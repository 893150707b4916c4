package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"headwater/internal/news"
	"headwater/internal/store"
)

// What is no longer needed goes in steps that hold the store's writer for a few hundredths of a second: the prints and edges of
// stories that have closed, and with Keep the articles that have got too old, with all that hangs on them. Each kind of step is a
// queue in the store, so it costs the same whatever is stored, goes on after a crash, and asks for one row where there is nothing to do.

const (
	retainEvery  = time.Minute           // how often serve looks whether there is something to let go of
	retainShare  = 4                     // a step is followed by a pause of so many times its length
	stepTime     = 10 * time.Millisecond // that a step is to take; its size follows from the steps before
	firstStep    = 8                     // articles of the first step
	largestStep  = 128
	copyEvery    = 4 // steps, after which what they wrote is copied into the database's file
	unindexBatch = 500
	shrinkPages  = 64 // of the first step

	// Where more than a tenth of all articles would go at once, a person may have set the wrong age, or the clock may be wrong. So
	// it is said, and nothing goes for an hour.
	keepGrace  = time.Hour
	largePart  = 10   // one part in so many
	fewStories = 1000 // that are counted at each look; where more are due at once, all are
	graceKey   = "retention"
)

// Retained says what was let go of.
type Retained struct {
	Closed   int // stories
	Articles int // aged out
	Stories  int // of which every article was
	Freed    int // pages of the database that were given back
}

// steps are the sizes of the next steps of each kind, and how many were done. What has not changed since may be aged out, as was
// found when it was allowed.
type steps struct {
	closing, aging, shrinking, done int

	since, allowed time.Time
}

// fit gives the size of the next step after one that took so long.
func fit(size int, took time.Duration, most int) int {
	switch {
	case took > stepTime:
		return max(size/2, 1)
	case took < stepTime/2:
		return min(size*2, most)
	}
	return size
}

// Retain lets go of what is no longer needed, for as long as there is something and no longer than a budget.
func (n *Newsroom) Retain(ctx context.Context, budget time.Duration) (Retained, error) {
	var all Retained
	for ends := time.Now().Add(budget); time.Now().Before(ends); {
		did, err := n.retainStep(ctx, &all)
		if err != nil || !did {
			return all, err
		}
	}
	return all, nil
}

// keepRetaining is Retain while serve runs, a bit at a time.
func (n *Newsroom) keepRetaining(ctx context.Context) {
	var all Retained
	for ctx.Err() == nil {
		began := time.Now()
		n.holding.RLock()
		did, err := n.retainStep(ctx, &all)
		n.holding.RUnlock()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			n.Logger.Error("old articles could not be let go of; it is tried again", "error", err)
			rest(ctx, retainEvery)
		case did:
			rest(ctx, retainShare*time.Since(began))
		default:
			if all.Articles > 0 {
				n.Logger.Info("articles were aged out", "keep", age(n.Keep), "articles", all.Articles, "stories", all.Stories)
			}
			all = Retained{}
			rest(ctx, retainEvery)
		}
	}
}

// retainStep does one step, and says no where there was nothing to do.
func (n *Newsroom) retainStep(ctx context.Context, all *Retained) (bool, error) {
	n.retaining.Lock()
	defer n.retaining.Unlock()
	since, aging := n.steps.since, true
	if n.Now().Sub(n.steps.allowed).Abs() >= retainEvery {
		var err error
		if since, aging, err = n.agesOut(ctx); err != nil {
			return false, err
		}
		n.steps.since, n.steps.allowed = since, time.Time{}
		if aging {
			n.steps.allowed = n.Now()
		}
	}
	at, err := n.steadyNow(ctx)
	if err != nil {
		return false, err
	}
	closes := at.Add(-n.windowLength())
	if aging && since.After(closes) {
		closes = since
	}
	if did, err := n.closeStep(ctx, closes, all); did || err != nil {
		return did, err
	}
	if did, err := n.unindexStep(ctx); did || err != nil {
		return did, err
	}
	if aging {
		if did, err := n.ageStep(ctx, since, all); did || err != nil {
			return did, err
		}
	}
	return n.shrinkStep(ctx, all)
}

// closeStep takes the prints and edges of some stories away that have not changed since a time, and the stories out of the window.
func (n *Newsroom) closeStep(ctx context.Context, since time.Time, all *Retained) (bool, error) {
	n.settling.Lock()
	defer n.settling.Unlock()
	closing, err := n.Store.Closable(ctx, since, n.steps.closing)
	if err != nil || len(closing) == 0 {
		return false, err
	}
	if err := n.keepShown(ctx, closing); err != nil {
		return false, err
	}
	began := time.Now()
	if err := n.Store.CloseStories(ctx, closing); err != nil {
		return false, err
	}
	n.steps.closing = fit(n.steps.closing, time.Since(began), largestStep)
	ids := make([]int64, len(closing))
	for i, c := range closing {
		ids[i] = c.Story
	}
	if n.window != nil {
		n.window.Forget(ids)
	}
	all.Closed += len(closing)
	return true, n.copied(ctx)
}

// copied has what some steps committed copied into the file beside them, so that none of the next commits has to.
func (n *Newsroom) copied(ctx context.Context) error {
	if n.steps.done++; n.steps.done%copyEvery != 0 {
		return nil
	}
	return n.Store.Checkpoint(ctx)
}

// keepShown notes the edges that stay, as they show why a member is in its story.
func (n *Newsroom) keepShown(ctx context.Context, closing []store.Closing) error {
	var ids []int64
	for _, c := range closing {
		ids = append(ids, c.Story)
	}
	stories, err := n.Store.Stories(ctx, news.StoryList{IDs: news.Choose(ids...)})
	if err != nil {
		return err
	}
	at := make(map[int64]int, len(closing))
	for i, c := range closing {
		at[c.Story] = i
	}
	for _, st := range stories {
		if len(st.Members) < 2 {
			continue
		}
		links, err := n.Store.Links(ctx, articlesOf(st))
		if err != nil {
			return err
		}
		c := &closing[at[st.ID]]
		c.Edges = slices.DeleteFunc(shownEdges(st, links), func(e news.Edge) bool {
			return !slices.Contains(c.Articles, e.A) && !slices.Contains(c.Articles, e.B)
		})
	}
	return nil
}

// shownEdges gives those of a story's edges that Compare shows.
func shownEdges(st news.Story, links []news.Edge) []news.Edge {
	lead := st.Lead().Article.ID
	shown := map[[2]int64]news.Edge{}
	for _, m := range st.Members {
		if e, ok := likest(m.Article.ID, lead, links); ok {
			shown[[2]int64{e.A, e.B}] = e
		}
	}
	var out []news.Edge
	for _, e := range links {
		if _, ok := shown[[2]int64{e.A, e.B}]; ok {
			out = append(out, e)
		}
	}
	return out
}

// unindexStep takes some aged-out articles out of the index.
func (n *Newsroom) unindexStep(ctx context.Context) (bool, error) {
	n.indexing.Lock()
	defer n.indexing.Unlock()
	ids, err := n.Store.AgedIndexed(ctx, unindexBatch)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	n.swapping.RLock()
	err = n.Index.Delete(ctx, ids)
	n.swapping.RUnlock()
	if err != nil {
		return false, fmt.Errorf("take %d aged-out articles out of the index: %w", len(ids), err)
	}
	return true, n.Store.Unindexed(ctx, ids)
}

// ageStep ages out some articles of stories that have not changed since a time, and tells searches.
func (n *Newsroom) ageStep(ctx context.Context, since time.Time, all *Retained) (bool, error) {
	n.settling.Lock() // a settlement must not meet them half gone
	defer n.settling.Unlock()
	n.following.Lock() // nor a search that reads the store
	defer n.following.Unlock()
	began := time.Now()
	out, err := n.Store.AgeOut(ctx, since, n.Now(), n.steps.aging)
	if err != nil {
		n.places.Store(nil) // it may be stored all the same
		return false, err
	}
	n.steps.aging = fit(n.steps.aging, time.Since(began), largestStep)
	if len(out.Articles)+len(out.Stories) == 0 {
		return out.Passed > 0, nil
	}
	if places := n.places.Load(); places != nil {
		places.Remove(out.Articles)
	}
	all.Articles, all.Stories = all.Articles+len(out.Articles), all.Stories+len(out.Stories)
	return true, n.copied(ctx)
}

// shrinkStep gives some of the database's free room back.
func (n *Newsroom) shrinkStep(ctx context.Context, all *Retained) (bool, error) {
	began := time.Now()
	freed, err := n.Store.Shrink(ctx, n.steps.shrinking)
	if err != nil || freed == 0 {
		return false, err
	}
	n.steps.shrinking = fit(n.steps.shrinking, time.Since(began), 1024)
	all.Freed += freed
	return true, n.copied(ctx)
}

// grace is what is remembered of how far articles may be aged out.
type grace struct {
	Allowed int64         `json:"allowed"` // what had not changed since then may go, as it is little or was announced; Unix milliseconds
	Keep    time.Duration `json:"keep"`    // what Until was announced for
	Until   int64         `json:"until"`   // nothing beyond Allowed goes before; 0 where nothing was announced
}

// agesOut gives the time since which stories must have changed to keep their articles, and whether any may go now. What was announced
// or allowed holds no longer than the setting that it was for.
func (n *Newsroom) agesOut(ctx context.Context) (since time.Time, ok bool, err error) {
	g, err := n.readGrace(ctx)
	if err != nil {
		return since, false, err
	}
	if n.Keep <= 0 {
		return since, false, n.changeGrace(ctx, g, grace{})
	}
	now := n.Now()
	since = now.Add(-n.Keep)
	few, err := n.Store.DueBetween(ctx, time.Time{}, since, 1)
	if err != nil {
		return since, false, err
	}
	if few == 0 {
		return since, false, n.changeGrace(ctx, g, grace{Allowed: g.Allowed})
	}
	allowed := time.UnixMilli(g.Allowed)
	if !allowed.Before(since) {
		return since, true, nil
	}
	if few, err = n.Store.DueBetween(ctx, allowed, since, fewStories); err != nil {
		return since, false, err
	}
	total, err := n.Store.Status(ctx)
	if err != nil {
		return since, false, err
	}
	if few < fewStories && few*largePart <= total.Stories {
		return since, true, n.changeGrace(ctx, g, grace{Allowed: g.Allowed})
	}
	if g.Until != 0 && g.Keep <= n.Keep {
		return n.waitForGrace(ctx, g, now, since)
	}
	part, err := n.KeepWouldTake(ctx)
	if err != nil {
		return since, false, err
	}
	if !part.Large() {
		return since, true, n.changeGrace(ctx, g, grace{Allowed: since.UnixMilli()})
	}
	err = n.changeGrace(ctx, g, grace{Allowed: g.Allowed, Keep: n.Keep, Until: now.Add(keepGrace).UnixMilli()})
	if err != nil {
		return since, false, err
	}
	n.warnOfAging(part, now.Add(keepGrace))
	return since, false, nil
}

// waitForGrace lets what was announced go once its time has come. A process that finds it announced says it again.
func (n *Newsroom) waitForGrace(ctx context.Context, g grace, now, since time.Time) (time.Time, bool, error) {
	until := time.UnixMilli(g.Until)
	if latest := now.Add(keepGrace); until.After(latest) { // the clock went back
		until = latest
	}
	if !now.Before(until) {
		n.warned = false
		return since, true, n.changeGrace(ctx, g, grace{Allowed: since.UnixMilli()})
	}
	if err := n.changeGrace(ctx, g, grace{Allowed: g.Allowed, Keep: n.Keep, Until: until.UnixMilli()}); err != nil {
		return since, false, err
	}
	if !n.warned {
		part, err := n.KeepWouldTake(ctx)
		if err != nil {
			return since, false, err
		}
		n.warnOfAging(part, until)
	}
	return since, false, nil
}

func (n *Newsroom) warnOfAging(p KeepPart, until time.Time) {
	n.warned = true
	n.Logger.Warn("keep is about to take a large part of what is stored; set it higher, or to forever, and start again to prevent that",
		"keep", age(n.Keep), "articles", p.Articles, "of", p.Of, "stories", p.Stories, "megabytes", p.Bytes/1_000_000,
		"from", until.UTC().Truncate(time.Second))
}

func (n *Newsroom) readGrace(ctx context.Context) (g grace, err error) {
	text, err := n.Store.Setting(ctx, graceKey)
	if err != nil || text == "" {
		return g, err
	}
	if err := json.Unmarshal([]byte(text), &g); err != nil {
		return g, fmt.Errorf("the setting %q in the store: %w", graceKey, err)
	}
	return g, nil
}

func (n *Newsroom) changeGrace(ctx context.Context, from, to grace) error {
	if from == to {
		return nil
	}
	text, err := json.Marshal(to)
	if err != nil {
		return err
	}
	return n.Store.SetSetting(ctx, graceKey, string(text))
}

// KeepPart is what keep takes away.
type KeepPart struct {
	store.Due
	Of    int       // articles that are stored
	Bytes int64     // about, of database and index
	Until time.Time // nothing of it goes before; zero where that is not known, or it may go
	Goes  bool      // it was announced, and is on its way
}

// Large says whether it is so much that a person is to be told before it goes.
func (p KeepPart) Large() bool { return p.Articles*largePart > p.Of }

// KeepWouldTake says what Keep takes away of what is stored now.
func (n *Newsroom) KeepWouldTake(ctx context.Context) (p KeepPart, err error) {
	if n.Keep <= 0 {
		return p, nil
	}
	if p.Due, err = n.Store.Due(ctx, n.Now().Add(-n.Keep)); err != nil {
		return p, err
	}
	if p.Of, err = n.Store.CountArticles(ctx); err != nil || p.Of == 0 {
		return p, err
	}
	room, err := n.room(ctx)
	if err != nil {
		return p, err
	}
	p.Bytes = room / int64(p.Of) * int64(p.Articles)
	g, err := n.readGrace(ctx)
	if g.Until != 0 && g.Keep <= n.Keep {
		p.Until = time.UnixMilli(g.Until)
	}
	few, errDue := n.Store.DueBetween(ctx, time.UnixMilli(g.Allowed), n.Now().Add(-n.Keep), fewStories)
	p.Goes = few < fewStories && few*largePart <= p.Stories
	return p, errors.Join(err, errDue)
}

// room is how many bytes database and index use.
func (n *Newsroom) room(ctx context.Context) (int64, error) {
	u, err := n.Store.Usage(ctx)
	if err != nil {
		return 0, err
	}
	n.swapping.RLock()
	defer n.swapping.RUnlock()
	size, err := n.Index.Size()
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
func (n *Newsroom) Growth(ctx context.Context) (g Growth, err error) {
	if g.Articles, err = n.Store.CountArticles(ctx); err != nil {
		return g, err
	}
	if g.Bytes, err = n.room(ctx); err != nil {
		return g, err
	}
	u, err := n.Store.Usage(ctx)
	if err != nil {
		return g, err
	}
	g.Free, g.Shrinks = u.Free, u.Shrinks
	now := n.Now()
	since := now.Add(-growthOver)
	_, first, err := n.Store.Arrived(ctx, now, now)
	if err != nil || first.IsZero() {
		return g, err
	}
	since = later(since, first.Add(time.Hour))
	if g.Over = now.Sub(since); g.Over < 24*time.Hour {
		g.Over = 0
		return g, nil
	}
	came, _, err := n.Store.Arrived(ctx, since, now)
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

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// age writes a length of time in days where it is one.
func age(d time.Duration) string {
	if days := d / (24 * time.Hour); days > 0 && d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", days)
	}
	return d.String()
}
