package origin

import (
	"strings"
	"testing"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

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
