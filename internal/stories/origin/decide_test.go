package origin

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// passages are five paragraphs of which texts are put together.
var passages = [5]string{
	"The harbour authority of Port Ellery closed both ferry berths on Tuesday after engineers found cracks in the northern pier, " +
		"stranding about four hundred commuters who had been due to cross the sound before nightfall.",
	"Divers will look at the piles below the water line on Wednesday morning, harbour master Ines Rokov said in a notice to shipping. " +
		"The berths, built in 1971, were last strengthened eleven years ago at a cost of three million crowns.",
	"A bus will carry passengers round the head of the inlet every ninety minutes until the crossing opens again. Tickets bought " +
		"for the boats stay valid, and the operator waived its charge for bicycles and prams.",
	"Shopkeepers on the quay fear for the weeks before Christmas, when every second customer comes by boat. Some have asked the " +
		"county for a launch; others close at noon and go fishing for herring until the piles are mended.",
	"It is not the first time that the pier gives trouble. A tug rammed it in thick fog two winters ago, and the report of that " +
		"accident named rust, worms and a budget that was never spent as reasons to look more closely.",
}

// member describes one article of a story.
type member struct {
	domain string
	agency bool
	hours  float64
	text   string       // which passages it has: "012"; "" is none
	claims []news.Claim // what it credits
	title  string
}

func credit1(kind news.ClaimKind, domain string) news.Claim {
	return news.Claim{
		Kind: kind, Outlet: domain, Domain: domain, Text: string(kind) + " of " + domain, Strength: strengths[kind],
		URL: "https://www." + domain + "/2026/11/" + string(kind),
	}
}

func candidate(i int, m member) Candidate {
	at := noon.Add(time.Duration(m.hours * float64(time.Hour)))
	var ps []string
	for _, c := range m.text {
		ps = append(ps, passages[c-'0'])
	}
	a := news.Article{
		ID: int64(i + 1), GUID: fmt.Sprint("g", i), Outlet: news.Outlet{Name: m.domain, Domain: m.domain, Agency: m.agency}, Lang: "en",
		URL: fmt.Sprintf("https://www.%s/news/%d", m.domain, i), Title: m.title, Text: strings.Join(ps, "\n\n"), Published: at, Seen: at,
	}
	return Candidate{Article: a, Print: prints.Make(a, a.Title), Claims: m.claims}
}

func candidates(ms []member) []Candidate {
	out := make([]Candidate, len(ms))
	for i, m := range ms {
		out[i] = candidate(i, m)
	}
	return out
}

const (
	wire, wire2, local, local2, scoop = "northwire.example", "southpress.example", "valley-post.example", "herald.example", "ledger.example"
)

func TestDecide(t *testing.T) {
	claim := func(kind news.ClaimKind, domain string) []news.Claim { return []news.Claim{credit1(kind, domain)} }
	every := []news.Claim{
		credit1(news.ClaimDateline, wire), credit1(news.ClaimDateline, wire2), credit1(news.ClaimRights, "third.example"),
		credit1(news.ClaimByline, "fourth.example"), credit1(news.ClaimSource, "fifth.example"), credit1(news.ClaimSource, "sixth.example"),
	}
	tests := map[string]struct {
		members []member
		want    int // the member that is the origin, from 1; 0 where it is only named
		outlet  string
		level   string
	}{
		"copies that came out before the agency's own": {[]member{
			{domain: local, text: "012", claims: claim(news.ClaimDateline, wire)},
			{domain: local2, text: "01", hours: 1, claims: claim(news.ClaimDateline, wire)},
			{domain: wire, agency: true, text: "0123", hours: 2},
		}, 3, wire, news.LevelOriginal},
		"copies of an agency that is not among the feeds": {[]member{
			{domain: local, text: "012", claims: claim(news.ClaimDateline, wire)},
			{domain: local2, text: "012", hours: 1, claims: claim(news.ClaimDateline, wire)},
		}, 0, wire, news.LevelOriginal},
		"blog, local paper, agency": {[]member{
			{domain: "blog.example", text: "0", hours: 0, claims: claim(news.ClaimSource, local)},
			{domain: local, text: "012", hours: 1, claims: claim(news.ClaimDateline, wire)},
			{domain: wire, agency: true, text: "0123", hours: 1},
		}, 3, wire, news.LevelOriginal},
		"blog, local paper, an agency that is only named": {[]member{
			{domain: "blog.example", text: "03", claims: claim(news.ClaimSource, local)},
			{domain: "other-blog.example", text: "1", hours: 3, claims: claim(news.ClaimReport, local)},
			{domain: local, text: "0123", hours: 1, claims: claim(news.ClaimDateline, wire)},
		}, 0, wire, news.LevelOriginal},
		"blog, another blog, local paper, an agency that is only named": {[]member{
			{domain: "blog.example", text: "03", claims: claim(news.ClaimSource, "other-blog.example")},
			{domain: "other-blog.example", text: "013", hours: 3, claims: claim(news.ClaimSource, local)},
			{domain: local, text: "0123", hours: 1, claims: claim(news.ClaimByline, wire)},
		}, 0, wire, news.LevelOriginal},
		"a local paper with one text of its own and one of an agency's": {[]member{
			{domain: "blog.example", text: "03", claims: claim(news.ClaimSource, local)},
			{domain: local, text: "0123", hours: 1},
			{domain: local, text: "01", hours: 2, claims: claim(news.ClaimDateline, wire)},
		}, 2, local, news.LevelOriginal},
		"two that credit each other": {[]member{
			{domain: local, text: "0123", claims: claim(news.ClaimSource, local2)},
			{domain: local2, text: "0123", hours: 5, claims: claim(news.ClaimSource, local)},
		}, 1, local, ""},
		"a local paper that names every agency": {[]member{
			{domain: "blog.example", text: "03", claims: claim(news.ClaimSource, local)},
			{domain: local, text: "0123", hours: 1, claims: every},
		}, 2, local, ""},
		"a scoop with its article": {[]member{
			{domain: local, text: "03", claims: claim(news.ClaimScoop, scoop)},
			{domain: local2, text: "04", hours: 3, claims: claim(news.ClaimReport, scoop)},
			{domain: scoop, text: "01234", hours: 1},
		}, 3, scoop, news.LevelOriginal},
		"a scoop by name only": {[]member{
			{domain: local, text: "03", claims: claim(news.ClaimScoop, scoop)},
			{domain: local2, text: "04", hours: 3, claims: claim(news.ClaimScoop, scoop)},
		}, 0, scoop, news.LevelOriginal},
		"a quotation's credit names no origin": {[]member{
			{domain: local, text: "01", claims: claim(news.ClaimTold, scoop)},
			{domain: local2, text: "01", hours: 3, claims: claim(news.ClaimTold, scoop)},
		}, 1, local, ""},
		"nobody credits anybody": {[]member{
			{domain: local2, text: "012", hours: 5}, {domain: local, text: "012", hours: 0},
		}, 2, local, ""},
		"alone and short": {[]member{{domain: local, text: "", title: "Ferries stop"}}, 1, local, news.LevelEarliest},
		"alone and long":  {[]member{{domain: local, text: "0123"}}, 1, local, news.LevelLikely},
		"one outlet lists it twice": {[]member{
			{domain: local, text: "012", claims: claim(news.ClaimDateline, wire)},
			{domain: local, text: "012", hours: 1, claims: claim(news.ClaimDateline, wire)},
			{domain: wire, agency: true, text: "012", hours: 2},
			{domain: wire, agency: true, text: "012", hours: 3},
		}, 3, wire, news.LevelOriginal},
		"an agency that sends a story thirty times": {append([]member{{domain: local, text: "0123", hours: -1, claims: claim(news.ClaimDateline, wire)}},
			slices.Repeat([]member{{domain: wire, agency: true, text: "0123", hours: .5}}, 30)...), 2, wire, news.LevelOriginal},
		"an agency that sends a story thirty times, rerun without a word": {append([]member{{domain: local, text: "01234", hours: -1, title: ferries}},
			slices.Repeat([]member{{domain: wire, agency: true, text: "0", title: ferries, hours: .5}}, 30)...), 2, wire, news.LevelOriginal},
		"a page that credits forty outlets, beside another": {[]member{
			{domain: local, text: "012", claims: forty(news.ClaimReport)}, {domain: local2, text: "012", hours: 1},
		}, 2, local2, ""},
		"a page that credits forty outlets as its writers, beside one of them": {[]member{
			{domain: local, text: "012", claims: forty(news.ClaimByline)}, {domain: "outlet7.example", text: "0123", hours: 1},
		}, 2, "outlet7.example", ""},
		"a page that claims every agency, beside one": {[]member{
			{domain: local, text: "012", claims: every}, {domain: wire, agency: true, text: "0123", hours: 1},
		}, 2, wire, news.LevelOriginal},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := Weigher{}.Decide(candidates(tt.members))
			o := d.Origin
			if o.Article != int64(tt.want) || o.Domain != tt.outlet || tt.level != "" && o.Level != tt.level {
				t.Errorf("article %d of %s, %s (%.2f), want %d of %s, %s", o.Article, o.Domain, o.Level, o.Confidence, tt.want, tt.outlet, tt.level)
				for _, e := range o.Evidence {
					t.Logf("%+.2f %s", e.Weight, e.Detail)
				}
			}
			if o.Named() && !strings.HasPrefix(o.URL, "https://www."+tt.outlet+"/2026/11/") {
				t.Errorf("address %q, want the one that a member gives", o.URL)
			}
		})
	}
}

func forty(kind news.ClaimKind) []news.Claim {
	var all []news.Claim
	for i := range 40 {
		all = append(all, credit1(kind, fmt.Sprintf("outlet%d.example", i)))
	}
	return all
}

func TestAPageThatCreditsFortyOutlets(t *testing.T) {
	for kind, outlet := range map[news.ClaimKind]string{news.ClaimByline: "", news.ClaimSource: "", news.ClaimReport: local, news.ClaimLink: local} {
		o := Weigher{}.Decide(candidates([]member{{domain: local, text: "0123", claims: forty(kind)}})).Origin
		switch {
		case outlet == "" && (o.Level != news.LevelEarliest || o.Confidence > .3):
			t.Errorf("%s: %s (%.2f) of %s: forty outlets cannot all have written it", kind, o.Level, o.Confidence, o.Name)
		case outlet != "" && (o.Domain != outlet || o.Level == news.LevelOriginal):
			t.Errorf("%s: %s (%.2f) of %s: a round-up is its outlet's own, and none beyond doubt", kind, o.Level, o.Confidence, o.Name)
		default:
			continue
		}
		logEvidence(t, o)
	}
}

// Two agencies have one name. A credit to the name goes to the one whose text it is, and to no third that is only named.
func TestTwoAgenciesOfOneName(t *testing.T) {
	for own, other := range map[string]string{wire: wire2, wire2: wire} {
		ms := candidates([]member{
			{domain: local, text: "012", claims: []news.Claim{{Kind: news.ClaimDateline, Outlet: "National News Agency", Text: "(National News Agency)", Strength: 1}}},
			{domain: own, agency: true, text: "0123", hours: 1},
			{domain: other, agency: true, text: "4", hours: .5},
		})
		ms[1].Article.Outlet.Name, ms[2].Article.Outlet.Name = "National News Agency", "National news agency"
		o := Weigher{}.Decide(ms).Origin
		if o.Domain != own || o.Article != 2 || o.Level == news.LevelEarliest {
			t.Errorf("article %d of %q, %s (%.2f), want that of %s", o.Article, o.Domain, o.Level, o.Confidence, own)
			logEvidence(t, o)
		}
	}
}

func TestAPageThatClaimsEveryAgency(t *testing.T) {
	var all []news.Claim
	for i := range 6 {
		all = append(all, credit1(news.ClaimDateline, fmt.Sprintf("agency%d.example", i)))
	}
	o := Weigher{}.Decide(candidates([]member{{domain: local, text: "012", claims: all}})).Origin
	if o.Level != news.LevelEarliest || o.Confidence > .3 {
		t.Errorf("%s (%.2f) of %s: six agencies cannot all have written it", o.Level, o.Confidence, o.Name)
	}
}

// Two articles within the tie came out together: time speaks for neither.
func TestTie(t *testing.T) {
	says := func(w Weigher, apart time.Duration) bool {
		d := w.Decide(candidates([]member{{domain: local, text: "012"}, {domain: local2, text: "012", hours: apart.Hours()}}))
		for _, e := range d.Origin.Evidence {
			if e.Kind == "time" {
				return true
			}
		}
		return false
	}
	tests := []struct {
		tie, apart time.Duration
		want       bool
	}{
		{0, 10 * time.Minute, false}, {0, 21 * time.Minute, true}, {time.Hour, 21 * time.Minute, false}, {time.Minute, 10 * time.Minute, true},
	}
	for _, tt := range tests {
		if got := says(Weigher{Tie: tt.tie}, tt.apart); got != tt.want {
			t.Errorf("tie %s, %s apart: time is evidence: %v", tt.tie, tt.apart, got)
		}
	}
}

// A date from before the feed was read is only claimed, and says half as much.
func TestOnlyClaimedTime(t *testing.T) {
	weight := func(known time.Time) float64 {
		ms := candidates([]member{{domain: local, text: "012"}, {domain: local2, text: "012", hours: 5}})
		ms[0].Known, ms[1].Known = known, known
		for _, e := range (Weigher{}).Decide(ms).Origin.Evidence {
			if e.Kind == "time" {
				return e.Weight
			}
		}
		return 0
	}
	if seen, claimed := weight(noon.Add(-time.Hour)), weight(noon.Add(time.Hour)); seen != weightEarliest || claimed != weightEarliest*claimedTime {
		t.Errorf("seen %.2f, claimed %.2f", seen, claimed)
	}
}

// Who is usually carried wins where all else is even, and not against a credit.
func TestHabits(t *testing.T) {
	w := Weigher{Habits: map[string]Habit{local2: {Carried: 200, Carries: 1}, local: {Carried: 1, Carries: 200}}}
	even := []member{{domain: local, text: "012"}, {domain: local2, text: "012", hours: .1}}
	if o := (Weigher{}).Decide(candidates(even)).Origin; o.Domain != local {
		t.Fatalf("without habits %s wins: this tests nothing", o.Domain)
	}
	o := w.Decide(candidates(even)).Origin
	if o.Domain != local2 || o.Level == news.LevelOriginal {
		t.Errorf("%s, %s; want %s, and no certainty by habit alone", o.Domain, o.Level, local2)
	}
	found := false
	for _, e := range o.Evidence {
		found = found || e.Kind == "habit" && e.Weight == maxHabit
	}
	if !found {
		t.Errorf("no word of the habit: %v", o.Evidence)
	}
	credits := []member{{domain: local, text: "012"}, {domain: local2, text: "012", hours: 5, claims: []news.Claim{credit1(news.ClaimReport, local)}}}
	if o := w.Decide(candidates(credits)).Origin; o.Domain != local {
		t.Errorf("%s wins by habit against its own credit to %s", o.Domain, local)
	}
}

func TestRoles(t *testing.T) {
	origin := member{domain: wire, agency: true, text: "01234"}
	tests := map[string]struct {
		member   member
		role     news.Role
		from, to float64 // share
	}{
		"copy":           {member{domain: local, text: "01234"}, news.RoleCopy, 1, 1},
		"nearly a copy":  {member{domain: local, text: "0123"}, news.RoleCopy, .95, 1},
		"excerpt":        {member{domain: local, text: "01"}, news.RoleExcerpt, .95, 1},
		"headline only":  {member{domain: local, title: "Ferries stop at Port Ellery"}, news.RoleExcerpt, 0, 0},
		"same, own name": {member{domain: local, text: "01234", claims: []news.Claim{credit1(news.ClaimDateline, wire)}}, news.RoleCopy, 1, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := tt.member
			m.hours = 2
			m.claims = append(m.claims, credit1(news.ClaimSource, wire))
			d := Weigher{}.Decide(candidates([]member{m, origin}))
			if d.Members[0].Article.ID != 2 || d.Members[0].Role != news.RoleOriginal || d.Members[0].Share != 1 {
				t.Fatalf("the first member is %+v", d.Members[0])
			}
			got := d.Members[1]
			if got.Role != tt.role || got.Share < tt.from || got.Share > tt.to || len(got.Evidence) == 0 {
				t.Errorf("%s, share %.2f, %v; want %s, share %.2f to %.2f", got.Role, got.Share, got.Evidence, tt.role, tt.from, tt.to)
			}
		})
	}
}

func TestRoleOfARewrite(t *testing.T) {
	rewrite := member{domain: local, text: "034", hours: 2, claims: []news.Claim{credit1(news.ClaimReport, wire)}}
	d := Weigher{}.Decide(candidates([]member{{domain: wire, agency: true, text: "012"}, rewrite}))
	if m := d.Members[1]; m.Role != news.RoleRewrite || m.Share < .2 || m.Share > .5 {
		t.Errorf("%s, share %.2f; want a rewrite of which a third is reused", m.Role, m.Share)
	}
}

// Where the origin is only named, the longest member stands for its text, and its credit says what it is to it.
func TestRolesUnderANamedOrigin(t *testing.T) {
	for kind, want := range map[news.ClaimKind]news.Role{news.ClaimDateline: news.RoleCopy, news.ClaimScoop: news.RoleRewrite} {
		d := Weigher{}.Decide(candidates([]member{
			{domain: local, text: "0123", claims: []news.Claim{credit1(kind, scoop)}},
			{domain: local2, text: "01", hours: 1, claims: []news.Claim{credit1(kind, scoop)}},
		}))
		roles := map[int64]news.Role{}
		for _, m := range d.Members {
			roles[m.Article.ID] = m.Role
		}
		if diff := cmp.Diff(map[int64]news.Role{1: want, 2: news.RoleExcerpt}, roles); diff != "" || !d.Origin.Named() {
			t.Errorf("%s: roles (-want +got):\n%s", kind, diff)
		}
	}
}

func drawMembers(t *rapid.T) []Candidate {
	domains := []string{wire, wire2, local, local2, scoop, "blog.example"}
	kinds := []news.ClaimKind{
		news.ClaimDateline, news.ClaimByline, news.ClaimPublisher, news.ClaimCanonical, news.ClaimSource, news.ClaimScoop,
		news.ClaimReport, news.ClaimTold, news.ClaimLink, news.ClaimRights, news.ClaimPart,
	}
	ms := make([]member, rapid.IntRange(1, 7).Draw(t, "members"))
	for i := range ms {
		d := rapid.SampledFrom(domains).Draw(t, "outlet")
		ms[i] = member{
			domain: d, agency: d == wire || d == wire2, hours: float64(rapid.IntRange(0, 5).Draw(t, "hours")),
			text: rapid.StringMatching("[0-4]{0,5}").Draw(t, "passages"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "claims") {
			c := credit1(rapid.SampledFrom(kinds).Draw(t, "kind"), rapid.SampledFrom(append(domains, "named.example")).Draw(t, "credited"))
			ms[i].claims = append(ms[i].claims, c)
		}
	}
	return candidates(ms)
}

// The order of members does not matter, and every decision is sound.
func TestDecideAnyMembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := drawMembers(t)
		d := Weigher{}.Decide(members)
		other := Weigher{}.Decide(rapid.Permutation(members).Draw(t, "order"))
		if diff := cmp.Diff(d, other); diff != "" {
			t.Fatalf("the order of members matters:\n%s", diff)
		}
		if err := soundDecision(d, len(members)); err != nil {
			t.Fatal(err)
		}
	})
}

func soundDecision(d Decision, n int) error {
	o, originals := d.Origin, 0
	for i, m := range d.Members {
		if m.Share < 0 || m.Share > 1 {
			return fmt.Errorf("article %d has share %v", m.Article.ID, m.Share)
		}
		if m.Role == news.RoleOriginal {
			originals++
			if i != 0 || m.Article.ID != o.Article {
				return fmt.Errorf("member %d of %d is original, the origin is article %d", i, n, o.Article)
			}
		}
	}
	switch {
	case len(d.Members) != n:
		return fmt.Errorf("%d of %d members", len(d.Members), n)
	case o.Named() == (originals == 1):
		return fmt.Errorf("%d originals under article %d", originals, o.Article)
	case o.Confidence < 0 || o.Confidence > 1:
		return fmt.Errorf("confidence %v", o.Confidence)
	case o.Name == "" || o.Level != news.LevelOriginal && o.Level != news.LevelLikely && o.Level != news.LevelEarliest:
		return fmt.Errorf("origin %+v", o)
	}
	return nil
}

// An agency's report in three languages goes back to the first of them, however little text that has; the others are
// translations, and who carries one of them carries that text.
func TestTranslations(t *testing.T) {
	members := candidates([]member{
		{domain: wire, agency: true, text: "0", title: "Cracks close the ferry berths of Port Ellery"},
		{domain: wire, agency: true, hours: 1, title: "Grietas cierran los muelles de Port Ellery"},
		{domain: wire, agency: true, hours: 2, title: "Risse legen die Anleger von Port Ellery still"},
		{domain: local, hours: 3, title: "Cierran los muelles", claims: []news.Claim{credit1(news.ClaimDateline, wire)}},
	})
	spanish := strings.Repeat("Las autoridades del puerto cerraron el martes los dos muelles tras hallar grietas en el espigón norte. ", 3)
	translate := func(i int, lang, text string) {
		m := &members[i]
		m.Article.Lang, m.Article.Text = lang, text
		m.Print = prints.Make(m.Article, m.Article.Title)
	}
	translate(1, "es", spanish)
	translate(2, "de", "")
	translate(3, "es", spanish)
	d := Weigher{}.Decide(members)
	if d.Origin.Article != 1 || d.Origin.Level != news.LevelOriginal {
		t.Errorf("the origin is article %d, %q; want 1", d.Origin.Article, d.Origin.Level)
	}
	want := map[int64]struct {
		role    news.Role
		carries int64
		detail  string
	}{
		1: {news.RoleOriginal, 0, ""},
		2: {news.RoleRewrite, 2, "it is a translation of the text of " + wire + ", from en to es"},
		3: {news.RoleExcerpt, 3, "it is a translation of the text of " + wire + ", from en to de"},
		4: {news.RoleCopy, 2, "it carries the text of"},
	}
	for _, m := range d.Members {
		w := want[m.Article.ID]
		var details []string
		for _, e := range m.Evidence {
			details = append(details, e.Detail)
		}
		if told := strings.Join(details, "; "); m.Role != w.role || m.Carries != w.carries || !strings.Contains(told, w.detail) {
			t.Errorf("article %d: %s, carries %d, %q; want %s, %d, %q", m.Article.ID, m.Role, m.Carries, told, w.role, w.carries, w.detail)
		}
		if (m.Role == news.RoleRewrite || m.Role == news.RoleExcerpt) && m.Share != 0 {
			t.Errorf("article %d, a translation, has a share of %v", m.Article.ID, m.Share)
		}
	}
}
