package news

import "testing"

func TestSlug(t *testing.T) {
	for title, want := range map[string][2]string{
		"Soccer-Ferries sink Harbour United":    {"Reuters", "Ferries sink Harbour United"},
		"Rugby union-Ferries to tour Castelmar": {"Reuters", "Ferries to tour Castelmar"},
		"Explainer-‘Quay tax’: who has to pay":  {"Reuters", "‘Quay tax’: who has to pay"},
		"Analysis-214 berths and no ship":       {"Reuters", "214 berths and no ship"},
		"Golf-mad captain loses licence":        {"", "Golf-mad captain loses licence"},
		"Tennis - a guide to the harbour club":  {"", "Tennis - a guide to the harbour club"},
		"soccer-Ferries sink Harbour United":    {"", "soccer-Ferries sink Harbour United"},
		"US-Castelmar talks fail":               {"", "US-Castelmar talks fail"},
		"Ferries sink Harbour United":           {"", "Ferries sink Harbour United"},
		"Soccer-":                               {"", "Soccer-"},
		"":                                      {"", ""},
	} {
		if agency, headline := Slug(title); agency != want[0] || headline != want[1] {
			t.Errorf("Slug(%q) = %q, %q; want %q", title, agency, headline, want)
		}
	}
}
