package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"headwater/internal/news"
	"headwater/internal/store"
)

// Corrections are stored by article and not by story. So they still hold after a revision, a restart, or the closing of a
// story. A correction and its settlement are one transaction. Articles that left the window are loaded for it, each with
// its whole story. After a split, the rest keeps the story's id. A correction stores the former stories of its articles
// (news.Correction.Former). So ids that a merge ended come back when the merge is taken back, even after a later merge;
// their entries in the story log start again. The comment of package group says what corrections mean for clustering.
//
// The process that leads makes corrections. Any other one stores a request and waits for the answer. A request that is not
// answered in time is withdrawn, and then the correction is never made.

// answerWithin is how long a correction waits for the process that leads.
const answerWithin = 30 * time.Second

func refuse(cause error, format string, args ...any) error {
	return &news.RefusedError{Text: fmt.Sprintf(format, args...), Cause: cause}
}

// Merge joins several stories for good: their articles stay together whatever the scores are. The oldest id stays, and
// the others lead to it.
func (s *Settler) Merge(ctx context.Context, ids []int64) (news.Corrected, error) {
	return s.makeCorrection(ctx, store.CorrectionRequest{Kind: store.RequestMerge, IDs: ids})
}

// Split takes articles out of a story for good. They become another story, and are never in one story with the rest.
// Scores decide whether the rest stays together; it keeps the story's id.
func (s *Settler) Split(ctx context.Context, id int64, articles []int64) (news.Corrected, error) {
	return s.makeCorrection(ctx, store.CorrectionRequest{Kind: store.RequestSplit, IDs: append([]int64{id}, articles...)})
}

// SetOrigin says what a story goes back to: one of its articles, or, where article is 0, an outlet, given by name or domain. It
// holds for the story that the article is in, or for an outlet the article that leads the story now.
func (s *Settler) SetOrigin(ctx context.Context, story, article int64, outlet string) (news.Corrected, error) {
	r := store.CorrectionRequest{Kind: store.RequestOrigin, IDs: []int64{story}, Outlet: outlet}
	if article != 0 {
		r.IDs, r.Outlet = append(r.IDs, article), ""
	}
	return s.makeCorrection(ctx, r)
}

// Forget takes a correction back. Its articles are settled as if it had never been made. Stories that a merge ended get
// their ids back, as far as their articles become stories of their own.
func (s *Settler) Forget(ctx context.Context, number int64) (news.Corrected, error) {
	return s.makeCorrection(ctx, store.CorrectionRequest{Kind: store.RequestForget, IDs: []int64{number}})
}

// makeCorrection makes a correction, or lets the process that leads make it.
func (s *Settler) makeCorrection(ctx context.Context, r store.CorrectionRequest) (news.Corrected, error) {
	err := s.begin(ctx)
	if err == nil {
		var done news.Corrected
		done, err = s.carryOut(ctx, r)
		s.lock.Release(1)
		if !errors.Is(err, store.ErrFenced) {
			return done, err
		}
	} else if !errors.Is(err, ErrElsewhere) {
		return news.Corrected{}, err
	}
	return s.ask(ctx, r)
}

// ask lets the process that leads make a correction, and waits for it.
func (s *Settler) ask(ctx context.Context, r store.CorrectionRequest) (news.Corrected, error) {
	var former news.Correction
	if r.Kind == store.RequestForget { // its articles are not known afterwards
		var err error
		if former, err = s.correctionByNumber(ctx, r.IDs[0]); err != nil {
			return news.Corrected{}, err
		}
	}
	id, err := s.shared.AskCorrection(ctx, r)
	if err != nil {
		return news.Corrected{}, err
	}
	answer, errWait := s.awaitAnswer(ctx, id)
	if !answer.Done {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), leadPatience)
		defer cancel()
		if answer, err = s.shared.WithdrawCorrection(end, id); err != nil {
			return news.Corrected{}, errors.Join(errWait, err)
		}
	} else if _, err := s.shared.WithdrawCorrection(ctx, id); err != nil { // nobody else reads the answer
		return news.Corrected{}, err
	}
	switch {
	case !answer.Done && errWait != nil:
		return news.Corrected{}, errWait
	case !answer.Done:
		return news.Corrected{}, refuse(nil, "no process that settles has answered within %s, and nothing was corrected; start one (roles: settle) and try again", answerWithin)
	case answer.Missing:
		return news.Corrected{}, refuse(news.ErrNotFound, "%s", answer.Refused)
	case answer.Refused != "":
		return news.Corrected{}, refuse(nil, "%s", answer.Refused)
	case r.Kind == store.RequestForget:
		return s.corrected(ctx, former)
	}
	c, err := s.correctionByNumber(ctx, answer.Correction)
	if err != nil {
		return news.Corrected{}, err
	}
	return s.corrected(ctx, c)
}

// awaitAnswer waits until a request is answered, answerWithin at most. The answer is zero if it was not.
func (s *Settler) awaitAnswer(ctx context.Context, id int64) (store.CorrectionAnswer, error) {
	ends := time.NewTimer(answerWithin)
	defer ends.Stop()
	look := time.NewTicker(500 * time.Millisecond) // a command does not hear other processes
	defer look.Stop()
	for {
		changed := s.shared.Changed(store.AreaRequests)
		answer, err := s.shared.CorrectionAnswer(ctx, id)
		if err != nil || answer.Done {
			return answer, err
		}
		select {
		case <-ctx.Done():
			return answer, ctx.Err()
		case <-ends.C:
			return answer, nil
		case <-changed:
		case <-look.C:
		}
	}
}

// answerRequests makes the corrections that other processes ask for.
func (s *Settler) answerRequests(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.lock.Release(1)
	waiting, err := s.store.CorrectionRequests(ctx)
	if err != nil {
		return err
	}
	for _, r := range waiting {
		_, err := s.carryOut(ctx, r)
		var refused *news.RefusedError
		switch {
		case errors.As(err, &refused):
			err = s.store.RefuseCorrection(ctx, r.ID, refused)
		case errors.Is(err, store.ErrWithdrawn):
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// carryOut makes a correction. The caller has called begin.
func (s *Settler) carryOut(ctx context.Context, r store.CorrectionRequest) (news.Corrected, error) {
	switch r.Kind {
	case store.RequestMerge:
		return s.merge(ctx, r)
	case store.RequestSplit:
		return s.split(ctx, r)
	case store.RequestForget:
		return s.forget(ctx, r)
	case store.RequestOrigin:
		return s.setOrigin(ctx, r)
	}
	return news.Corrected{}, refuse(nil, "%q is no correction that this version of the program knows", r.Kind)
}

func (s *Settler) merge(ctx context.Context, r store.CorrectionRequest) (news.Corrected, error) {
	var c news.Correction
	merged := map[int64]int64{} // from a story's id to the given id that led to it
	for _, id := range r.IDs {
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
	return s.correct(ctx, c, r.ID)
}

func (s *Settler) split(ctx context.Context, r store.CorrectionRequest) (news.Corrected, error) {
	id, articles := r.IDs[0], r.IDs[1:]
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
	return s.correct(ctx, c, r.ID)
}

// maxOutlet is the most characters of an outlet's name that a person gives.
const maxOutlet = 200

func (s *Settler) setOrigin(ctx context.Context, r store.CorrectionRequest) (news.Corrected, error) {
	st, err := s.storyToCorrect(ctx, r.IDs[0])
	if err != nil {
		return news.Corrected{}, err
	}
	if len(r.IDs) > 1 {
		article := r.IDs[1]
		if !slices.Contains(membersOf(st), article) {
			return news.Corrected{}, s.notInStory(ctx, st.ID, article)
		}
		return s.correct(ctx, news.Correction{OriginOf: article}, r.ID)
	}
	name := strings.Join(strings.Fields(r.Outlet), " ")
	switch {
	case name == "":
		return news.Corrected{}, refuse(nil, "an origin is an article of the story or an outlet; neither is given")
	case utf8.RuneCountInString(name) > maxOutlet:
		return news.Corrected{}, refuse(nil, "the name of an outlet has at most %d characters", maxOutlet)
	}
	return s.correct(ctx, news.Correction{OriginOf: st.Lead().Article.ID, Origin: s.outletNamed(name)}, r.ID)
}

// outletNamed finds an outlet by its name or domain. One that is not listed has only the name.
func (s *Settler) outletNamed(name string) news.Outlet {
	if o, ok := s.outlets.ByName(name); ok {
		return o
	}
	if strings.Contains(name, ".") && !strings.Contains(name, " ") {
		address := name
		if !strings.Contains(address, "://") {
			address = "https://" + address
		}
		if o, ok := s.outlets.ByURL(address); ok {
			return o
		}
	}
	return news.Outlet{Name: name}
}

func (s *Settler) forget(ctx context.Context, r store.CorrectionRequest) (news.Corrected, error) {
	number := r.IDs[0]
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
	err = s.resettle(ctx, change{corrections: rest, back: back}, func(out store.Settlement) error {
		out.Request = r.ID
		return s.store.RemoveCorrection(ctx, number, out)
	})
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

// correct stores a correction and settles its articles again. request is the id of the request that it answers, 0 for none.
func (s *Settler) correct(ctx context.Context, c news.Correction, request int64) (news.Corrected, error) {
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
		out.Request = request
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
	of, err := s.shared.StoriesOf(ctx, c.Articles())
	if err != nil {
		return news.Corrected{}, err
	}
	ids := slices.Compact(slices.Sorted(maps.Values(of)))
	stories, err := s.reader.Stories(ctx, news.StoryList{IDs: news.Choose(ids...)})
	return news.Corrected{Correction: c, Stories: stories}, err
}

// correctionByNumber returns a stored correction.
func (s *Settler) correctionByNumber(ctx context.Context, number int64) (news.Correction, error) {
	all, err := s.shared.Corrections(ctx)
	if err != nil {
		return news.Correction{}, err
	}
	at := slices.IndexFunc(all, func(c news.Correction) bool { return c.ID == number })
	if at < 0 {
		return news.Correction{}, refuse(news.ErrNotFound, "there is no correction %d", number)
	}
	return all[at], nil
}
