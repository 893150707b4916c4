package news

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// listed returns a member of an outlet, published at this hour.
func listed(id int64, outlet, title string, hour int, role Role) Member {
	at := time.Date(2026, 8, 18, hour, 0, 0, 0, time.UTC)
	return Member{Role: role, Share: .5, Article: Article{
		ID: id, Title: title, Outlet: Outlet{Name: outlet}, URL: fmt.Sprintf("https://%s.example/%d", strings.ToLower(outlet), id), Published: at, Seen: at, Lang: "en",
	}}
}

func keeping(share float64, m Member) Member {
	m.Share = share
	return m
}

func with(m Member, change func(*Article)) Member {
	change(&m.Article)
	return m
}

// told formats reports as "3<2(5) 4": version 3 replaced version 2, which is listed again as 5.
func told(reports []Report) string {
	var all []string
	for _, r := range reports {
		var one []string
		for _, v := range r.Versions {
			s := fmt.Sprint(v.Member.Article.ID)
			for _, m := range v.Again {
				s += fmt.Sprintf("(%d)", m.Article.ID)
			}
			one = append(one, s)
		}
		all = append(all, strings.Join(one, "<"))
	}
	return strings.Join(all, " ")
}

func TestReports(t *testing.T) {
	const text = "A quake shook the coast on Monday and three people died."
	long := func(a *Article) { a.Text = text + " " + text }
	for name, tt := range map[string]struct {
		members []Member
		want    string
		current int64
		counts  map[Role]int
	}{
		"one article": {[]Member{listed(1, "Wire", "Quake", 9, RoleOriginal)}, "1", 1, map[Role]int{RoleOriginal: 1}},
		"the newest replaces, where the first stood": {
			[]Member{
				listed(1, "Wire", "Quake hits Norvia, 3 dead", 9, RoleOriginal), listed(2, "Post", "Quake hits Norvia, 3 dead", 10, RoleCopy),
				listed(3, "Wire", "Quake kills 12 in Norvia", 11, RoleRewrite), listed(4, "Post", "Quake kills 12", 12, RoleCopy),
				listed(5, "wire", "Quake kills 20 in Norvia", 13, RoleCopy),
			},
			"5<3<1 4<2", 5,
			map[Role]int{RoleOriginal: 1, RoleCopy: 1},
		},
		"one item listed twice": {
			[]Member{
				listed(1, "Wire", "Quake hits Norvia", 9, RoleOriginal),
				listed(2, "Post", "Quake hits Norvia: live", 10, RoleCopy), with(listed(3, "Post", "Quake hits Norvia - LIVE", 11, RoleCopy), long),
				listed(4, "Post", "QUAKE HITS NORVIA LIVE!", 12, RoleCopy),
			},
			"1 3(2)(4)", 1,
			map[Role]int{RoleOriginal: 1, RoleCopy: 1},
		},
		"the same text under two headlines": {
			[]Member{with(listed(1, "Post", "Quake hits", 9, RoleCopy), long), with(listed(2, "Post", "Three die", 10, RoleCopy), long)},
			"2(1)", 2,
			map[Role]int{RoleCopy: 1},
		},
		"an excerpt replaces nothing but an excerpt": {
			[]Member{
				listed(1, "Wire", "Quake hits Norvia", 9, RoleOriginal), listed(2, "Wire", "In brief: Norvia", 10, RoleExcerpt),
				listed(3, "Links", "Quake hits Norvia, 3 dead", 9, RoleExcerpt), listed(4, "Links", "Quake kills 12 in Norvia", 11, RoleExcerpt),
			},
			"1(2) 4<3", 1,
			map[Role]int{RoleOriginal: 1, RoleExcerpt: 1},
		},
		"the original stands for its version, however short": {
			[]Member{listed(1, "Wire", "Quake", 9, RoleOriginal), with(listed(2, "Wire", "Quake", 10, RoleCopy), long)},
			"1(2)", 1,
			map[Role]int{RoleOriginal: 1},
		},
		"two languages are two reports": {
			[]Member{
				listed(1, "Wire", "Quake hits", 9, RoleOriginal), with(listed(2, "Wire", "Séisme", 10, RoleRewrite), func(a *Article) { a.Lang = "fr" }),
				with(listed(3, "Wire", "Quake kills 12", 11, RoleCopy), func(a *Article) { a.Lang = "" }),
			},
			"3<1 2", 3,
			map[Role]int{RoleOriginal: 1, RoleRewrite: 1},
		},
		"a version that kept little of the first does not lead the story": {
			[]Member{listed(1, "Wire", "Quake hits", 9, RoleOriginal), keeping(.1, listed(2, "Wire", "Ministers fly to the quake", 11, RoleRewrite))},
			"2<1", 1,
			map[Role]int{RoleOriginal: 1},
		},
		"nor does one at another site": {
			[]Member{
				listed(1, "Wire", "Quake hits", 9, RoleOriginal),
				with(listed(2, "Wire", "Quake kills 12", 11, RoleCopy), func(a *Article) { a.URL = "https://lists.example/2" }),
			},
			"2<1", 1,
			map[Role]int{RoleOriginal: 1},
		},
		"what has no date is no newer version": {
			[]Member{listed(1, "Wire", "Quake hits", 9, RoleOriginal), with(listed(2, "Wire", "Quake kills 12", 11, RoleCopy), func(a *Article) { a.Undated = true })},
			"1<2", 1,
			map[Role]int{RoleOriginal: 1},
		},
		"outlets that nobody knows have nothing in common": {
			[]Member{listed(1, "", "Quake hits", 9, RoleCopy), listed(2, "", "Quake kills 12", 10, RoleCopy)}, "1 2", 1, map[Role]int{RoleCopy: 2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := Story{Members: tt.members}
			if tt.members[0].Role == RoleOriginal {
				s.Origin = Origin{Outlet: tt.members[0].Article.Outlet, Article: 1, URL: tt.members[0].Article.URL}
			}
			reports := s.Reports()
			if got := told(reports); got != tt.want {
				t.Errorf("reports %s, want %s", got, tt.want)
			}
			counts := map[Role]int{}
			for _, r := range reports {
				counts[r.Role()]++
			}
			if d := cmp.Diff(tt.counts, counts); d != "" {
				t.Error(d)
			}
			if got := s.Current().Article; got.ID != tt.current || s.Link() != got.URL {
				t.Errorf("current version %d at %s, want %d", got.ID, s.Link(), tt.current)
			}
		})
	}
}

func TestLinkOfANamedOrigin(t *testing.T) {
	s := Story{Origin: Origin{Outlet: Outlet{Name: "Ledger"}, URL: "https://ledger.example/"}, Members: []Member{listed(1, "Post", "Quake", 9, RoleCopy)}}
	if got := s.Link(); got != "https://ledger.example/" {
		t.Errorf("leads to %q", got)
	}
	if got := (Story{Origin: s.Origin}).Link(); got != "https://ledger.example/" {
		t.Errorf("without members it leads to %q", got)
	}
	s.Origin.URL = ""
	if got := s.Link(); got != "https://post.example/1" {
		t.Errorf("leads to %q", got)
	}
}

// Every member is in exactly one report.
func TestReportsHoldEveryMember(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Story
		for i := range rapid.IntRange(1, 12).Draw(t, "members") {
			m := listed(int64(i+1), rapid.SampledFrom([]string{"", "Wire", "Post"}).Draw(t, "outlet"), rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, "title"),
				rapid.IntRange(0, 3).Draw(t, "hour"), rapid.SampledFrom([]Role{RoleCopy, RoleExcerpt}).Draw(t, "role"))
			m.Article.Lang = rapid.SampledFrom([]string{"", "en", "fr"}).Draw(t, "lang")
			s.Members = append(s.Members, m)
		}
		var got []int64
		for _, r := range s.Reports() {
			for _, v := range r.Versions {
				got = append(got, v.Member.Article.ID)
				for _, m := range v.Again {
					got = append(got, m.Article.ID)
				}
			}
		}
		slices.Sort(got)
		if len(got) != len(s.Members) || len(slices.Compact(got)) != len(s.Members) {
			t.Fatalf("%d members, and in the reports are %v", len(s.Members), got)
		}
	})
}
