package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/stories/prints"
)

func refuse(cause error, format string, args ...any) error {
	return &news.RefusedError{Text: fmt.Sprintf(format, args...), Cause: cause}
}

// Merge makes one story of several, for good: their articles stay together whatever scores say. The oldest id stays, and
// the others lead to it.
func (n *Newsroom) Merge(ctx context.Context, ids []int64) (news.Corrected, error) {
	n.settling.Lock()
	defer n.settling.Unlock()
	var c news.Correction
	merged := map[int64]int64{} // by id, what it was called by
	for _, id := range ids {
		s, err := n.storyToCorrect(ctx, id)
		if err != nil {
			return news.Corrected{}, err
		}
		if other, twice := merged[s.ID]; twice && other == id {
			return news.Corrected{}, refuse(nil, "story %d cannot be merged with itself", id)
		} else if twice {
			return news.Corrected{}, refuse(nil, "%d and %d are one story already", other, id)
		}
		merged[s.ID] = id
		c.Same = append(c.Same, articlesOf(s)...)
	}
	return n.correct(ctx, c)
}

// Split takes articles out of a story, for good: together they make another, and are in no story with the rest of this
// one. Whether the rest stays together is up to what they have in common. The id stays with it.
func (n *Newsroom) Split(ctx context.Context, id int64, articles []int64) (news.Corrected, error) {
	n.settling.Lock()
	defer n.settling.Unlock()
	s, err := n.storyToCorrect(ctx, id)
	if err != nil {
		return news.Corrected{}, err
	}
	c := news.Correction{Apart: articlesOf(s)}
	for _, a := range articles {
		if slices.Contains(c.Same, a) {
			continue
		}
		at := slices.Index(c.Apart, a)
		if at < 0 {
			return news.Corrected{}, n.notIn(ctx, s.ID, a)
		}
		c.Same, c.Apart = append(c.Same, a), slices.Delete(c.Apart, at, at+1)
	}
	if len(c.Apart) == 0 {
		return news.Corrected{}, refuse(nil, "story %d has no other article; a split leaves at least one in it", s.ID)
	}
	return n.correct(ctx, c)
}

// Forget takes a correction back: what it spoke of is settled as if nobody had said so. Stories that a merge ended have
// their ids again, as far as their articles are stories of their own.
func (n *Newsroom) Forget(ctx context.Context, number int64) (news.Corrected, error) {
	n.settling.Lock()
	defer n.settling.Unlock()
	all, err := n.Store.Corrections(ctx)
	if err != nil {
		return news.Corrected{}, err
	}
	at := slices.IndexFunc(all, func(c news.Correction) bool { return c.ID == number })
	if at < 0 {
		return news.Corrected{}, refuse(news.ErrNotFound, "there is no correction %d", number)
	}
	c := all[at]
	rest := slices.Delete(all, at, at+1)
	back, err := n.returning(ctx, c)
	if err != nil {
		return news.Corrected{}, err
	}
	err = n.resettle(ctx, change{corrections: rest, back: back}, func(s store.Settlement) error { return n.Store.Forget(ctx, number, s) })
	if err != nil {
		return news.Corrected{}, err
	}
	return n.corrected(ctx, c)
}

// returning gives the articles of a correction that are in a story now into which their former story went, each with that
// former story, and those whose former story took in others and changed its event with them.
func (n *Newsroom) returning(ctx context.Context, c news.Correction) (map[int64]news.Grouping, error) {
	of, err := n.Store.StoriesOf(ctx, c.Same)
	if err != nil {
		return nil, err
	}
	stories, back := map[int64]news.Story{}, map[int64]news.Grouping{}
	for _, article := range c.Same {
		was, ok := c.Former[article]
		if !ok {
			continue
		}
		s, asked := stories[was.Story]
		if !asked {
			if s, err = n.Store.Story(ctx, was.Story); err != nil && !errors.Is(err, news.ErrNotFound) {
				return nil, err
			}
			stories[was.Story] = s // without an id where the former story leads nowhere
		}
		joinedLater := slices.ContainsFunc(s.Members, func(m news.Member) bool { return !slices.Contains(c.Same, m.Article.ID) })
		switch now := of[article]; {
		case now == 0 || now != s.ID:
		case now != was.Story, s.Event != was.Event && !joinedLater:
			back[article] = was
		}
	}
	return back, nil
}

func (n *Newsroom) storyToCorrect(ctx context.Context, id int64) (news.Story, error) {
	all, err := n.Store.Stories(ctx, news.StoryList{IDs: news.Choose(id)})
	if err != nil {
		return news.Story{}, err
	}
	if len(all) > 0 {
		return all[0], nil
	}
	if _, err := n.Store.Story(ctx, id); err == nil {
		return news.Story{}, refuse(nil, "story %d was aged out; it has no articles any more", id)
	} else if !errors.Is(err, news.ErrNotFound) {
		return news.Story{}, err
	}
	return news.Story{}, refuse(news.ErrNotFound, "there is no story %d", id)
}

func articlesOf(s news.Story) []int64 {
	var out []int64
	for _, m := range s.Members {
		out = append(out, m.Article.ID)
	}
	return out
}

// notIn says where an article is that is not in a story.
func (n *Newsroom) notIn(ctx context.Context, story, article int64) error {
	there, err := n.Store.ArticlesByID(ctx, []int64{article})
	if err != nil {
		return err
	}
	if len(there) == 0 {
		return refuse(news.ErrNotFound, "there is no article %d", article)
	}
	of, err := n.Store.StoriesOf(ctx, []int64{article})
	if err != nil {
		return err
	}
	if of[article] == 0 {
		return refuse(nil, "article %d is not in story %d; it is not settled yet", article, story)
	}
	return refuse(nil, "article %d is not in story %d but in story %d", article, story, of[article])
}

// correct keeps a correction and settles anew what it speaks of.
func (n *Newsroom) correct(ctx context.Context, c news.Correction) (news.Corrected, error) {
	slices.Sort(c.Same) // as the store gives them
	slices.Sort(c.Apart)
	c.Made = n.Now()
	all, err := n.Store.Corrections(ctx)
	if err != nil {
		return news.Corrected{}, err
	}
	var leaving []int64
	if len(c.Apart) > 0 {
		leaving = c.Same
	}
	err = n.resettle(ctx, change{corrections: append(all, c), leaving: leaving}, func(s store.Settlement) error {
		c.ID, err = n.Store.Correct(ctx, c, s)
		return err
	})
	if err != nil {
		return news.Corrected{}, err
	}
	return n.corrected(ctx, c)
}

// change is a change of the corrections in force.
type change struct {
	corrections []news.Correction       // all of them, after it
	leaving     []int64                 // articles that leave their story, whose id stays with the rest
	back        map[int64]news.Grouping // articles that go back into a story that had ended
}

// resettle decides anew about the articles that the corrections, put in the place of those in force, speak of.
func (n *Newsroom) resettle(ctx context.Context, to change, keep func(store.Settlement) error) (err error) {
	defer func() {
		if err != nil {
			n.window = nil // it may hold what was not stored
		}
	}()
	s := store.Settlement{Prints: map[int64]prints.Print{}, Claims: map[int64][]news.Claim{}}
	if err := n.openWindow(ctx, &s); err != nil {
		return err
	}
	affected := n.window.Affected(to.corrections)
	if err := n.recall(ctx, affected, &s); err != nil {
		return err
	}
	n.window.SetCorrections(to.corrections)
	n.window.Detach(to.leaving)
	maps.DeleteFunc(to.back, func(article int64, _ news.Grouping) bool { return !slices.Contains(affected, article) })
	n.window.Reassign(to.back)
	n.second.begin(ctx)
	defer n.second.end()
	if err := n.settleWindow(ctx, &s); err != nil {
		return err
	}
	n.leadBack(to, &s)
	return n.putPlaced(s, keep)
}

// leadBack has the ids of stories that earlier merges ended lead to the story that their articles went back to.
func (n *Newsroom) leadBack(to change, s *store.Settlement) {
	for _, c := range to.corrections {
		for article, was := range c.Former {
			if _, ok := to.back[article]; !ok || len(c.Apart) > 0 {
				continue
			}
			it, _ := n.window.Item(article)
			if _, moved := s.Moved[was.Story]; !moved && it.Story != was.Story && it.Story == to.back[article].Story {
				s.Moved[was.Story] = it.Story
			}
		}
	}
}

// recall brings articles back into the window that it does not hold any more, each with its whole story.
func (n *Newsroom) recall(ctx context.Context, articles []int64, s *store.Settlement) error {
	closed := slices.DeleteFunc(slices.Clone(articles), n.holds)
	if len(closed) == 0 {
		return nil
	}
	back := map[int64]bool{}
	var outdated []store.WindowRow
	err := n.Store.WindowOf(ctx, closed, func(r store.WindowRow) error {
		if n.holds(r.Article.ID) {
			return nil
		}
		back[r.Article.ID] = r.Unread == nil
		return restore(n.window, r, &outdated)
	})
	if err != nil {
		return err
	}
	if err := n.remake(ctx, n.window, outdated, s); err != nil {
		return err
	}
	edges, err := n.Store.EdgesOf(ctx, closed)
	if err != nil {
		return err
	}
	for _, e := range edges {
		if remade(s, e) {
			continue // it is compared anew
		}
		if back[e.A] || back[e.B] { // the window has the others
			n.window.RestoreEdge(e)
		}
	}
	return nil
}

func (n *Newsroom) holds(article int64) bool {
	_, ok := n.window.Item(article)
	return ok
}

// corrected gives the stories that a correction's articles are in.
func (n *Newsroom) corrected(ctx context.Context, c news.Correction) (news.Corrected, error) {
	of, err := n.Store.StoriesOf(ctx, c.Articles())
	if err != nil {
		return news.Corrected{}, err
	}
	ids := make([]int64, 0, len(of))
	for _, id := range of {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	stories, err := n.Stories(ctx, news.StoryList{IDs: news.Choose(slices.Compact(ids)...)})
	return news.Corrected{Correction: c, Stories: stories}, err
}
