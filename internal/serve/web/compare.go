package web

import (
	"fmt"
	"strings"

	"headwater/internal/news"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
)

// maxMarked bounds the members' texts on one page, in bytes.
const maxMarked = 256 << 10

// comparisonView is what a member takes from the origin and what it adds.
type comparisonView struct {
	Note   string
	Shared string         // "3 shared passages, the longest of 41 words"; empty where nothing is shared
	Marked [][]view.Piece // its paragraphs with the passages marked; nil where nothing is shared or the page is full
	Added  string         // "3 sentences"
	Adds   []string       // the first of them
	Beside string         // the outlet whose version gave the reasons, where that is not the one compared with
}

// compare fills in what the members take from the origin, in place of what was estimated when the story was settled.
func (v *storyView) compare(st news.Story, all map[int64]news.Comparison) {
	left := maxMarked
	for i := range v.Members {
		w := &v.Members[i]
		k, ok := all[w.ID]
		if !ok || w.Role == string(news.RoleOriginal) { // a newer version of the original is compared with that as versions are
			continue
		}
		w.Reasons = reasonsOf(k.Reasons)
		w.Share, w.ShareIn = percent(k.Share), ""
		if k.Tells() {
			w.ShareIn = comparedWith(st, k)
		}
		w.Compared = comparisonOf(st, k)
		if len(k.Passages) > 0 && len(k.Text) <= left {
			w.Compared.Marked = marked(k.Text, k.Passages)
			left -= len(k.Text)
		}
	}
}

func comparedWith(st news.Story, k news.Comparison) string {
	if k.StandIn {
		return "the version of " + outletOf(st, k.With)
	}
	return "the original"
}

// outletOf names who published a member.
func outletOf(st news.Story, article int64) string {
	for _, m := range st.Members {
		if m.Article.ID == article {
			return publish.Name(m.Article.Outlet)
		}
	}
	return ""
}

func comparisonOf(st news.Story, k news.Comparison) *comparisonView {
	v := &comparisonView{Note: k.Note, Adds: k.Adds}
	if n := len(k.Passages); n > 0 {
		v.Shared = plural(n, "shared passage")
		if k.Longest > 0 {
			v.Shared += fmt.Sprintf(", up to %s in a row", plural(k.Longest, "word"))
		}
	}
	if k.Added > 0 {
		v.Added = plural(k.Added, "sentence")
	}
	if k.Like != 0 && k.Like != k.With {
		v.Beside = outletOf(st, k.Like)
	}
	return v
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// marked gives the paragraphs of a text with its passages marked. Passages that go over a paragraph's end are marked in both.
func marked(text string, passages []news.Passage) [][]view.Piece {
	var all [][]view.Piece
	for from := 0; from <= len(text); {
		to := len(text)
		if i := strings.Index(text[from:], "\n\n"); i >= 0 {
			to = from + i
		}
		for len(passages) > 0 && passages[0].End <= from {
			passages = passages[1:]
		}
		if strings.TrimSpace(text[from:to]) != "" {
			all = append(all, markedParagraph(text, from, to, passages))
		}
		from = to + len("\n\n")
	}
	return all
}

func markedParagraph(text string, from, to int, passages []news.Passage) []view.Piece {
	var all []view.Piece
	for _, p := range passages {
		if p.Start >= to {
			break
		}
		start, end := max(p.Start, from), min(p.End, to)
		if start > from {
			all = append(all, view.Piece{Text: text[from:start]})
		}
		all = append(all, view.Piece{Text: text[start:end], Mark: true, Quoted: p.Quoted})
		from = end
	}
	if from < to {
		all = append(all, view.Piece{Text: text[from:to]})
	}
	return all
}
