package compare

import (
	"context"
	"fmt"
	"slices"

	"headwater/internal/news"
	"headwater/internal/serve/publish"
	"headwater/internal/stories/prints"
)

// Reports gives a story's members by outlet, the newest version of each report first, and says what each version changed.
// Texts beyond the bounds are not read: of their versions only the headlines are compared.
func (cr Comparer) Reports(ctx context.Context, st news.Story) ([]news.Report, error) {
	var running []int64
	for _, r := range st.Reports() {
		for _, v := range r.Versions {
			if len(r.Versions) == 1 && len(v.Again) == 0 {
				continue
			}
			running = append(running, v.Member.Article.ID)
			for _, m := range v.Again {
				running = append(running, m.Article.ID)
			}
		}
	}
	if cr.members > 0 {
		running = running[:min(len(running), cr.members)]
	}
	texts, left := map[int64]string{}, cr.bytes
	for ids := range slices.Chunk(running, compareChunk) {
		articles, err := cr.texts.ArticlesByID(ctx, ids)
		if err != nil {
			return nil, fmt.Errorf("versions in story %d: %w", st.ID, err)
		}
		for _, a := range articles {
			if left -= len(a.Body()); left >= 0 {
				texts[a.ID] = a.Text
			}
		}
		if left < 0 {
			break
		}
	}
	st.Members = slices.Clone(st.Members)
	for i, m := range st.Members {
		st.Members[i].Article.Text = texts[m.Article.ID]
	}
	reports := st.Reports()
	for _, r := range reports {
		for i := range len(r.Versions) - 1 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			c := changes(r.Versions[i+1].Member.Article, r.Versions[i].Member.Article, texts)
			r.Versions[i].Changed = &c
		}
		for i := range r.Versions { // the texts are not given out
			r.Versions[i].Member.Article.Text = ""
			for j := range r.Versions[i].Again {
				r.Versions[i].Again[j].Article.Text = ""
			}
		}
	}
	return reports, nil
}

// changes compares two versions, by their headlines alone where the text of either was left aside.
func changes(before, after news.Article, texts map[int64]string) news.Changes {
	_, have := texts[before.ID]
	if _, both := texts[after.ID]; !have || !both {
		before.Title, after.Title = before.Headline(), after.Headline()
		before.Text, before.Summary, after.Text, after.Summary = "", "", "", ""
	}
	c := prints.Changes(before, after)
	for _, list := range [][]string{c.Added, c.Dropped} {
		for i, s := range list {
			list[i] = publish.Cut(publish.Line(s), maxSentence)
		}
	}
	return c
}
