// Package compare says what the members of a story take from its origin, and what each version of a report changed, for who
// shows a story: `headwater story ID --why`, the API and the story's page. Comparisons are in compare.go, versions in versions.go,
// two members side by side in sides.go.
//
// Nothing of it is stored. The texts are read as they are now, within a bound, and so are the kept edges with the
// reasons for which grouping joined the members. Where the origin is only named, members are compared with the story's lead. A member
// of which less than a tenth is reused is called a retelling, and its note quotes the credit that keeps it in the story. Package prints
// finds passages and changes.
package compare

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"headwater/internal/news"
	"headwater/internal/serve/publish"
	"headwater/internal/stories"
	"headwater/internal/stories/prints"
)

const (
	maxCompared    = 4 << 20 // bytes of members' texts compared for one story
	briefBytes     = 256 << 10
	briefMembers   = 20  // and members, and versions, for a page
	compareChunk   = 20  // articles read at once
	maxSentence    = 300 // characters of an added sentence
	retellingShare = .1  // of its own prose reused, below which a member retells
	shortProse     = 25  // words below which a text is too short to be called a retelling
)

// Texts reads what is compared; *store.DB provides it.
type Texts interface {
	ArticlesByID(ctx context.Context, ids []int64) ([]news.Article, error)
	EdgesBetween(ctx context.Context, articleIDs []int64) ([]news.Edge, error)
}

// Comparer compares the texts of stories as they are stored now.
type Comparer struct {
	texts   Texts
	bytes   int // of members' texts that are read for one story
	members int // that are compared, and versions; 0 is all
}

// New makes a Comparer over stored texts, 4 MB a story.
func New(texts Texts) Comparer { return Comparer{texts: texts, bytes: maxCompared} }

// Brief makes a Comparer for pages, which may not take long: it compares the first 20 members of a story, and of its versions
// the texts of 20. Of the other members it gives no comparison, and of the other versions it compares the headlines.
func Brief(texts Texts) Comparer { return Comparer{texts, briefBytes, briefMembers} }

// Comparisons says what each member of a story takes from the origin's article, by article id. Where the origin is only
// named, its lead stands in, and has With 0; an original has no comparison. Texts beyond the bound in bytes are not compared,
// which their notes say.
func (cr Comparer) Comparisons(ctx context.Context, st news.Story) (map[int64]news.Comparison, error) {
	all := make(map[int64]news.Comparison, len(st.Members))
	if len(st.Members) == 0 {
		return all, nil
	}
	c := &comparing{Story: st, lead: st.Lead(), outlets: map[int64]string{}, left: cr.bytes, most: cr.bytes}
	compared := st.Members
	if cr.members > 0 {
		compared = compared[:min(len(compared), cr.members)]
	}
	for _, m := range st.Members {
		c.outlets[m.Article.ID] = publish.Name(m.Article.Outlet)
	}
	ids := []int64{c.lead.Article.ID}
	for _, m := range compared {
		if m.Article.ID != ids[0] {
			ids = append(ids, m.Article.ID)
		}
	}
	lead, err := cr.texts.ArticlesByID(ctx, []int64{c.lead.Article.ID})
	if err != nil {
		return nil, fmt.Errorf("story %d: %w", st.ID, err)
	}
	if len(lead) == 0 {
		return nil, fmt.Errorf("story %d: article %d: %w", st.ID, c.lead.Article.ID, news.ErrNotFound)
	}
	c.text = prints.NewReference(lead[0])
	if c.links, err = cr.texts.EdgesBetween(ctx, ids); err != nil {
		return nil, fmt.Errorf("story %d: %w", st.ID, err)
	}
	for chunk := range slices.Chunk(compared, compareChunk) {
		byID := make(map[int64]news.Article, len(chunk))
		if c.left > 0 {
			var ids []int64
			for _, m := range chunk {
				if m.Article.ID != c.lead.Article.ID {
					ids = append(ids, m.Article.ID)
				}
			}
			articles, err := cr.texts.ArticlesByID(ctx, ids)
			if err != nil {
				return nil, fmt.Errorf("story %d: %w", st.ID, err)
			}
			for _, a := range articles {
				byID[a.ID] = a
			}
		}
		for _, m := range chunk {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if m.Article.ID != st.Origin.Article {
				all[m.Article.ID] = c.member(m, byID[m.Article.ID])
			}
		}
	}
	return all, nil
}

// comparing is a story whose members are being compared.
type comparing struct {
	news.Story
	lead    news.Member
	text    *prints.Reference // the lead's
	links   []news.Edge
	outlets map[int64]string // by article
	left    int              // bytes that may still be compared
	most    int              // bytes that might be at the beginning
}

// member compares one member, of which a is the whole article. It is zero where that was not read.
func (c *comparing) member(m news.Member, a news.Article) news.Comparison {
	var k news.Comparison
	isLead := m.Article.ID == c.lead.Article.ID
	size := len(a.Body())
	fits := size <= c.left && a.ID != 0
	if fits && !isLead {
		k = c.text.Compare(a)
		k.With, k.StandIn = c.lead.Article.ID, c.Origin.Named()
		k.Retelling = k.Words >= shortProse && k.Share < retellingShare && !c.text.Empty()
	}
	if isTranslation(m) {
		k.Added, k.Adds = 0, nil // every sentence is new, and says nothing new
	}
	c.left -= size
	for i, s := range k.Adds {
		k.Adds[i] = publish.Cut(publish.Line(s), maxSentence)
	}
	claims := slices.Clone(m.Claims)
	slices.SortStableFunc(claims, func(a, b news.Claim) int { return cmp.Compare(b.Strength, a.Strength) })
	k.Credits = []news.Credit{}
	for _, cl := range claims {
		if cl.Credited().Key() == c.Origin.Key() {
			k.Credits = append(k.Credits, news.Credit{Kind: cl.Kind, Outlet: cl.Outlet, URL: cl.URL, Text: cl.Text})
		}
	}
	k.Like, k.Reasons = c.reasons(m)
	switch {
	case isLead:
		origin := publish.Name(c.Origin.Outlet)
		k.Note = fmt.Sprintf("%s's own article is not among those that your feeds brought. %s", origin, c.belongs(k, origin))
		if len(c.Members) > 1 {
			k.Note += " The other versions are compared with this one."
		}
	case !fits:
		k.Note = fmt.Sprintf("Not compared: the versions before it fill the %d kB that are compared at once.", c.most>>10)
	default:
		k.Note = c.note(m, k)
	}
	k.Passages, k.Adds = append([]news.Passage{}, k.Passages...), append([]string{}, k.Adds...)
	return k
}

// reasons gives those for which grouping joined the member to the lead, or else to the member most like it, and what
// speaks for its role. Articles with the same words as another were not joined by any: they have the share alone.
func (c *comparing) reasons(m news.Member) (like int64, reasons []news.Evidence) {
	reasons = []news.Evidence{}
	if e, ok := stories.JoiningEdge(m.Article.ID, c.lead.Article.ID, c.links); ok {
		like, reasons = e.A+e.B-m.Article.ID, slices.Clone(e.Reasons)
	}
	for _, e := range m.Evidence {
		if e.Kind != "share" || like == 0 {
			reasons = append(reasons, e)
		}
	}
	return like, reasons
}

// note says what a reader should know of a comparison.
func (c *comparing) note(m news.Member, k news.Comparison) string {
	var say []string
	origin, lead := publish.Name(c.Origin.Outlet), publish.Name(c.lead.Article.Outlet)
	text := fmt.Sprintf("the version of %s", lead)
	switch {
	case isTranslation(m): // below
	case m.Carries == m.Article.ID:
		say = append(say, "Another version of the report by the same outlet.")
	case m.Carries != 0:
		carries := fmt.Sprintf("It carries the version of %s, which tells the news in other words.", c.outlets[m.Carries])
		if m.Share > 0 {
			carries = fmt.Sprintf("It carries the version of %s, which tells the news in other words: %.0f%% of its own prose stands there.", c.outlets[m.Carries], 100*m.Share)
		}
		say = append(say, carries)
	}
	if k.StandIn {
		say = append(say, fmt.Sprintf("%s's own article is not among those that your feeds brought; compared with the version of %s, the earliest.", origin, lead))
		text = "that version"
	}
	switch {
	case isTranslation(m):
		say = append(say, fmt.Sprintf("A translation of %s, from %s to %s.", text, c.lead.Article.Lang, m.Article.Lang), c.belongs(k, origin))
	case c.text.Empty():
		say = append(say, fmt.Sprintf("The feed of %s gives no text to compare with.", lead), c.belongs(k, origin))
	case k.Retelling && m.Carries == 0:
		words := "none of its own words"
		if k.Reused > 0 {
			words = fmt.Sprintf("only %d of its %d own words", k.Reused, k.Words)
		}
		say = append(say, fmt.Sprintf("A retelling: %s stand in %s.", words, text), c.belongs(k, origin))
	case k.Words < shortProse && len(k.Passages) == 0:
		say = append(say, "Its feed gives too little text to compare.", c.belongs(k, origin))
	}
	return strings.Join(say, " ")
}

// isTranslation says that a member is in another language than the text it goes back to.
func isTranslation(m news.Member) bool {
	return slices.ContainsFunc(m.Evidence, func(e news.Evidence) bool { return e.Kind == "translation" })
}

// belongs says why an article is a member that shares next to nothing. A credit that is no more than a name says less than what
// grouping found.
func (c *comparing) belongs(k news.Comparison, origin string) string {
	for _, cl := range k.Credits {
		if said := publish.Line(cl.Text); said != "" && said != cl.Outlet {
			return fmt.Sprintf("It belongs here because it credits %s: “%s”.", origin, said)
		}
	}
	if k.Like != 0 {
		why := slices.MaxFunc(k.Reasons, func(a, b news.Evidence) int { return cmp.Compare(a.Weight, b.Weight) })
		return fmt.Sprintf("It belongs here because of what it has in common with the version of %s: %s.", c.outlets[k.Like], why.Detail)
	}
	if len(k.Credits) > 0 {
		return fmt.Sprintf("It belongs here because it names %s.", origin)
	}
	return "It belongs here by way of the other versions."
}
