package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"headwater/internal/news"
	"headwater/internal/query"
	"headwater/internal/search"
	"headwater/internal/store"
)

const (
	matchChunk   = 200     // entries of the story log that are matched in one transaction
	maxUndecided = 200_000 // articles of which undecided topics are remembered
)

// Matcher is the stage that holds stories against the topics, from its own watermark in the story log.
//
// Pages and feeds of a topic are searches, so they hold what came before it was followed. What is new to it, and whom alerts tell,
// comes from matching.
//
// New to a topic is what first matched since somebody last saw it (topics.seen, a number of the story log). Stories from
// before it was followed are found by a search, the newest 2,000, and are not new; an older one that changes later is.
// since: and date: are asked at the time of matching. A topic that cannot be filled, since the search fails or the index is
// being built, is matched like the others and filled at a later try: 5 s after the first in a server, and with each
// `headwater poll`. A topic whose query cannot be read any more stays, is named in the log and on its page, and matches
// nothing until it is changed.
//
// Parts of a query that ask for the story (is:, origin:, copies:, outlets:, independent:) change without the article.
// Percolator.Match also gives the topics that an article would match in some other story. Those are remembered, and only
// they are asked again when its story changes. Where an article was revised or left, its story is held against all topics
// anew, since its matches may end. What is remembered is lost with the process. Then a story that changes is held against
// all topics once more: half a second for 200 members.
type Matcher struct {
	store  *store.DB
	index  *query.Index
	reader *query.Reader
	now    func() time.Time
	log    *slog.Logger
	again  func() // has Match called again

	mu       sync.Mutex      // one Match at a time; guards what follows
	topics   *topicSet       // nil until something is matched
	failed   map[int64]int64 // versions of the topics of which it was logged that they could not be filled, by id
	unfilled error           // why topics could not be filled at the last try; nil where they only wait for the index
}

func newMatcher(o Options, again func()) *Matcher {
	return &Matcher{store: o.Store, index: o.Index, reader: o.Reader, now: o.Now, log: o.Logger, again: again, failed: map[int64]int64{}}
}

// topicSet is all topics as they are at a time. What an article asks for by its words stays the same while the article does,
// so only the topics that ask for its place in its story as well are asked again.
type topicSet struct {
	*search.Percolator
	state     string       // of the topics, as the store gives it
	unfilled  []news.Topic // that lack the stories from before they were followed
	undecided map[version][]int64
}

// version is an article as of an entry of the log.
type version struct{ article, seq int64 }

// Match holds every story that changed since it last did against all topics, and stores which match. A topic whose stories
// from before cannot be found yet delays no other: it is matched like them, and filled later.
func (m *Matcher) Match(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.readTopics(ctx); err != nil {
		return err
	}
	if err := m.fillTopics(ctx); err != nil {
		return err
	}
	for {
		mark, err := m.store.TopicsMark(ctx)
		if err != nil {
			return err
		}
		changes, err := m.store.StoryLog(ctx, mark, matchChunk)
		if err != nil || len(changes) == 0 {
			return err
		}
		found, err := m.match(ctx, changes)
		if err != nil {
			return err
		}
		if err := m.store.PutMatches(ctx, found); err != nil {
			return err
		}
	}
}

// pause keeps Match from running until resume, which reads the topics anew: the percolator belongs to an index.
func (m *Matcher) pause() (resume func()) {
	m.mu.Lock()
	m.topics = nil
	return m.mu.Unlock
}

// readTopics reads the topics where they changed.
func (m *Matcher) readTopics(ctx context.Context) error {
	state, err := m.store.TopicsState(ctx)
	if err != nil || m.topics != nil && m.topics.state == state {
		return err
	}
	topics, err := m.store.AllTopics(ctx)
	if err != nil {
		return err
	}
	set := &topicSet{Percolator: m.index.Percolator(topics), state: state, undecided: map[version][]int64{}}
	for _, t := range topics {
		switch err := set.Invalid()[t.ID]; {
		case err != nil:
			m.log.Warn("the query of a topic cannot be read; nothing matches it until it is changed", "topic", t.Name, "error", err)
		case !t.Filled:
			set.unfilled = append(set.unfilled, t)
		}
	}
	m.topics = set
	return nil
}

// fillTopics fills new topics with the stories that there are already. What fails is logged once for a topic, and tried
// again.
func (m *Matcher) fillTopics(ctx context.Context) error {
	var left []news.Topic
	m.unfilled = nil
	for _, t := range m.topics.unfilled {
		stories, err := m.reader.TopicStoryIDs(ctx, t)
		if err == nil {
			err = m.store.FillTopic(ctx, t, stories, m.now())
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			delete(m.failed, t.ID)
			continue
		}
		left = append(left, t)
		var building *search.BuildingError
		if errors.As(err, &building) {
			continue
		}
		m.unfilled = errors.Join(m.unfilled, fmt.Errorf("topic %s: %w", t.Name, err))
		if v, logged := m.failed[t.ID]; logged && v == t.Version {
			continue
		}
		m.failed[t.ID] = t.Version
		m.log.Error("the stories from before a topic was followed cannot be found; it is tried again, and new ones are matched meanwhile",
			"topic", t.Name, "error", err)
	}
	if m.topics.unfilled = left; len(left) > 0 {
		time.AfterFunc(retryAfter, m.again)
	}
	return nil
}

// unfilledTopics says which topics could not be filled, and why.
func (m *Matcher) unfilledTopics() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.unfilled
}

// match holds the stories of some changes against the topics.
func (m *Matcher) match(ctx context.Context, changes []news.StoryChange) (store.MatchBatch, error) {
	found := store.MatchBatch{Through: changes[len(changes)-1].Seq, Changes: changes}
	seqs, ids := map[int64]int64{}, []int64{}
	for _, c := range changes {
		if c.Into == 0 && !c.Gone {
			seqs[c.Story], ids = c.Seq, append(ids, c.Story)
		}
	}
	if len(ids) == 0 || m.topics.Empty() {
		return found, nil
	}
	stories, errStories := m.store.Stories(ctx, news.StoryList{IDs: news.Choose(ids...)})
	looked, errLooked := m.store.TopicChecks(ctx, ids)
	matched, errMatched := m.store.MatchesOf(ctx, ids)
	table, err := m.index.Stories(ctx) // which knows at least what was read before
	if err := errors.Join(errMatched, errStories, errLooked, err); err != nil {
		return found, err
	}
	round := &matchRound{Matcher: m, table: table, at: m.now(), found: &found, looked: make(map[int64]store.TopicCheck, len(looked))}
	for _, l := range looked {
		round.looked[l.Article] = l
	}
	for _, s := range stories {
		if err := round.story(ctx, s, seqs[s.ID], matched[s.ID]); err != nil {
			return found, err
		}
	}
	return found, round.noteLeft(ctx, stories)
}

// matchRound is the matching of some stories.
type matchRound struct {
	*Matcher
	table  *search.StoryTable
	at     time.Time
	found  *store.MatchBatch
	looked map[int64]store.TopicCheck // what was held against the topics before, by article
}

// story notes which topics a story matches that it did not, and which it does no longer.
func (r *matchRound) story(ctx context.Context, s news.Story, seq int64, matched []int64) error {
	anew, again := r.split(s)
	now := map[int64]bool{}
	whole, err := r.store.ArticlesByID(ctx, slices.Concat(anew, again))
	if err != nil {
		return err
	}
	for _, a := range whole {
		key := version{a.ID, a.Seq}
		var topics []int64
		if slices.Contains(again, a.ID) {
			topics = r.topics.Rematch(a, r.table, r.at, r.topics.undecided[key])
		} else {
			var undecided []int64
			topics, undecided = r.topics.Match(a, r.table, r.at)
			if len(r.topics.undecided) >= maxUndecided {
				clear(r.topics.undecided) // they are found again
			}
			r.topics.undecided[key] = undecided
		}
		for _, t := range topics {
			now[t] = true
		}
		r.found.Checks = append(r.found.Checks, store.TopicCheck{Article: a.ID, Story: s.ID, Seq: a.Seq})
	}
	for t := range now {
		if !slices.Contains(matched, t) {
			r.found.Matches = append(r.found.Matches, store.Match{Topic: t, Story: s.ID, Seq: seq, At: r.at})
		}
	}
	for _, t := range matched {
		if !now[t] && (len(anew) == len(s.Members) || r.topics.DependsOnStory(t)) {
			r.found.Ended = append(r.found.Ended, store.Match{Topic: t, Story: s.ID})
		}
	}
	return nil
}

// split gives the members to hold against all topics, and those for which only what depends on the story has to be asked
// again. Where a member was revised or went elsewhere, all are of the former kind, as its matches may end.
func (r *matchRound) split(s news.Story) (anew, again []int64) {
	all, here := make([]int64, 0, len(s.Members)), map[int64]bool{}
	for _, m := range s.Members {
		all, here[m.Article.ID] = append(all, m.Article.ID), true
	}
	for _, l := range r.looked {
		if l.Story == s.ID && !here[l.Article] {
			return all, nil
		}
	}
	for _, m := range s.Members {
		before, known := r.looked[m.Article.ID]
		undecided, kept := r.topics.undecided[version{m.Article.ID, m.Article.Seq}]
		switch {
		case known && before.Seq != m.Article.Seq:
			return all, nil
		case !known || before.Story != s.ID || !kept:
			anew = append(anew, m.Article.ID)
		case len(undecided) > 0:
			again = append(again, m.Article.ID)
		}
	}
	return anew, again
}

// noteLeft notes the articles that are in no story any more.
func (r *matchRound) noteLeft(ctx context.Context, stories []news.Story) error {
	for _, s := range stories {
		for _, m := range s.Members {
			delete(r.looked, m.Article.ID)
		}
	}
	gone := make([]int64, 0, len(r.looked))
	for id := range r.looked {
		gone = append(gone, id)
	}
	of, err := r.store.StoriesOf(ctx, gone)
	for _, id := range gone {
		if of[id] == 0 {
			r.found.Unassigned = append(r.found.Unassigned, id)
		}
	}
	return err
}
