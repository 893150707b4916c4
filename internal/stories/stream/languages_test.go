package stream_test

import (
	"strings"
	"testing"

	"headwater/internal/intake/clean"
	"headwater/internal/news"
)

// TestLanguages groups headlines and summaries in eleven languages. Of each there is a report that others carry under
// another headline and cut short, one that is copied, one of something else, and one that resembles another's wording and
// tells of something else; each language alone, so that hardly anything is known of how rare its words are, and all together.
func TestLanguages(t *testing.T) {
	all := reportsOf(t, "testdata/languages.jsonl")
	byLanguage := map[string][]report{"all": all}
	for _, r := range all {
		lang, _, _ := strings.Cut(r.ID, " ")
		byLanguage[lang] = append(byLanguage[lang], r)
	}
	if len(byLanguage) != 12 {
		t.Fatalf("%d languages, want 11", len(byLanguage)-1)
	}
	for lang, reports := range byLanguage {
		t.Run(lang, func(t *testing.T) {
			placed := grouped(t, reports)
			for i, p := range placed {
				for j, q := range placed[:i] {
					one := reports[i].Cluster == reports[j].Cluster
					if got := p.Story.ID == q.Story.ID; got != one {
						t.Errorf("%s and %s: one story %v, want %v", reports[i].ID, reports[j].ID, got, one)
					}
					finals := strings.HasSuffix(reports[i].Cluster, "final") && strings.HasSuffix(reports[j].Cluster, "final")
					if got := p.Story.Event == q.Story.Event; !finals && got != one {
						t.Errorf("%s and %s: one event %v, want %v", reports[i].ID, reports[j].ID, got, one)
					}
				}
			}
		})
	}
}

// The languages are told by script and stop words: feeds seldom say, and these do not.
func TestLanguagesAreTold(t *testing.T) {
	for _, r := range reportsOf(t, "testdata/languages.jsonl") {
		want, _, _ := strings.Cut(r.ID, " ")
		a := clean.New(clean.Options{}).Article(news.Entry{Title: r.Title, Summary: r.Summary}, news.Feed{}, r.Published)
		if a.Lang != want {
			t.Errorf("%s is taken for %q", r.ID, a.Lang)
		}
	}
}
