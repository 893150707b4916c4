package web

import (
	"net/http"
	"slices"
	"strconv"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

// sidesView is two members of a story side by side.
type sidesView struct {
	Story  articleStory
	Action string
	A, B   sideView
	Note   string
	Rows   []news.SideRow
	Same   string // address with the two exchanged
	Moved  bool   // a passage is in another row of the other text
}

// sideView is one of the two.
type sideView struct {
	Member  memberView
	Title   []news.Stretch
	Figures string // "96% of its 410 own words are in the other; 3 sentences only here"
	Cut     bool
	Choices []choice
}

// choice is a member that may be chosen.
type choice struct {
	ID       int64
	Text     string
	Selected bool
}

// compare shows two members of a story. Without ?a= it takes the lead, without ?b= the first of the others.
func (s *server) compare(w http.ResponseWriter, r *http.Request, st news.Story) error {
	if len(st.Members) < 2 {
		return notFound("This story has no two versions to compare.")
	}
	a, err := chosen(st, r.URL.Query().Get("a"), st.Lead().Article.ID)
	if err != nil {
		return err
	}
	other := slices.IndexFunc(st.Members, func(m news.Member) bool { return m.Article.ID != a.Article.ID })
	b, err := chosen(st, r.URL.Query().Get("b"), st.Members[other].Article.ID)
	if err != nil {
		return err
	}
	sides, err := s.backend.Sides(r.Context(), a, b)
	if err != nil {
		return err
	}
	l, heads := s.locale(r), headsOf(st)
	v := sidesView{
		Story:  articleStory{Page: storyPath(st.ID), Title: titleOf(st, l), Lang: st.Current().Article.Lang, By: originOf(st, l)},
		Action: storyPath(st.ID) + "/compare", Note: l.Known(sides.Note), Rows: sides.Rows,
		Same: comparePath(st.ID, b.Article.ID, a.Article.ID),
	}
	v.A = sideView{Member: memberOf(st, heads, a, l), Title: sides.A.Headline, Figures: figuresOf(sides.A, l), Cut: sides.A.Cut, Choices: choicesOf(st, a, l)}
	v.B = sideView{Member: memberOf(st, heads, b, l), Title: sides.B.Headline, Figures: figuresOf(sides.B, l), Cut: sides.B.Cut, Choices: choicesOf(st, b, l)}
	for _, row := range sides.Rows {
		for _, p := range row.A {
			v.Moved = v.Moved || slices.ContainsFunc(p, func(x news.Stretch) bool { return x.Link > 0 })
		}
	}
	return s.write(w, r, http.StatusOK, "compare", page{Title: l.Text("Compared: %s", v.Story.Title), Body: v})
}

// chosen finds the member that a parameter names.
func chosen(st news.Story, parameter string, otherwise int64) (news.Member, error) {
	id := otherwise
	if parameter != "" {
		var err error
		if id, err = strconv.ParseInt(parameter, 10, 64); err != nil {
			return news.Member{}, badRequest("%q is no number of an article.", publish.Cut(parameter, 40))
		}
	}
	i := slices.IndexFunc(st.Members, func(m news.Member) bool { return m.Article.ID == id })
	if i < 0 {
		return news.Member{}, notFound("Article %s is not in this story. It may have been corrected or aged out since; the story's page has those that are.", strconv.FormatInt(id, 10))
	}
	return st.Members[i], nil
}

func figuresOf(s news.Side, l *locale.Locale) string {
	if s.Words == 0 {
		return ""
	}
	text := l.Text("%s of its %d own words stand in the other", l.Percent(s.Share), s.Words)
	if s.Only > 0 {
		text = l.Text("%s, %d sentences only here", text, s.Only)
	}
	return text
}

func choicesOf(st news.Story, chosen news.Member, l *locale.Locale) (all []choice) {
	for _, m := range st.Members {
		a := m.Article
		at := l.Text("no date")
		if !a.Undated {
			at = l.Clock(a.Time())
		}
		all = append(all, choice{a.ID, publish.Name(a.Outlet) + ", " + at + ": " + publish.Cut(articleTitle(a, l), 80), a.ID == chosen.Article.ID})
	}
	return all
}
