package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"headwater/internal/news"
	"headwater/internal/store"
)

// Corrections are stored by article and not by story. So they still hold after a revision, a restart, or the closing of a
// story. A correction and its settlement are one transaction. Articles that left the window are loaded for it, each with
// its whole story. After a split, the rest keeps the story's id. A correction stores the former stories of its articles
// (news.Correction.Former). So ids that a merge ended come back when the merge is taken back, even after a later merge;
// their entries in the story log start again. The comment of package group says what corrections mean for clustering.

func refuse(cause error, format string, args ...any) error {
	return &news.RefusedError{Text: fmt.Sprintf(format, args...), Cause: cause}
}

// Merge joins several stories for good: their articles stay together whatever the scores are. The oldest id stays, and
// the others lead to it.
func (s *Settler) Merge(ctx context.Context, ids []int64) (news.Corrected, error) {
	if err := s.begin(ctx); err != nil {
		return news.Corrected{}, err
	}
	defer s.lock.Release(1)
	var c news.Correction
	merged := map[int64]int64{} // from a story's id to the given id that led to it
	for _, id := range ids {
		st, err := s.storyToCorrect(ctx, id)
		if err != nil {
			return news.Corrected{}, err
		}
		if other, twice := merged[st.ID]; twice && other == id {
			return news.Corrected{}, refuse(nil, "story %d cannot be merged with itself", id)
		} else if twice {
			return news.Corrected{}, refuse(nil, "%d and %d are one story already", other, id)
		}
		merged[st.ID] = id
		c.Same = append(c.Same, membersOf(st)...)
	}
	return s.correct(ctx, c)
}

// Split takes articles out of a story for good. They become another story, and are never in one story with the rest.
// Scores decide whether the rest stays together; it keeps the story's id.
func (s *Settler) Split(ctx context.Context, id int64, articles []int64) (news.Corrected, error) {
	if err := s.begin(ctx); err != nil {
		return news.Corrected{}, err
	}
	defer s.lock.Release(1)
	st, err := s.storyToCorrect(ctx, id)
	if err != nil {
		return news.Corrected{}, err
	}
	c := news.Correction{Apart: membersOf(st)}
	for _, a := range articles {
		if slices.Contains(c.Same, a) {
			continue
		}
		at := slices.Index(c.Apart, a)
		if at < 0 {
			return news.Corrected{}, s.notInStory(ctx, st.ID, a)
		}
		c.Same, c.Apart = append(c.Same, a), slices.Delete(c.Apart, at, at+1)
	}
	if len(c.Apart) == 0 {
		return news.Corrected{}, refuse(nil, "story %d has no other article; a split leaves at least one in it", st.ID)
	}
	return s.correct(ctx, c)
}

// Forget takes a correction back. Its articles are settled as if it had never been made. Stories that a merge ended get
// their ids back, as far as their articles become stories of their own.
func (s *Settler) Forget(ctx context.Context, number int64) (news.Corrected, error) {
	if err := s.begin(ctx); err != nil {
		return news.Corrected{}, err
	}
	defer s.lock.Release(1)
	all, err := s.store.Corrections(ctx)
	if err != nil {
		return news.Corrected{}, err
	}
	at := slices.IndexFunc(all, func(c news.Correction) bool { return c.ID == number })
	if at < 0 {
		return news.Corrected{}, refuse(news.ErrNotFound, "there is no correction %d", number)
	}
	c := all[at]
	rest := slices.Delete(all, at, at+1)
	back, err := s.formerStories(ctx, c)
	if err != nil {
		return news.Corrected{}, err
	}
	err = s.resettle(ctx, change{corrections: rest, back: back}, func(out store.Settlement) error { return s.store.RemoveCorrection(ctx, number, out) })
	if err != nil {
		return news.Corrected{}, err
	}
	return s.corrected(ctx, c)
}

// formerStories returns, by article, the former stories of those articles of a correction that go back to them. An
// article goes back in two cases: its former story was merged into the story that it is in now, or its former story took
// in others and changed its event with them.
func (s *Settler) formerStories(ctx context.Context, c news.Correction) (map[int64]news.Grouping, error) {
	of, err := s.store.StoriesOf(ctx, c.Same)
	if err != nil {
		return nil, err
	}
	stories, back := map[int64]news.Story{}, map[int64]news.Grouping{}
	for _, article := range c.Same {
		was, ok := c.Former[article]
		if !ok {
			continue
		}
		st, known := stories[was.Story]
		if !known {
			if st, err = s.store.Story(ctx, was.Story); err != nil && !errors.Is(err, news.ErrNotFound) {
				return nil, err
			}
			stories[was.Story] = st // zero where the former story leads nowhere
		}
		joinedLater := slices.ContainsFunc(st.Members, func(m news.Member) bool { return !slices.Contains(c.Same, m.Article.ID) })
		switch now := of[article]; {
		case now == 0 || now != st.ID:
		case now != was.Story, st.Event != was.Event && !joinedLater:
			back[article] = was
		}
	}
	return back, nil
}

func (s *Settler) storyToCorrect(ctx context.Context, id int64) (news.Story, error) {
	all, err := s.store.Stories(ctx, news.StoryList{IDs: news.Choose(id)})
	if err != nil {
		return news.Story{}, err
	}
	if len(all) > 0 {
		return all[0], nil
	}
	if _, err := s.store.Story(ctx, id); err == nil {
		return news.Story{}, refuse(nil, "story %d was aged out; it has no articles any more", id)
	} else if !errors.Is(err, news.ErrNotFound) {
		return news.Story{}, err
	}
	return news.Story{}, refuse(news.ErrNotFound, "there is no story %d", id)
}

func membersOf(s news.Story) []int64 {
	var out []int64
	for _, m := range s.Members {
		out = append(out, m.Article.ID)
	}
	return out
}

// notInStory returns an error which says that an article is not in the given story, and in which story it is.
func (s *Settler) notInStory(ctx context.Context, story, article int64) error {
	there, err := s.store.ArticlesByID(ctx, []int64{article})
	if err != nil {
		return err
	}
	if len(there) == 0 {
		return refuse(news.ErrNotFound, "there is no article %d", article)
	}
	of, err := s.store.StoriesOf(ctx, []int64{article})
	if err != nil {
		return err
	}
	if of[article] == 0 {
		return refuse(nil, "article %d is not in story %d; it is not settled yet", article, story)
	}
	return refuse(nil, "article %d is not in story %d but in story %d", article, story, of[article])
}

// correct stores a correction and settles its articles again.
func (s *Settler) correct(ctx context.Context, c news.Correction) (news.Corrected, error) {
	slices.Sort(c.Same) // in the store's order
	slices.Sort(c.Apart)
	c.Made = s.now()
	all, err := s.store.Corrections(ctx)
	if err != nil {
		return news.Corrected{}, err
	}
	var leaving []int64
	if len(c.Apart) > 0 {
		leaving = c.Same
	}
	err = s.resettle(ctx, change{corrections: append(all, c), leaving: leaving}, func(out store.Settlement) error {
		c.ID, err = s.store.AddCorrection(ctx, c, out)
		return err
	})
	if err != nil {
		return news.Corrected{}, err
	}
	return s.corrected(ctx, c)
}

// change is a change of the corrections in force.
type change struct {
	corrections []news.Correction       // all corrections after the change
	leaving     []int64                 // articles that leave their story; the rest keeps its id
	back        map[int64]news.Grouping // articles that go back into a story that had ended
}

// resettle settles again the articles of the corrections that a change adds or removes.
func (s *Settler) resettle(ctx context.Context, to change, put func(store.Settlement) error) (err error) {
	defer func() {
		if err != nil {
			s.window = nil // it may hold changes that were not stored
		}
	}()
	out := newSettlement()
	if err := s.openWindow(ctx, &out); err != nil {
		return err
	}
	affected := s.window.Affected(to.corrections)
	if err := s.reload(ctx, affected, &out); err != nil {
		return err
	}
	s.window.SetCorrections(to.corrections)
	s.window.Detach(to.leaving)
	maps.DeleteFunc(to.back, func(article int64, _ news.Grouping) bool { return !slices.Contains(affected, article) })
	s.window.Reassign(to.back)
	s.opinion.begin(ctx, s.store)
	defer s.opinion.end()
	if err := s.decide(ctx, &out); err != nil {
		return err
	}
	// The ids of stories that earlier merges ended now lead to the story that their articles went back to.
	for _, c := range to.corrections {
		for article, was := range c.Former {
			if _, ok := to.back[article]; !ok || len(c.Apart) > 0 {
				continue
			}
			it, _ := s.window.Item(article)
			if _, moved := out.Moved[was.Story]; !moved && it.Story != was.Story && it.Story == to.back[article].Story {
				out.Moved[was.Story] = it.Story
			}
		}
	}
	return put(out)
}

// corrected returns the stories that a correction's articles are in.
func (s *Settler) corrected(ctx context.Context, c news.Correction) (news.Corrected, error) {
	of, err := s.store.StoriesOf(ctx, c.Articles())
	if err != nil {
		return news.Corrected{}, err
	}
	ids := slices.Compact(slices.Sorted(maps.Values(of)))
	stories, err := s.reader.Stories(ctx, news.StoryList{IDs: news.Choose(ids...)})
	return news.Corrected{Correction: c, Stories: stories}, err
}
