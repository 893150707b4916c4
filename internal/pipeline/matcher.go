package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
	"headwater/internal/observe"
	"headwater/internal/query"
	"headwater/internal/search"
	"headwater/internal/store"
)

const (
	matchChunk   = 200     // entries of the story log matched in one transaction
	maxUndecided = 200_000 // articles whose undecided topics are remembered
)

// Matcher is the stage that matches stories with the topics. It has its own watermark in the story log.
//
// Pages and feeds of a topic are searches, so they also show stories from before the topic was added. Matching finds what
// is new to the topic, and what alerts tell of.
//
// A story is new to a topic if it first matched after somebody last saw the topic (topics.seen, a number of the story
// log). A search finds the stories from before the topic was added, the newest 2,000. These are not new; one that changes
// later is. The fields since: and date: are evaluated at the time of matching. A topic can't be filled while the search
// fails or the index is being built. It is matched like the others meanwhile, and filled at a later try: in a server 5 s
// later, and at each `headwater poll`. A topic whose query can't be parsed any more stays. The log and its page name it,
// and it matches nothing until it is changed.
//
// A story also matches a topic to which a rule has sent one of its articles, whatever the topic's query and options say.
//
// Some fields of a query depend on the story (is:, origin:, copies:, outlets:, independent:), so they change without the
// article. For these, Percolator.Match also returns the topics that an article would match in some other story. These
// topics are remembered. When its story changes, only they are evaluated again. Where an article was revised or left its
// story, the story is matched with all topics again, since its matches may end. What is remembered is lost when the
// process ends. Then a story that changes is matched with all topics once more, which takes half a second for 200
// members.
type Matcher struct {
	lead     *lead
	readable *store.DB // for what needs no lead
	searches bool      // this process keeps the index complete
	index    *query.Index
	reader   *query.Reader
	now      func() time.Time
	log      *slog.Logger
	again    func() // schedules another call of Match

	lock     *semaphore.Weighted // one Match at a time; guards what follows
	store    *store.DB           // of the last Match, which writes as long as this process leads; or of Fill
	topics   *topicSet           // nil until the first match
	failed   map[int64]int64     // versions of the topics, by id, whose failure to fill was logged
	unfilled error               // why topics could not be filled at the last try; nil where they only wait for the index
}

func newMatcher(o Options, lead *lead, again func()) *Matcher {
	return &Matcher{lead: lead, readable: o.Store, searches: o.Roles.Web, index: o.Index, reader: o.Reader, now: o.Now, log: o.Logger, again: again, lock: semaphore.NewWeighted(1), failed: map[int64]int64{}}
}

// topicSet holds all topics at one time. What a query asks of an article's words stays the same while the article does.
// So only the topics that also ask for its role in its story are evaluated again.
type topicSet struct {
	*search.Percolator
	state     string       // of the topics, as returned by the store
	unfilled  []news.Topic // topics that lack the stories from before they were added
	undecided map[version][]int64
}

// version is an article at an entry of the log.
type version struct{ article, seq int64 }

// Match matches every story that changed since the last call with all topics, and stores the matches. A topic that can't
// be filled yet delays no other: it is matched like them and filled later. Match returns ErrElsewhere if another process
// leads.
func (m *Matcher) Match(ctx context.Context) error {
	if err := m.lock.Acquire(ctx, 1); err != nil {
		return err
	}
	defer m.lock.Release(1)
	db, err := m.lead.hold(ctx)
	if err != nil {
		return err
	}
	if db != m.store {
		m.store, m.topics = db, nil
	}
	if err := m.readTopics(ctx); err != nil {
		return err
	}
	if m.searches {
		if err := m.fillTopics(ctx, store.WholeStoryLog); err != nil {
			return err
		}
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
		observe.Progress(ctx)
	}
}

// Fill stores the existing stories of new topics, in a process that does not lead: the one that leads may have no index.
// What changed since the last match is left to that process.
func (m *Matcher) Fill(ctx context.Context) error {
	if err := m.lock.Acquire(ctx, 1); err != nil {
		return err
	}
	defer m.lock.Release(1)
	if m.lead.leading(ctx) { // then Match fills them
		return nil
	}
	m.store = m.readable
	if err := m.readTopics(ctx); err != nil || len(m.topics.unfilled) == 0 {
		return err
	}
	through, err := m.store.TopicsMark(ctx)
	if err != nil {
		return err
	}
	settled, errSettled := m.store.Watermark(ctx, settleMark)
	indexed, err := m.index.Mark()
	if err := errors.Join(errSettled, err); err != nil {
		return err
	}
	if indexed < settled { // the search would miss stories that were matched before the topic was added
		time.AfterFunc(retryAfter, m.again)
		return nil
	}
	return m.fillTopics(ctx, through)
}

// standBy frees the memory of a process that leads no more.
func (m *Matcher) standBy(ctx context.Context) {
	if m.lock.Acquire(ctx, 1) == nil {
		m.topics = nil
		m.lock.Release(1)
	}
}

// pause keeps Match from running until resume is called. Then the topics are loaded again, since a percolator belongs to
// one index.
func (m *Matcher) pause(ctx context.Context) (resume func(), err error) {
	if err := m.lock.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	m.topics = nil
	return func() { m.lock.Release(1) }, nil
}

// readTopics loads the topics if they changed.
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

// fillTopics stores the existing stories of new topics, as far as they have not changed after an entry of the story log. A
// failure is logged once for each topic, and tried again.
func (m *Matcher) fillTopics(ctx context.Context, through int64) error {
	var left []news.Topic
	m.unfilled = nil
	for _, t := range m.topics.unfilled {
		stories, err := m.reader.TopicStoryIDs(ctx, t)
		if err == nil {
			err = m.store.FillTopic(ctx, t, stories, through, m.now())
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

// unfilledTopics returns an error for topics that could not be filled.
func (m *Matcher) unfilledTopics(ctx context.Context) error {
	if err := m.lock.Acquire(ctx, 1); err != nil {
		return err
	}
	defer m.lock.Release(1)
	return m.unfilled
}

// match matches the stories of some changes with the topics.
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
	var members []int64
	for _, s := range stories {
		for _, member := range s.Members {
			members = append(members, member.Article.ID)
		}
	}
	sent, errSent := m.store.Sent(ctx, members)
	matched, errMatched := m.store.MatchesOf(ctx, ids)
	table, err := m.index.NewestStories(ctx) // it is at least as new as what was read above
	if err := errors.Join(errMatched, errStories, errLooked, errSent, err); err != nil {
		return found, err
	}
	round := &matchRound{Matcher: m, table: table, at: m.now(), found: &found, sent: sent, looked: make(map[int64]store.TopicCheck, len(looked))}
	for _, l := range looked {
		round.looked[l.Article] = l
	}
	for _, s := range stories {
		if err := round.story(ctx, s, seqs[s.ID], matched[s.ID]); err != nil {
			return found, err
		}
	}
	// The articles that were looked at in one of these stories and are in none of them now have moved, or are in no story.
	for _, s := range stories {
		for _, member := range s.Members {
			delete(round.looked, member.Article.ID)
		}
	}
	left := slices.Collect(maps.Keys(round.looked))
	storyOf, err := m.store.StoriesOf(ctx, left)
	for _, id := range left {
		if storyOf[id] == 0 {
			found.Unassigned = append(found.Unassigned, id)
		}
	}
	return found, err
}

// matchRound is one run of matching over some stories.
type matchRound struct {
	*Matcher
	table  *search.StoryTable
	at     time.Time
	found  *store.MatchBatch
	sent   map[int64][]int64          // topics to which rules have sent articles, by article
	looked map[int64]store.TopicCheck // earlier checks of the articles with the topics, by article
}

// story records which topics a story matches now and did not before, and which it no longer matches.
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
				clear(r.topics.undecided) // they are found again when needed
			}
			r.topics.undecided[key] = undecided
		}
		for _, t := range topics {
			now[t] = true
		}
		r.found.Checks = append(r.found.Checks, store.TopicCheck{Article: a.ID, Story: s.ID, Seq: a.Seq})
	}
	for _, member := range s.Members {
		for _, t := range r.sent[member.Article.ID] {
			now[t] = true
		}
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

// split returns the members to match with all topics (anew), and those for which only the fields that depend on the story
// are evaluated again (again). Where a member was revised or left, all members are in anew, since matches may end.
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
