package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"headwater/internal/news"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
)

type articleView struct {
	Title, Lang string
	Outlet      string
	Authors     string
	Out         outLink
	Time        when
	Updated     when
	Seen        when
	HTML        template.HTML // the sanitised text; empty where the feed gives plain text only
	Plain       []string      // paragraphs, where HTML is empty
	Picture     template.HTML // above these
	Files       []fileView
	Story       *articleStory // nil while unsettled
	Claims      []claimView
	Compared    [][]view.Piece // the text as it is compared, with the credits in it marked; nil where it holds none
}

// articleStory is an article's place in its story.
type articleStory struct {
	Page, Title, Lang string
	By                credit
	Versions          int
	Origin            bool // this article is the origin
	Member            memberView
	Newer             *listingView // the newest version of its report, where that is another
}

func (s *server) article(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	a, err := s.backend.Article(r.Context(), id)
	if err != nil {
		return fmt.Errorf("article %d: %w", id, err)
	}
	view := s.articleOf(a)
	st, err := s.backend.StoryOf(r.Context(), id)
	switch {
	case err == nil:
		s.place(&view, a, st)
	case !errors.Is(err, news.ErrNotFound):
		return fmt.Errorf("story of article %d: %w", id, err)
	}
	p, err := s.page(r.Context(), view.Title, "")
	if err != nil {
		return err
	}
	p.Body = view
	if s.pictures.Mode == PicturesDirect {
		w.Header().Set("Content-Security-Policy", directPolicy)
	}
	return s.pages.write(w, http.StatusOK, "article", p)
}

func (s *server) articleOf(a news.Article) articleView {
	v := articleView{
		Title: articleTitle(a), Lang: a.Lang,
		Outlet: publish.Name(a.Outlet), Authors: publish.Line(strings.Join(a.Authors, ", ")), Out: outTo(a.URL),
		Time: timeOf(a, s.now()), Seen: at(a.Seen, s.now()),
		HTML: template.HTML(s.withPictures(a)), // sanitised before it was stored
	}
	if a.Updated.After(a.Time()) && !a.Updated.After(s.now()) {
		v.Updated = at(a.Updated, s.now())
	}
	if strings.TrimSpace(a.HTML) == "" {
		v.Plain = paragraphs(a.Body())
		v.Picture = template.HTML(s.ownPicture(a)) // written here
	}
	v.Files = filesOf(a, s.show() == nil && !strings.Contains(a.HTML, "<img"))
	return v
}

// place fills in what the article is to its story.
func (s *server) place(v *articleView, a news.Article, st news.Story) {
	i := slices.IndexFunc(st.Members, func(m news.Member) bool { return m.Article.ID == a.ID })
	if i < 0 {
		return
	}
	m := st.Members[i]
	v.Claims = claimsOf(m.Claims)
	v.Compared = compared(a.Text, m.Claims)
	reports := st.Reports()
	v.Story = &articleStory{
		Page: storyPath(st.ID), Title: titleOf(st), Lang: st.Current().Article.Lang, By: creditOf(st),
		Versions: len(reports), Origin: st.Origin.Article == a.ID, Member: memberOf(st, m, s.now()),
	}
	for _, r := range reports {
		if r.Has(a.ID) && !r.Versions[0].Has(a.ID) {
			v.Story.Newer = &listingsOf([]news.Member{r.Newest()}, s.now())[0]
		}
	}
}

func paragraphs(text string) []string {
	var all []string
	for p := range strings.SplitSeq(text, "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			all = append(all, p)
		}
	}
	return all
}

// compared gives the paragraphs of the text with the claims in it marked.
func compared(text string, claims []news.Claim) [][]view.Piece {
	var spans []news.Span
	for _, c := range claims {
		spans = append(spans, news.Span{Start: c.Start, End: c.End})
	}
	var all [][]view.Piece
	from, credited := 0, false
	for p := range strings.SplitSeq(text, "\n\n") {
		var own []news.Span
		for _, sp := range spans {
			own = append(own, news.Span{Start: sp.Start - from, End: sp.End - from})
		}
		if strings.TrimSpace(p) != "" {
			all = append(all, view.Pieces(p, own))
			credited = credited || slices.ContainsFunc(all[len(all)-1], func(p view.Piece) bool { return p.Mark })
		}
		from += len(p) + len("\n\n")
	}
	if !credited {
		return nil
	}
	return all
}
