package origin

import (
	"testing"

	"headwater/internal/news"
)

// A member goes back to the version whose headline it bears.
func TestVersions(t *testing.T) {
	const early, late = "Fire at the mill of Orling, forty led to safety", "Mill of Orling burns down, nobody is hurt"
	for name, tt := range map[string]struct {
		members []member
		carries []int64 // by member, in the order given
	}{
		"a rerun of the second version, listed by the agency": {
			[]member{
				{domain: wire, agency: true, hours: 0, text: "0123", title: early},
				{domain: wire, agency: true, hours: 2, title: late},
				{domain: local, hours: 3, title: late},
				{domain: local2, hours: 1, title: early},
			},
			[]int64{0, 2, 2, 0},
		},
		"another agency's own words": {
			[]member{
				{domain: wire, agency: true, hours: 0, text: "0123", title: early},
				{domain: wire2, agency: true, hours: 1, title: late, claims: []news.Claim{credit1(news.ClaimReport, wire)}},
			},
			[]int64{0, 2},
		},
		"a copy of the origin's text under another headline": {
			[]member{
				{domain: wire, agency: true, hours: 0, text: "0123", title: early},
				{domain: local, hours: 1, text: "0123", title: "Forty workers flee a fire at the mill"},
			},
			[]int64{0, 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := Weigher{}.Decide(candidates(tt.members))
			if d.Origin.Article != 1 {
				t.Fatalf("the origin is %d, want 1", d.Origin.Article)
			}
			for _, m := range d.Members {
				if want := tt.carries[m.Article.ID-1]; m.Carries != want {
					t.Errorf("member %d goes back to %d, want %d", m.Article.ID, m.Carries, want)
				}
			}
		})
	}
}
