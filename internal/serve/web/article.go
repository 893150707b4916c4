package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"headwater/internal/intake/clean"
	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
)

type articleView struct {
	Title, Lang string
	Outlet      string
	Authors     string
	Out         outLink
	Time        timestamp
	Updated     timestamp
	Seen        timestamp
	HTML        template.HTML // the sanitised text; empty where the feed gives plain text only
	Plain       []string      // paragraphs, where HTML is empty
	Picture     template.HTML // above these
	Files       []fileView
	Story       *articleStory // nil while unsettled
	Claims      []claimView
	Marks       markView
	Around      around
	Feed        link // that it came from, and its folder
	Folder      link
	Labels      []link
	Others      []string // other labels of the viewer
	Savings     []articleSaving
	Said        string         // of a click to save it that changed nothing
	Here        string         // the address of the page
	Compared    [][]view.Piece // the text as it is compared, with the credits in it marked; nil where it holds none
}

// articleStory is the story that an article is in.
type articleStory struct {
	Page, Title, Lang string
	By                originView
	Versions          int
	Origin            bool // this article is the origin
	Member            memberView
	Newer             *listingView // the newest version of its report, where that is another
}

func (s *server) article(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	a, err := s.backend.Article(r.Context(), id)
	if err != nil {
		return fmt.Errorf("article %d: %w", id, err)
	}
	l := s.locale(r)
	pictures, err := s.picturesOf(r.Context(), a.FeedID)
	if err != nil {
		return fmt.Errorf("article %d: %w", id, err)
	}
	furniture, err := s.backend.FurnitureBlocks(r.Context(), a.FeedID)
	if err != nil {
		return fmt.Errorf("article %d: %w", id, err)
	}
	a.HTML = clean.Readable(a.HTML, a.Title, furniture)
	v := articleView{
		Title: articleTitle(a, l), Lang: a.Lang,
		Outlet: publish.Name(a.Outlet), Authors: publish.Line(strings.Join(a.Authors, ", ")), Out: outTo(a.URL),
		Time: articleTime(a, l), Seen: timestampOf(a.Seen, l),
		Files: filesOf(a, pictures.source() == nil && !strings.Contains(a.HTML, "<img"), l),
	}
	played := map[string]bool{}
	for i, f := range v.Files {
		if v.Files[i].Player = s.players.of(f.Type, f.Out.URL); v.Files[i].Player != nil {
			played[f.Out.URL] = true
		}
	}
	v.HTML = template.HTML(s.players.render(pictures.render(a, l.Language), played, l.Language)) // sanitised before it was stored
	if a.Updated.After(a.Time()) && !a.Updated.After(l.Now) {
		v.Updated = timestampOf(a.Updated, l)
	}
	if strings.TrimSpace(a.HTML) == "" {
		for p := range strings.SplitSeq(clean.ReadableText(a.Body()), "\n\n") {
			if p = strings.TrimSpace(p); p != "" {
				v.Plain = append(v.Plain, p)
			}
		}
		v.Picture = template.HTML(pictures.lead(a)) // written here
	}
	st, err := s.backend.StoryOf(r.Context(), id)
	switch {
	case err == nil:
		v.addStory(a, st, l)
	case !errors.Is(err, news.ErrNotFound):
		return fmt.Errorf("story of article %d: %w", id, err)
	}
	if err := s.addReading(r, &v, a); err != nil {
		return err
	}
	p := page{Title: v.Title, Body: v, keep: v.Marks.Starred, policy: s.players.policy(policy)}
	if pictures.Mode == PicturesDirect {
		p.policy = s.players.policy(directPolicy)
	}
	return s.write(w, r, http.StatusOK, "article", p)
}

// addReading fills in what is the viewer's of an article: marks, labels, and where it stands in the list that it was opened from. The
// article is read by then, if the viewer wants that.
func (s *server) addReading(r *http.Request, v *articleView, a news.Article) error {
	feed, err := s.backend.Feed(r.Context(), a.FeedID)
	if err != nil && !errors.Is(err, news.ErrNotFound) {
		return fmt.Errorf("feed of article %d: %w", a.ID, err)
	}
	if err == nil {
		v.Feed = link{Name: feedTitle(feed), URL: readList{kind: listUnread, feed: feed.ID, byArticle: true}.address()}
		if feed.Folder != "" {
			v.Folder = link{Name: feed.Folder, URL: readList{kind: listUnread, folder: feed.Folder}.address()}
		}
	}
	state, err := s.opened(r, a.ID)
	if err != nil {
		return err
	}
	v.Here = here(r)
	v.Marks = markView{ID: a.ID, Read: state.Read, Starred: state.Starred}
	if v.Labels, v.Others, err = s.labelsOf(r, state); err != nil {
		return err
	}
	if v.Savings, v.Said, err = s.savingsOf(r, a.ID); err != nil {
		return fmt.Errorf("savings of article %d: %w", a.ID, err)
	}
	if v.Around, err = s.aroundOf(r, articlePath(a.ID), a, state); err != nil {
		return err
	}
	if v.Story != nil {
		v.Story.Page = inList(v.Story.Page, v.Around.List)
	}
	return nil
}

// addStory fills in the article's story and its role there.
func (v *articleView) addStory(a news.Article, st news.Story, l *locale.Locale) {
	i := slices.IndexFunc(st.Members, func(m news.Member) bool { return m.Article.ID == a.ID })
	if i < 0 {
		return
	}
	m := st.Members[i]
	v.Claims = claimsOf(m.Claims, quotationsUnder(articleTitle(a, l)))
	v.Compared = markClaims(a.Text, m.Claims)
	reports := st.Reports()
	v.Story = &articleStory{
		Page: storyPath(st.ID), Title: titleOf(st, l), Lang: st.Current().Article.Lang, By: originOf(st, l),
		Versions: len(reports), Origin: st.Origin.Article == a.ID, Member: memberOf(st, headsOf(st), m, l),
	}
	for _, r := range reports {
		if r.Has(a.ID) && !r.Versions[0].Has(a.ID) {
			newest := listingOf(r.Newest().Article, l)
			v.Story.Newer = &newest
		}
	}
}

// markClaims gives the paragraphs of a text with the claims in it marked, or nil where it holds none.
func markClaims(text string, claims []news.Claim) [][]view.Piece {
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
