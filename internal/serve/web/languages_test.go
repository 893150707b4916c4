package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"headwater/internal/locale"
	"headwater/internal/news"
)

// asked gets a page with headers: name, value, name, value.
func asked(t *testing.T, h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A page is in the language and the time zone of its reader.
func TestLanguages(t *testing.T) {
	f := edition()
	h := handler(f)
	for _, c := range []struct {
		name, path string
		settings   news.Settings
		headers    []string
		want       []string
	}{
		{
			"as the browser asks", "/",
			news.Settings{},
			[]string{"Accept-Language", "de-DE,de;q=0.9,en;q=0.5"},
			[]string{"Zum Inhalt", "Titelseite Dienstag, 18. August 2026, 12:00 UTC", "8 Medien, 3 unabhängig Lesen bei harbourpost.example"},
		},
		{
			"in the browser's zone", "/",
			news.Settings{},
			[]string{"Accept-Language", "en-US", "Cookie", "headwater_zone=America/New_York"},
			[]string{"Front page Tuesday, 18 August 2026, 8:00 am EDT", "Harbour Post 4:50 am Ferry"},
		},
		{
			"as chosen", "/story/1",
			news.Settings{Language: "de", TimeZone: "Asia/Tokyo", Clock: locale.Clock24},
			[]string{"Accept-Language", "en-US", "Cookie", "headwater_zone=America/New_York"},
			[]string{"Original: Harbour Post, 17:50.", "Zuerst gesehen 17:50", "1 Kopie: Coastline Daily", "Die Zeitachse gilt in JST."},
		},
		{
			"a zone that is none", "/",
			news.Settings{},
			[]string{"Cookie", "headwater_zone=../../etc/passwd"},
			[]string{"Front page Tuesday, 18 August 2026, 12:00 UTC"},
		},
		{
			"an error", "/story/999",
			news.Settings{Language: "de"},
			nil,
			[]string{"Nicht gefunden", "Vielleicht wurde es entfernt"},
		},
		{
			"no page", "/none",
			news.Settings{Language: "de"},
			nil,
			[]string{"Unter dieser Adresse gibt es keine Seite."},
		},
		{
			"a search that cannot be read", "/search?q=%22red",
			news.Settings{Language: "de"},
			nil,
			[]string{"Diese Suche ist nicht lesbar"},
		},
		{
			"an error that quotes what somebody typed", "/feeds/all.atom?since=a%7Cb%25%25",
			news.Settings{},
			nil,
			[]string{`Since: "a|b%%" is no time; give one as`},
		},
		{
			"the same in another language", "/feeds/all.atom?full=a%7Cb%25%25",
			news.Settings{Language: "de"},
			nil,
			[]string{"full=a|b%%: 1 steht für ganze Texte; sonst weglassen."},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.settings = c.settings
			w := asked(t, h, c.path, c.headers...)
			text := words(t, w.Body.String())
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("the page does not say %q: %s", want, text)
				}
			}
			lang := "en"
			if strings.HasPrefix(w.Header().Get("Content-Language"), "de") {
				lang = "de"
			}
			if !strings.Contains(w.Body.String(), `<html lang="`+lang+`" dir="ltr"`) || !strings.Contains(strings.Join(w.Header().Values("Vary"), " "), "Accept-Language") {
				t.Errorf("language %q, Vary %q", w.Header().Get("Content-Language"), w.Header().Values("Vary"))
			}
		})
	}
}

// The form of the settings has language, zone and hours, and says in the reader's language what is wrong.
func TestLanguageSettings(t *testing.T) {
	f := edition()
	h := handler(f)
	send := url.Values{"language": {"de"}, "time_zone": {" Europe/Berlin "}, "clock": {"12"}}
	if w := post(t, h, "/settings", send); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, words(t, w.Body.String()))
	}
	if want := (news.Settings{Language: "de", TimeZone: "Europe/Berlin", Clock: locale.Clock12}); f.settings != want {
		t.Errorf("stored are %+v, want %+v", f.settings, want)
	}
	page := get(t, h, "/settings").Body.String()
	for _, want := range []string{`value="de" checked`, `value="Europe/Berlin"`, `value="12" checked`, "Di 18. Aug. 2026, 2:00 pm CEST"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	w := post(t, h, "/settings", url.Values{"language": {"xx"}, "time_zone": {"Berlin"}, "clock": {"13"}})
	text := words(t, w.Body.String())
	for _, want := range []string{
		`Sprache: "xx" ist keine Sprache, in der es Texte gibt; möglich sind en, de.`, `Zeitzone: "Berlin" ist keine Zeitzone; richtig wäre etwa Europe/Berlin`,
		`Uhrzeit: "13" ist keins von`,
	} {
		if w.Code != http.StatusBadRequest || !strings.Contains(text, want) {
			t.Errorf("%d, the page does not say %q: %s", w.Code, want, text)
		}
	}
}
