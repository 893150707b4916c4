package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/store"
)

const (
	topicsMark = "topics"
	matchChunk = 200 // entries of the story log that are held against the topics in one transaction
	maxMaybes  = 200_000
)

// matcher holds stories that changed against the topics. What an article asks for by its words stays the same while the
// article does, so only the topics that ask for its place in its story as well are asked again.
type matcher struct {
	*search.Percolator
	state    string // of the topics that it was made for
	unfilled []news.Topic
	maybes   map[held][]int64
}

// held is an article as of an entry of the log.
type held struct{ article, seq int64 }

// MatchTopics holds every story that changed since it last did against all topics, and stores which match. A topic whose
// stories from before cannot be found yet keeps no other waiting: it is matched like them, and filled later.
func (n *Newsroom) MatchTopics(ctx context.Context) error {
	n.matching.Lock()
	defer n.matching.Unlock()
	if err := n.readTopics(ctx); err != nil {
		return err
	}
	if err := n.fillTopics(ctx); err != nil {
		return err
	}
	for {
		mark, err := n.Store.Mark(ctx, topicsMark)
		if err != nil {
			return err
		}
		changes, err := n.Store.StoryLog(ctx, mark, matchChunk)
		if err != nil || len(changes) == 0 {
			return err
		}
		m, err := n.match(ctx, changes)
		if err != nil {
			return err
		}
		if err := n.Store.PutMatches(ctx, m); err != nil {
			return err
		}
	}
}

// readTopics makes the matcher anew where topics changed.
func (n *Newsroom) readTopics(ctx context.Context) error {
	state, err := n.Store.TopicsState(ctx)
	if err != nil || n.matcher != nil && n.matcher.state == state {
		return err
	}
	topics, err := n.Store.AllTopics(ctx)
	if err != nil {
		return err
	}
	n.swapping.RLock()
	m := &matcher{Percolator: n.Index.Percolator(topics), state: state, maybes: map[held][]int64{}}
	n.swapping.RUnlock()
	for _, t := range topics {
		switch err := m.Invalid()[t.ID]; {
		case err != nil:
			n.Logger.Warn("the query of a topic cannot be read; nothing matches it until it is changed", "topic", t.Name, "error", err)
		case !t.Filled:
			m.unfilled = append(m.unfilled, t)
		}
	}
	n.matcher = m
	return nil
}

// fillTopics fills new topics with the stories that there are already. What fails is said once for a topic, and tried
// again.
func (n *Newsroom) fillTopics(ctx context.Context) error {
	var left []news.Topic
	n.unfilled = nil
	for _, t := range n.matcher.unfilled {
		err := n.fillTopic(ctx, t)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			delete(n.unfillable, t.ID)
			continue
		}
		left = append(left, t)
		var building *search.BuildingError
		if !errors.As(err, &building) {
			n.unfilled = errors.Join(n.unfilled, fmt.Errorf("topic %s: %w", t.Name, err))
		}
		if version, told := n.unfillable[t.ID]; told && version == t.Version || errors.As(err, &building) {
			continue
		}
		n.unfillable[t.ID] = t.Version
		n.Logger.Error("the stories from before a topic was followed cannot be found; it is tried again, and new ones are matched meanwhile",
			"topic", t.Name, "error", err)
	}
	if n.matcher.unfilled = left; len(left) > 0 {
		time.AfterFunc(stageRetry, n.toMatch.ring)
	}
	return nil
}

// unfilledTopics says which topics could not be filled, and why.
func (n *Newsroom) unfilledTopics() error {
	n.matching.Lock()
	defer n.matching.Unlock()
	return n.unfilled
}

func (n *Newsroom) fillTopic(ctx context.Context, t news.Topic) error {
	stories, err := n.TopicStoryIDs(ctx, t)
	if err != nil {
		return err
	}
	return n.Store.FillTopic(ctx, t, stories, n.Now())
}

// match holds some stories against the topics.
func (n *Newsroom) match(ctx context.Context, changes []news.StoryChange) (store.Matching, error) {
	m := store.Matching{Through: changes[len(changes)-1].Seq, Changes: changes}
	seqs, ids := map[int64]int64{}, []int64{}
	for _, c := range changes {
		if c.Into == 0 && !c.Gone {
			seqs[c.Story], ids = c.Seq, append(ids, c.Story)
		}
	}
	if len(ids) == 0 || n.matcher.Empty() {
		return m, nil
	}
	if err := n.follow(ctx); err != nil {
		return m, err
	}
	stories, errStories := n.Store.Stories(ctx, news.StoryList{IDs: news.Choose(ids...)})
	looked, errLooked := n.Store.Looked(ctx, ids)
	matched, err := n.Store.MatchesOf(ctx, ids)
	if err := errors.Join(errStories, errLooked, err); err != nil {
		return m, err
	}
	round := &matching{n: n, places: n.places.Load(), now: n.Now(), found: &m, looked: byArticle(looked)}
	if round.places == nil {
		return m, errors.New("the places of articles in stories are being read anew; the next round matches topics")
	}
	for _, s := range stories {
		if err := round.story(ctx, s, seqs[s.ID], matched[s.ID]); err != nil {
			return m, err
		}
	}
	return m, round.leave(ctx, stories)
}

func byArticle(looked []store.Looked) map[int64]store.Looked {
	of := make(map[int64]store.Looked, len(looked))
	for _, l := range looked {
		of[l.Article] = l
	}
	return of
}

// matching is one round.
type matching struct {
	n      *Newsroom
	places *search.StoryTable
	now    time.Time
	found  *store.Matching
	looked map[int64]store.Looked // what was held against the topics before
}

// story notes which topics a story matches that it did not, and which it does no longer.
func (r *matching) story(ctx context.Context, s news.Story, seq int64, matched []int64) error {
	anew, again := r.split(s)
	now := map[int64]bool{}
	whole, err := r.n.Store.ArticlesByID(ctx, slices.Concat(anew, again))
	if err != nil {
		return err
	}
	for _, a := range whole {
		topics := r.matches(a, slices.Contains(again, a.ID))
		for _, t := range topics {
			now[t] = true
		}
		r.found.Looked = append(r.found.Looked, store.Looked{Article: a.ID, Story: s.ID, Seq: a.Seq})
	}
	for t := range now {
		if !slices.Contains(matched, t) {
			r.found.Matches = append(r.found.Matches, store.Match{Topic: t, Story: s.ID, Seq: seq, At: r.now})
		}
	}
	for _, t := range matched {
		if !now[t] && (len(anew) == len(s.Members) || r.n.matcher.DependsOnStory(t)) {
			r.found.Ended = append(r.found.Ended, store.Match{Topic: t, Story: s.ID})
		}
	}
	return nil
}

// split gives the members to hold against all topics, and those for which only what depends on the story has to be asked
// again. Where a member was revised or went elsewhere, all are of the former kind, as its matches may end.
func (r *matching) split(s news.Story) (anew, again []int64) {
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
		maybes, kept := r.n.matcher.maybes[held{m.Article.ID, m.Article.Seq}]
		switch {
		case known && before.Seq != m.Article.Seq:
			return all, nil
		case !known || before.Story != s.ID || !kept:
			anew = append(anew, m.Article.ID)
		case len(maybes) > 0:
			again = append(again, m.Article.ID)
		}
	}
	return anew, again
}

func (r *matching) matches(a news.Article, again bool) []int64 {
	m, key := r.n.matcher, held{a.ID, a.Seq}
	if again {
		return m.Rematch(a, r.places, r.now, m.maybes[key])
	}
	sure, maybes := m.Match(a, r.places, r.now)
	if len(m.maybes) >= maxMaybes {
		clear(m.maybes) // they are found again
	}
	m.maybes[key] = maybes
	return sure
}

// leave notes the articles that are in no story any more.
func (r *matching) leave(ctx context.Context, stories []news.Story) error {
	for _, s := range stories {
		for _, m := range s.Members {
			delete(r.looked, m.Article.ID)
		}
	}
	gone := make([]int64, 0, len(r.looked))
	for id := range r.looked {
		gone = append(gone, id)
	}
	of, err := r.n.Store.StoriesOf(ctx, gone)
	for _, id := range gone {
		if of[id] == 0 {
			r.found.Left = append(r.found.Left, id)
		}
	}
	return err
}
