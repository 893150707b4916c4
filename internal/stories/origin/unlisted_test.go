package origin

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

// namesOf writes the claims for outlets without a domain as "kind name".
func namesOf(a news.Article) []string {
	var out []string
	for _, c := range NewReader(registry).Claims(a) {
		if c.Domain == "" {
			out = append(out, string(c.Kind)+" "+c.Outlet)
		}
	}
	return out
}

func TestClaimsOfOutletsThatNobodyLists(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
	}{
		"noun before":            {"French website iHarbour reports that the port will close.", []string{"report iHarbour"}},
		"noun and nationality":   {"The port will close, according to the Lebanese newspaper Al-Mina.", []string{"report Al-Mina"}},
		"adjectives":             {"The port will close, according to the pro-government local daily Al-Mina.", []string{"report Al-Mina"}},
		"noun after":             {"The Al-Mina newspaper reported that the port will close.", []string{"report Al-Mina"}},
		"nationality, noun":      {"The Iraqi Al-Mina newspaper reported it.", []string{"report Al-Mina"}},
		"agency":                 {"The semi-official Mina news agency reported it.", []string{"report Mina"}},
		"station":                {"“We are cold,” the master told CBS station WXYQ-TV.", []string{"told WXYQ-TV"}},
		"last word":              {"The Valley Free Beacon reports that ice came.", []string{"report Valley Free Beacon"}},
		"first word":             {"According to Daily Harbour, ice came.", []string{"report Daily Harbour"}},
		"told":                   {"“We are cold,” he told Quicksilver Press Agency.", []string{"told Quicksilver Press Agency"}},
		"of a country":           {"Ice came, Norway's Fjord Gazette reported.", []string{"report Fjord Gazette"}},
		"ampersand":              {"According to the Fjord News & Observer, ice came.", []string{"report Fjord News & Observer"}},
		"scoop":                  {"The sale was first reported by the Fjord Gazette.", []string{"scoop Fjord Gazette"}},
		"short form":             {"The Valley Free Beacon reports ice. He told the Free Beacon so.", []string{"report Valley Free Beacon", "told Valley Free Beacon"}},
		"Spanish":                {"El puerto cerrará, según el diario Marejada.", []string{"report Marejada"}},
		"Portuguese":             {"O porto fecha, segundo o jornal Maresia.", []string{"report Maresia"}},
		"French":                 {"Le port fermera, selon le quotidien Marée.", []string{"report Marée"}},
		"German":                 {"Der Hafen schließt, laut der Zeitung Küstenbote.", []string{"report Küstenbote"}},
		"Italian":                {"Il porto chiude, secondo il quotidiano Marea.", []string{"report Marea"}},
		"no credit":              {"The Lebanese newspaper Al-Mina was founded in 1920. The Fjord Gazette closed.", nil},
		"a company":              {"Apple reported earnings. Liberty Boats reports a loss, according to Northern Ice.", nil},
		"the police":             {"Police reported a fire. He told Interior Minister Ann Low so, according to Oslo Police.", nil},
		"a person":               {"Ann Low reported from Oslo and told John Roe.", nil},
		"a post office":          {"Canada Post reported a loss. Ice came, according to the Cook Valley Medical Examiner.", nil},
		"its own website":        {"The firm said on its website Northern Ice reported a loss.", nil},
		"a day after the noun":   {"He told the newspaper Tuesday that ice came.", nil},
		"the newspaper, a name":  {"He told the newspaper Ann Low noted the ice.", nil},
		"only a nationality":     {"A doctor told Ruritanian TV. A Norwegian newspaper reported it. He told Danish radio so.", nil},
		"noun of the next name":  {"It is the Danish daily Politiken Two, according to nobody.", nil},
		"a network":              {"The site Facebook reported more users.", nil},
		"not confirmed":          {"The Fjord Gazette could not confirm it; he declined to comment to the Fjord Gazette.", nil},
		"not confirmed, by noun": {"The daily Al-Mina could not confirm it.", nil},
		"headline of an outlet":  {"Breaking News reported by all.", nil},
		"a nation and a noun":    {"He told Oslo TV station, according to nobody.", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, namesOf(news.Article{Outlet: blog, Text: tt.text})); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
		})
	}
}

// An outlet that names itself credits nobody, whether or not a registry has it; what somebody says is no credit.
func TestUnlistedThatAreNoCredits(t *testing.T) {
	gazette := news.Outlet{Name: "fjordgazette.example", Domain: "fjordgazette.example"}
	text := "The Fjord Gazette reported that ice came."
	if got := namesOf(news.Article{Outlet: gazette, Text: text}); got != nil {
		t.Errorf("of itself: %v", got)
	}
	said := marked(news.MarkQuote, "He said: ⟦“You know, "+text+" So there.”⟧", "")
	said.Outlet = blog
	if got := namesOf(said); got != nil {
		t.Errorf("in a quotation: %v", got)
	}
	if got := namesOf(news.Article{Outlet: blog, Text: text}); len(got) != 1 {
		t.Errorf("of another: %v", got)
	}
}

// The span is the name alone, and a text of nothing but capitals does not take for ever.
func TestUnlistedSpans(t *testing.T) {
	text := "“Ç’est”, selon le quotidien “Marée”. " + strings.Repeat("A Big Ice Gazette-Herald's ", 20000)
	found := unlistedNames(text, nil)
	if len(found) == 0 || len(found) > maxMentions {
		t.Fatalf("%d names", len(found))
	}
	if got := text[found[0].Start:found[0].End]; got != "Marée" {
		t.Errorf("%q", got)
	}
	if got := text[found[0].whole.Start:found[0].Start]; got != "le quotidien “" {
		t.Errorf("before it %q", got)
	}
}

// The quick way over ASCII must find the same words as the other.
func FuzzWordAt(f *testing.F) {
	for _, s := range []string{"", " a", "As-Safir", "a--b", "-", "l'Orient & co", "it's.", "B&B-", "Zeitung über", "x' y", "’a’b", "9-to-5 &c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for at := range len(s) {
			from, to, ok := asciiWordAt(s, at)
			if wantFrom, wantTo := anyWordAt(s, at); ok && (from != wantFrom || to != wantTo) {
				t.Fatalf("%q from %d: %d to %d, want %d to %d", s, at, from, to, wantFrom, wantTo)
			}
		}
	})
}
