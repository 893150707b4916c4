package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"headwater/internal/news"
	"headwater/internal/serve/publish"
	"headwater/internal/stories/prints"
)

const (
	maxCompared    = 4 << 20 // bytes of members' texts compared for one story
	compareChunk   = 20      // articles read at once
	maxSentence    = 300     // characters of an added sentence
	retellingShare = .1      // of its own prose reused, below which a member retells
	shortProse     = 25      // words below which a text says too little to be told again
)

// Texts is what comparing reads; *store.DB provides it.
type Texts interface {
	ArticlesByID(ctx context.Context, ids []int64) ([]news.Article, error)
	Links(ctx context.Context, articleIDs []int64) ([]news.Edge, error)
}

// Comparisons is Compare over the newsroom's own store.
func (n *Newsroom) Comparisons(ctx context.Context, st news.Story) (map[int64]news.Comparison, error) {
	return Compare(ctx, n.Store, st)
}

// Compare says what each member of a story takes from the origin's article, by article id, from the texts as they are
// stored now. Where the origin is only named, its lead stands in, and is told apart by With 0; an original has no
// comparison. Texts beyond 4 MB in all are not compared, which their notes say.
func Compare(ctx context.Context, from Texts, st news.Story) (map[int64]news.Comparison, error) {
	all := make(map[int64]news.Comparison, len(st.Members))
	if len(st.Members) == 0 {
		return all, nil
	}
	c, err := newComparing(ctx, from, st)
	if err != nil {
		return nil, err
	}
	for chunk := range slices.Chunk(st.Members, compareChunk) {
		articles, err := c.read(ctx, from, chunk)
		if err != nil {
			return nil, err
		}
		for _, m := range chunk {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if m.Article.ID != st.Origin.Article {
				all[m.Article.ID] = c.member(m, articles[m.Article.ID])
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
}

func newComparing(ctx context.Context, from Texts, st news.Story) (*comparing, error) {
	c := &comparing{Story: st, lead: st.Lead(), outlets: map[int64]string{}, left: maxCompared}
	ids := make([]int64, len(st.Members))
	for i, m := range st.Members {
		ids[i] = m.Article.ID
		c.outlets[ids[i]] = publish.Name(m.Article.Outlet)
	}
	lead, err := from.ArticlesByID(ctx, []int64{c.lead.Article.ID})
	if err != nil {
		return nil, fmt.Errorf("story %d: %w", st.ID, err)
	}
	if len(lead) == 0 {
		return nil, fmt.Errorf("story %d: article %d: %w", st.ID, c.lead.Article.ID, news.ErrNotFound)
	}
	c.text = prints.NewReference(lead[0])
	if c.links, err = from.Links(ctx, ids); err != nil {
		return nil, fmt.Errorf("story %d: %w", st.ID, err)
	}
	return c, nil
}

// read gives the articles of some members by id, none once enough is compared.
func (c *comparing) read(ctx context.Context, from Texts, members []news.Member) (map[int64]news.Article, error) {
	byID := make(map[int64]news.Article, len(members))
	if c.left <= 0 {
		return byID, nil
	}
	var ids []int64
	for _, m := range members {
		if m.Article.ID != c.lead.Article.ID {
			ids = append(ids, m.Article.ID)
		}
	}
	articles, err := from.ArticlesByID(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("story %d: %w", c.ID, err)
	}
	for _, a := range articles {
		byID[a.ID] = a
	}
	return byID, nil
}

// member compares one, of which a is the whole article.
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
	k.Credits = c.credits(m)
	k.Like, k.Reasons = c.reasons(m)
	switch {
	case isLead:
		k.Note = c.leadNote(k)
	case !fits:
		k.Note = fmt.Sprintf("Not compared: the versions before it fill the %d MB that are compared at once.", maxCompared>>20)
	default:
		k.Note = c.note(m, k)
	}
	k.Passages, k.Adds = append([]news.Passage{}, k.Passages...), append([]string{}, k.Adds...)
	return k
}

// credits gives what a member credits the origin's outlet with, strongest first.
func (c *comparing) credits(m news.Member) []news.Credit {
	claims := slices.Clone(m.Claims)
	slices.SortStableFunc(claims, func(a, b news.Claim) int { return cmp.Compare(b.Strength, a.Strength) })
	out := []news.Credit{}
	for _, cl := range claims {
		if cl.Credited().Key() == c.Origin.Key() {
			out = append(out, news.Credit{Kind: cl.Kind, Outlet: cl.Outlet, URL: cl.URL, Text: cl.Text})
		}
	}
	return out
}

// reasons gives those for which grouping joined the member to the lead, or else to the member most like it, and what
// speaks for its role. Articles with the same words as another were not joined by any: they have the share alone.
func (c *comparing) reasons(m news.Member) (like int64, reasons []news.Evidence) {
	reasons = []news.Evidence{}
	if e, ok := likest(m.Article.ID, c.lead.Article.ID, c.links); ok {
		like, reasons = e.A+e.B-m.Article.ID, slices.Clone(e.Reasons)
	}
	for _, e := range m.Evidence {
		if e.Kind != "share" || like == 0 {
			reasons = append(reasons, e)
		}
	}
	return like, reasons
}

// likest gives of a story's edges the one whose reasons joined an article: to the lead, or else to the member most like it.
func likest(article, lead int64, links []news.Edge) (like news.Edge, ok bool) {
	best := 0.0
	for _, e := range links {
		if e.A != article && e.B != article || len(e.Reasons) == 0 {
			continue
		}
		weight := e.Story
		if e.A+e.B-article == lead {
			weight++
		}
		if weight > best {
			best, like, ok = weight, e, true
		}
	}
	return like, ok
}

// leadNote says what the lead is to an origin that is only named.
func (c *comparing) leadNote(k news.Comparison) string {
	origin := publish.Name(c.Origin.Outlet)
	say := fmt.Sprintf("%s's own article is not among those that your feeds brought. %s", origin, c.belongs(k, origin))
	if len(c.Members) > 1 {
		say += " The other versions are compared with this one."
	}
	return say
}

// note says what a reader should know of a comparison.
func (c *comparing) note(m news.Member, k news.Comparison) string {
	var say []string
	origin, lead := publish.Name(c.Origin.Outlet), publish.Name(c.lead.Article.Outlet)
	text := "the version of " + lead
	switch {
	case isTranslation(m): // below
	case m.Carries == m.Article.ID:
		say = append(say, "Another version of the report by the same outlet.")
	case m.Carries != 0:
		say = append(say, fmt.Sprintf("It carries the version of %s, which tells the news in other words: %.0f%% of its own prose stands there.",
			c.outlets[m.Carries], 100*m.Share))
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
		say = append(say, fmt.Sprintf("A retelling: %s stand in %s.", fewWords(k), text), c.belongs(k, origin))
	case k.Words < shortProse && len(k.Passages) == 0:
		say = append(say, "Its feed gives too little text to compare.", c.belongs(k, origin))
	}
	return strings.Join(say, " ")
}

// isTranslation says that a member is in another language than the text it goes back to.
func isTranslation(m news.Member) bool {
	return slices.ContainsFunc(m.Evidence, func(e news.Evidence) bool { return e.Kind == "translation" })
}

func fewWords(k news.Comparison) string {
	if k.Reused == 0 {
		return "none of its own words"
	}
	return fmt.Sprintf("only %d of its %d own words", k.Reused, k.Words)
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
