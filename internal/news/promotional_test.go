package news

import (
	"strings"
	"testing"
)

func TestPromotional(t *testing.T) {
	tests := []struct {
		name string
		a    Article
		want bool
	}{
		{"a category", Article{Title: "Ten ways to a quiet home", Categories: []string{"Home", "Sponsored Content"}}, true},
		{"a category in another language", Article{Title: "Heizen mit Holz", Categories: []string{"Anzeige"}}, true},
		{"brackets before", Article{Title: "[PR] Shoes that walk by themselves"}, true},
		{"brackets behind", Article{Title: "歩く靴、ついに発売【広告】"}, true},
		{"round brackets", Article{Title: "So schlafen Sie besser (Anzeige)"}, true},
		{"a colon", Article{Title: "Advertorial: a bank that listens"}, true},
		{"a bar before", Article{Title: "Contenido patrocinado | Un banco que escucha"}, true},
		{"a bar behind", Article{Title: "Un banco que escucha | Publirreportaje"}, true},
		{"a dash, in capitals", Article{Title: "SPONSORED – A bank that listens"}, true},
		{"a section", Article{Title: "A bank that listens", URL: "https://paper.example/sponsored-content/2026/a-bank?x=1"}, true},
		{"an escaped section", Article{Title: "Банк", URL: "https://paper.example/partner%2Dcontent/bank"}, true},

		{"nothing", Article{Title: "Bank fined over adverts", URL: "https://paper.example/business/bank-fined", Categories: []string{"Business"}}, false},
		{"a subject", Article{Title: "Ad spending falls", Categories: []string{"Advertising", "Werbung", "PR", "Deals"}}, false},
		{"the state of Paraná", Article{Title: "Acidente deixa dois feridos em Curitiba (PR)"}, false},
		{"a word of the headline", Article{Title: "Sponsored walk raises 3,000 crowns for the pier"}, false},
		{"promoted, of a club", Article{Title: "Promoted: Ellery Rovers go up at last"}, false},
		{"an article about it", Article{Title: "Regulator warns", URL: "https://paper.example/media/sponsored-content"}, false},
		{"deals", Article{Title: "Dairy buys dairy", URL: "https://paper.example/markets/deals/dairy-buys-dairy"}, false},
		{"a label's length of another script", Article{Title: "[" + strings.Repeat("広", 400) + "] x"}, false},
		{"no address", Article{Title: "x", URL: "sponsored"}, false},
		{"empty", Article{}, false},
	}
	for _, tt := range tests {
		if got := tt.a.Promotional(); got != tt.want {
			t.Errorf("%s: %q %v %s: %v, want %v", tt.name, tt.a.Title, tt.a.Categories, tt.a.URL, got, tt.want)
		}
	}
}

func TestPromotionalStory(t *testing.T) {
	ad, article := Member{Article: Article{Title: "[PR] Shoes"}}, Member{Article: Article{Title: "Shoes"}}
	for _, tt := range []struct {
		members []Member
		want    bool
	}{{nil, false}, {[]Member{ad}, true}, {[]Member{ad, article}, false}} {
		if got := (Story{Members: tt.members}).Promotional(); got != tt.want {
			t.Errorf("%d members: %v", len(tt.members), got)
		}
	}
}

func TestPromotionalSections(t *testing.T) {
	for section := range promotional.sections {
		if strings.ContainsAny(section, " /") {
			t.Errorf("promotional.txt: %q is no part of an address", section)
		}
	}
}
