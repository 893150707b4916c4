package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
	"headwater/internal/observe"
	"headwater/internal/query"
	"headwater/internal/search"
	"headwater/internal/store"
)

// ruleChunk is how many articles of the log are compared with the rules in one transaction.
const ruleChunk = 200

// Ruler is the stage that lets users' rules act on new articles. It has its own watermark in the article log, and stays behind that of
// the settler, so that a rule may ask for an article's story (origin:, is:). What the story becomes later changes nothing: a rule acts
// once on an article, or not at all. A revised article is at the end of the log again; a rule that it matches only now acts on it then.
//
// All rules that match act, and none ends the run, so their order does not matter. Without rules the stage reads nothing, and its
// watermark stays; store.AddRule moves it on.
type Ruler struct {
	lead  *lead
	index *query.Index
	now   func() time.Time
	log   *slog.Logger

	lock  *semaphore.Weighted // one Act at a time; guards what follows
	store *store.DB           // of the last Act
	rules *ruleSet            // nil until the first
}

func newRuler(o Options, lead *lead) *Ruler {
	return &Ruler{lead: lead, index: o.Index, now: o.Now, log: o.Logger, lock: semaphore.NewWeighted(1)}
}

// ruleSet has the active rules at one time.
type ruleSet struct {
	*search.Percolator
	state string // as returned by the store
	byID  map[int64]news.UserRule
}

// Act lets the rules act on all articles that were settled since the last call. It returns ErrElsewhere if another process leads.
func (r *Ruler) Act(ctx context.Context) error {
	if err := r.lock.Acquire(ctx, 1); err != nil {
		return err
	}
	defer r.lock.Release(1)
	db, err := r.lead.hold(ctx)
	if err != nil {
		return err
	}
	if db != r.store {
		r.store, r.rules = db, nil
	}
	for {
		if err := r.read(ctx); err != nil || r.rules.Empty() {
			return err
		}
		done, err := r.act(ctx)
		if err != nil || done == 0 {
			return err
		}
		observe.Progress(ctx)
	}
}

// act lets the rules act on the next articles of the log, and returns how many these were.
func (r *Ruler) act(ctx context.Context) (int, error) {
	mark, errMark := r.store.RulesMark(ctx)
	settled, err := r.store.Watermark(ctx, settleMark)
	if err := errors.Join(errMark, err); err != nil || mark >= settled {
		return 0, err
	}
	articles, err := r.store.Log(ctx, mark, ruleChunk)
	if err != nil {
		return 0, err
	}
	for len(articles) > 0 && articles[len(articles)-1].Seq > settled {
		articles = articles[:len(articles)-1]
	}
	if len(articles) == 0 { // what was settled was revised since
		return 0, nil
	}
	table, err := r.index.NewestStories(ctx)
	if err != nil {
		return 0, err
	}
	var matches []store.RuleMatch
	at := map[int64]int{} // in matches, by rule
	for _, a := range articles {
		sure, _ := r.rules.Match(a, table, r.now())
		for _, id := range sure {
			rule := r.rules.byID[id]
			if rule.Feed != 0 && rule.Feed != a.FeedID {
				continue
			}
			i, ok := at[id]
			if !ok {
				i = len(matches)
				at[id], matches = i, append(matches, store.RuleMatch{Rule: rule})
			}
			matches[i].Articles = append(matches[i].Articles, a.ID)
		}
	}
	return len(articles), r.store.PutRuleMatches(ctx, articles[len(articles)-1].Seq, matches)
}

// read loads the rules if they changed.
func (r *Ruler) read(ctx context.Context) error {
	state, err := r.store.RulesState(ctx)
	if err != nil || r.rules != nil && r.rules.state == state {
		return err
	}
	rules, err := r.store.ActiveRules(ctx)
	if err != nil {
		return err
	}
	set := &ruleSet{state: state, byID: make(map[int64]news.UserRule, len(rules))}
	topics := make([]news.Topic, 0, len(rules))
	for _, rule := range rules {
		if err := search.CheckRule(rule.Query); err != nil {
			r.log.Warn("the query of a rule cannot be read; the rule does nothing until it is changed", "rule", rule.ID, "error", err)
			continue
		}
		set.byID[rule.ID], topics = rule, append(topics, news.Topic{ID: rule.ID, Query: rule.Query})
	}
	set.Percolator = r.index.Percolator(topics)
	r.rules = set
	return nil
}

// standBy frees the memory of a process that leads no more.
func (r *Ruler) standBy(ctx context.Context) {
	if r.lock.Acquire(ctx, 1) == nil {
		r.rules = nil
		r.lock.Release(1)
	}
}

// pause keeps Act from running until resume is called. Then the rules are loaded again, since a percolator belongs to one index.
func (r *Ruler) pause(ctx context.Context) (resume func(), err error) {
	if err := r.lock.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	r.rules = nil
	return func() { r.lock.Release(1) }, nil
}
