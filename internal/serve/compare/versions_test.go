package compare_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/serve/compare"
)

// bodies gives texts by article, and counts those asked for.
type bodies struct {
	texts  map[int64]string
	asked  int
	broken error
}

func (b *bodies) ArticlesByID(_ context.Context, ids []int64) ([]news.Article, error) {
	b.asked += len(ids)
	var out []news.Article
	for _, id := range ids {
		out = append(out, news.Article{ID: id, Text: b.texts[id]})
	}
	return out, b.broken
}

func (*bodies) EdgesBetween(context.Context, []int64) ([]news.Edge, error) { return nil, nil }

// serial makes the members of a story, each "outlet: headline", one an hour.
func serial(lines ...string) news.Story {
	var st news.Story
	for i, line := range lines {
		outlet, title, _ := strings.Cut(line, ": ")
		at := time.Date(2026, 8, 18, i, 0, 0, 0, time.UTC)
		st.Members = append(st.Members, news.Member{
			Role: news.RoleCopy, Article: news.Article{ID: int64(i + 1), Title: title, Outlet: news.Outlet{Name: outlet}, Published: at, Seen: at},
		})
	}
	return st
}

func TestVersions(t *testing.T) {
	const tail = " people are missing after the ferry sank off Kestrel Sound on Tuesday."
	st := serial("Wire: Ferry sinks", "Post: Ferry sinks", "Wire: Ferry lost, dozens missing", "Wire: Twelve missing", "Wire: A dozen missing")
	from := &bodies{texts: map[int64]string{1: "40" + tail, 3: "30" + tail, 4: "12" + tail, 5: "12" + tail}}
	reports, err := compare.New(from).Reports(t.Context(), st)
	must(t, err)
	var got []string
	for _, r := range reports {
		for _, v := range r.Versions {
			line := fmt.Sprint(v.Member.Article.ID, len(v.Again))
			if v.Changed != nil {
				line += fmt.Sprint(v.Changed.Figures, v.Changed.Headline != nil)
			}
			if v.Member.Article.Text != "" {
				t.Errorf("the text of %d is given out", v.Member.Article.ID)
			}
			got = append(got, line)
		}
	}
	want := []string{"5 1[{30 people are 12 people are}] true", "3 0[{40 people are 30 people are}] true", "1 0", "2 0"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if from.asked != 4 {
		t.Errorf("%d texts are read, want those of the running report alone", from.asked)
	}
	from.broken = errors.New("disk gone")
	if _, err := compare.New(from).Reports(t.Context(), st); !errors.Is(err, from.broken) {
		t.Errorf("a store that fails gives %v", err)
	}
}

// An agency that sends a story again and again costs no more than 4 MB of texts.
func TestVersionsAreBounded(t *testing.T) {
	lines, texts := make([]string, 300), map[int64]string{}
	for i := range lines {
		lines[i] = fmt.Sprintf("Wire: Update %d", i)
		texts[int64(i+1)] = fmt.Sprintf("%d boats. ", i) + strings.Repeat("Nobody knows more about the boats. ", 3000)
	}
	from := &bodies{texts: texts}
	reports, err := compare.New(from).Reports(t.Context(), serial(lines...))
	must(t, err)
	if n := len(reports[0].Versions); len(reports) != 1 || n != 300 {
		t.Fatalf("%d reports, the first of %d versions", len(reports), n)
	}
	if from.asked > 60 {
		t.Errorf("%d texts of 100 kB are read", from.asked)
	}
	for i, v := range reports[0].Versions[:299] {
		if v.Changed == nil || v.Changed.Headline == nil || len(v.Changed.Figures) == 0 {
			t.Fatalf("version %d says nothing of what changed: %+v", i, v.Changed)
		}
	}
}
