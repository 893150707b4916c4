package news_test

import (
	"testing"

	"headwater/internal/news"
)

func TestVersionLabels(t *testing.T) {
	for title, want := range map[string]string{
		"UPDATE 2-Dam bursts above Aldermere":           "Dam bursts above Aldermere",
		"Update 2-Dam bursts above Aldermere":           "Dam bursts above Aldermere",
		"WRAPUP 3 - Dam bursts":                         "Dam bursts",
		"REFILE-Dam bursts":                             "Dam bursts",
		"CORRECTED-UPDATE 1-Dam bursts":                 "Dam bursts",
		"CORRECTED: Dam bursts":                         "Dam bursts",
		"  RPT-UPDATE 1-Dam  bursts":                    "Dam bursts",
		"ACTUALIZA 1-Se rompe la presa":                 "Se rompe la presa",
		"KORREKTUR: Damm gebrochen":                     "Damm gebrochen",
		"訂正-ダム決壊":                                       "ダム決壊",
		"再送ダム決壊":                                        "ダム決壊",
		"UPDATE 2-":                                     "UPDATE 2-",
		"Repeat-offender law passes":                    "Repeat-offender law passes",
		"Update: the dam holds":                         "Update: the dam holds",
		"Corrected figures - the dam holds":             "Corrected figures - the dam holds",
		"EXCLUSIVE: Dam bursts":                         "EXCLUSIVE: Dam bursts",
		"UPDATED DAM PLAN - council votes":              "UPDATED DAM PLAN - council votes",
		"3-2 for Aldermere":                             "3-2 for Aldermere",
		"-":                                             "-",
		"Dam bursts - UPDATE 2-Council says it is safe": "Dam bursts - UPDATE 2-Council says it is safe",
	} {
		if got := (news.Article{Title: title}).Headline(); got != want {
			t.Errorf("an article %q has the headline %q, want %q", title, got, want)
		}
		if got := (news.Story{Title: title}).Headline(); got != want {
			t.Errorf("a story %q has the headline %q, want %q", title, got, want)
		}
		if got := (news.Event{Title: title}).Headline(); got != want {
			t.Errorf("an event %q has the headline %q, want %q", title, got, want)
		}
	}
}
