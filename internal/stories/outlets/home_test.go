package outlets_test

import "testing"

// Agencies that share a sign are told apart by the host's country, then by the language; else the first one is meant.
func TestLocal(t *testing.T) {
	r := load(t)
	for _, tt := range []struct{ sign, host, lang, want string }{
		{"APS", "dakar-post.sn", "fr", "aps.sn"},
		{"APS", "alger-post.dz", "fr", "aps.dz"},
		{"APS", "valley-post.example", "fr", "aps.dz"},
		{"CNA", "nicosia-post.cy", "en", "cna.org.cy"},
		{"CNA", "valley-post.example", "el", "cna.org.cy"},
		{"CNA", "taipei-post.tw", "en", "cna.com.tw"},
		{"CNA", "valley-post.example", "en", "cna.com.tw"},
		{"APA", "baku-post.az", "en", "apa.az"},
		{"APA", "wien-post.at", "de", "apa.at"},
		{"APA", "valley-post.example", "az", "apa.az"},
		{"KNA", "nairobi-post.ke", "en", "kenyanews.go.ke"},
		{"KNA", "valley-post.example", "de", "kna.de"},
		{"ACN", "habana-post.cu", "es", "acn.cu"},
		{"ACN", "girona-post.cat", "ca", "acn.cat"},
		{"AFP", "dakar-post.sn", "fr", "afp.com"},
	} {
		given, ok := r.Dateline("HARBOUR, Aug. 18 (" + tt.sign + ") — The quay closed.")
		if !ok {
			t.Fatalf("%s is no sign", tt.sign)
		}
		if got := r.Local(given.Outlet, tt.sign, tt.host, tt.lang).Domain; got != tt.want {
			t.Errorf("%s on %s in %q: %s, want %s", tt.sign, tt.host, tt.lang, got, tt.want)
		}
	}
}

// A short name that means other things elsewhere is looked for at home only, as a word of its own.
func TestAtHome(t *testing.T) {
	r := load(t)
	for _, tt := range []struct {
		text, host, lang string
		want             int
	}{
		{"Das sagte er der APA. Die APA meldet es.", "wien-post.at", "", 2},
		{"Das sagte er der APA.", "valley-post.example", "de", 1},
		{"The APA told its psychologists so.", "valley-post.example", "en", 0},
		{"The AAP reported it, AAPL did not.", "sydney-post.com.au", "en", 1},
		{"The AAP advises parents.", "valley-post.example", "en", 0},
		{"Det säger han till TT. ATT är inte TTX.", "valley-post.example", "sv", 1},
	} {
		found := r.AtHome(tt.text, tt.host, tt.lang)
		if len(found) != tt.want {
			t.Errorf("%q on %s in %q: %v", tt.text, tt.host, tt.lang, found)
		}
	}
}
