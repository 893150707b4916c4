package web

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

// A story is corrected on a page of its own. Its forms carry which members the reader saw, so that a story that has changed
// since is not corrected by a form that shows something else.

// correctView is the page with the forms.
type correctView struct {
	Page, Title, Lang string
	Action            string
	Seen              string
	Members           []correctable
	Others            []headline // other stories of its event
	IDs               []int64    // theirs
	Origin            originView
}

// correctable is a member that may be taken out, or be the origin.
type correctable struct {
	choice
	Origin bool
}

func (s *server) correct(w http.ResponseWriter, r *http.Request, st news.Story) error {
	if len(st.Members) == 0 {
		return notFound("This story was aged out. It has no articles any more, so there is nothing to correct.")
	}
	l := s.locale(r)
	v := correctView{
		Page: storyPath(st.ID), Title: titleOf(st, l), Lang: st.Current().Article.Lang, Action: storyPath(st.ID), Seen: seenOf(st), Origin: originOf(st, l),
	}
	marked, _ := strconv.ParseInt(r.URL.Query().Get("article"), 10, 64) // 0 marks none
	all := choicesOf(st, news.Member{Article: news.Article{ID: marked}}, l)
	for i, m := range st.Members {
		v.Members = append(v.Members, correctable{all[i], m.Article.ID == st.Origin.Article})
	}
	if st.Event != 0 {
		others, err := s.backend.Stories(r.Context(), news.StoryList{Event: st.Event, Limit: maxEventStories})
		if err != nil {
			return fmt.Errorf("event %d: %w", st.Event, err)
		}
		for _, o := range others {
			if o.ID != st.ID && len(o.Members) > 0 {
				v.Others = append(v.Others, headlineOf(o, storyTime(o, o.First, l), l))
				v.IDs = append(v.IDs, o.ID)
			}
		}
	}
	return s.write(w, r, http.StatusOK, "correct", page{Title: l.Text("Correct: %s", v.Title), Body: v})
}

// seenOf tells the members of a story apart from those that it has later: their number, and the last.
func seenOf(st news.Story) string {
	last := int64(0)
	for _, m := range st.Members {
		last = max(last, m.Article.ID)
	}
	return fmt.Sprintf("%d-%d", len(st.Members), last)
}

// correcting makes a handler of a correction's form: it reads the story, which has to be as the reader saw it.
func (s *server) correcting(work func(*http.Request, news.Story) (news.Corrected, error)) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := readForm(r); err != nil {
			return err
		}
		st, err := s.storyAt(r)
		if err != nil {
			return err
		}
		id, _ := pathID(r)
		switch {
		case st.ID != id:
			return conflict(storyPath(st.ID), "Story %s has been merged into story %s since you opened the form. Nothing was changed.", strconv.FormatInt(id, 10), strconv.FormatInt(st.ID, 10))
		case seenOf(st) != r.PostForm.Get("seen"):
			return conflict(storyPath(st.ID)+"/correct", "The story has other articles now than when you opened the form. Nothing was changed. Look at it again, and send the form again if it still holds.")
		}
		done, err := work(r, st)
		if err != nil {
			return refusal(err, storyPath(st.ID)+"/correct")
		}
		http.Redirect(w, r, "/corrections?made="+strconv.FormatInt(done.Correction.ID, 10), http.StatusSeeOther)
		return nil
	}
}

// conflict is a correction that does not fit what is stored.
func conflict(back, message string, args ...any) problem {
	return problem{Status: http.StatusConflict, Heading: "Nothing was corrected", Message: message, Args: args, Back: back}
}

// refusal says why a correction was refused; other errors stay as they are.
func refusal(err error, back string) error {
	var refused *news.RefusedError
	if !errors.As(err, &refused) {
		return err
	}
	p := conflict(back, fullSentence(refused.Error()))
	if errors.Is(err, news.ErrNotFound) {
		p.Status = http.StatusNotFound
	}
	return p
}

func (s *server) splitStory(r *http.Request, st news.Story) (news.Corrected, error) {
	var articles []int64
	for _, field := range r.PostForm["article"] {
		id, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return news.Corrected{}, badRequest("%q is no number of an article.", publish.Cut(field, 40))
		}
		articles = append(articles, id)
	}
	if len(articles) == 0 {
		return news.Corrected{}, &news.RefusedError{Text: "no article was marked; mark those that tell another story"}
	}
	return s.backend.Split(r.Context(), st.ID, articles)
}

// storyNumber finds the number in "17" and "https://news.example/story/17".
var storyNumber = regexp.MustCompile(`^(?:.*/story/)?(\d{1,18})/?(?:[?#].*)?$`)

func (s *server) mergeStories(r *http.Request, st news.Story) (news.Corrected, error) {
	typed := strings.TrimSpace(r.PostForm.Get("typed"))
	if typed == "" {
		typed = r.PostForm.Get("other")
	}
	at := storyNumber.FindStringSubmatch(typed)
	if at == nil {
		return news.Corrected{}, &news.RefusedError{Text: "choose a story, or give the address of its page or its number"}
	}
	id, err := strconv.ParseInt(at[1], 10, 64)
	if err != nil {
		return news.Corrected{}, badRequest(err.Error())
	}
	other, err := s.backend.Story(r.Context(), id)
	switch {
	case errors.Is(err, news.ErrNotFound):
		return news.Corrected{}, &news.RefusedError{Text: fmt.Sprintf("there is no story %d", id), Cause: news.ErrNotFound}
	case err != nil:
		return news.Corrected{}, err
	case other.ID != id && other.ID != st.ID:
		return news.Corrected{}, &news.RefusedError{Text: fmt.Sprintf("story %d has been merged into story %d; look at that one, and give its number if it is the same", id, other.ID)}
	}
	return s.backend.Merge(r.Context(), []int64{st.ID, id})
}

func (s *server) setOrigin(r *http.Request, st news.Story) (news.Corrected, error) {
	if outlet := strings.TrimSpace(r.PostForm.Get("outlet")); outlet != "" {
		return s.backend.SetOrigin(r.Context(), st.ID, 0, outlet)
	}
	article, err := strconv.ParseInt(r.PostForm.Get("article"), 10, 64)
	if err != nil {
		return news.Corrected{}, &news.RefusedError{Text: "choose the version that is the original, or name the outlet that wrote it"}
	}
	return s.backend.SetOrigin(r.Context(), st.ID, article, "")
}

// correctionsView lists corrections, the last first.
type correctionsView struct {
	Made, Undone string // number of the correction that was just made, or taken back
	All          []correctionView
	More         string // "12 older ones"; empty where all are listed
}

// correctionView is a correction in words.
type correctionView struct {
	ID      int64
	Words   string
	Made    timestamp
	Stories []headline // that its articles are in now
	New     bool       // it was just made
}

const (
	maxCorrections = 50 // on the page
	maxCorrected   = 10 // stories of a correction that are named
)

func (s *server) corrections(w http.ResponseWriter, r *http.Request) error {
	all, err := s.backend.Corrections(r.Context())
	if err != nil {
		return fmt.Errorf("corrections: %w", err)
	}
	l := s.locale(r)
	v := correctionsView{Undone: parameterNumber(r, "undone")}
	made := parameterNumber(r, "made")
	if len(all) > maxCorrections {
		v.More = l.Text("%d older corrections", len(all)-maxCorrections)
		all = all[len(all)-maxCorrections:]
	}
	var articles []int64
	for _, c := range all {
		articles = append(articles, c.Articles()...)
	}
	of, err := s.backend.StoriesOf(r.Context(), articles)
	if err != nil {
		return fmt.Errorf("corrections: %w", err)
	}
	var ids []int64
	for _, id := range of {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	stories, err := s.backend.Stories(r.Context(), news.StoryList{IDs: news.Choose(ids...)})
	if err != nil {
		return fmt.Errorf("corrections: %w", err)
	}
	for _, c := range slices.Backward(all) {
		one := correctionView{ID: c.ID, Words: correctionText(c, l), Made: timestampOf(c.Made, l), New: strconv.FormatInt(c.ID, 10) == made}
		if one.New {
			v.Made = made
		}
		for _, st := range stories {
			if len(one.Stories) < maxCorrected && slices.ContainsFunc(c.Articles(), func(a int64) bool { return of[a] == st.ID }) {
				one.Stories = append(one.Stories, headlineOf(st, timestamp{}, l))
			}
		}
		v.All = append(v.All, one)
	}
	return s.write(w, r, http.StatusOK, "corrections", page{Title: l.Text("Corrections"), Body: v})
}

// parameterNumber reads a number from the query; "" where there is none.
func parameterNumber(r *http.Request, name string) string {
	n, err := strconv.ParseInt(r.URL.Query().Get(name), 10, 64)
	if err != nil || n < 1 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func correctionText(c news.Correction, l *locale.Locale) string {
	switch {
	case c.OriginOf != 0 && c.Origin != news.Outlet{}:
		return l.Text("%s is the origin of this story", publish.Name(c.Origin))
	case c.OriginOf != 0:
		return l.Text("article %s is the origin of this story", strconv.FormatInt(c.OriginOf, 10))
	case len(c.Apart) > 0:
		return l.Text("%d articles taken out of a story", len(c.Same))
	}
	return l.Text("%d articles made one story", len(c.Same))
}

func (s *server) forgetCorrection(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if _, err := s.backend.Forget(r.Context(), id); err != nil {
		return refusal(err, "/corrections")
	}
	http.Redirect(w, r, "/corrections?undone="+strconv.FormatInt(id, 10), http.StatusSeeOther)
	return nil
}
