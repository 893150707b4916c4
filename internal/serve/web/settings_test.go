package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"headwater/internal/news"
)

func TestSettings(t *testing.T) {
	f := edition()
	h := handler(f)
	root := func(path string) string {
		t.Helper()
		page := get(t, h, path).Body.String()
		_, rest, _ := strings.Cut(page, "<html")
		tag, _, _ := strings.Cut(rest, ">")
		return tag
	}
	if got := root("/"); regexp.MustCompile(`data-(theme|size|width|font|density)`).MatchString(got) {
		t.Errorf("defaults: <html%s>", got)
	}
	w := post(t, h, "/settings", url.Values{"theme": {"sepia"}, "text_size": {"large"}, "width": {"wide"}, "font": {"sans"}, "density": {"compact"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/settings?saved" {
		t.Fatalf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	want := news.Settings{Theme: news.ThemeSepia, TextSize: news.TextLarge, Width: news.WidthWide, Font: news.FontSans, Density: news.DensityCompact}
	if f.settings != want {
		t.Errorf("stored %+v, want %+v", f.settings, want)
	}
	for _, path := range append(everyPage, "/none") {
		if got := root(path); !strings.Contains(got, `data-theme="sepia" data-size="large" data-width="wide" data-font="sans" data-density="compact"`) {
			t.Errorf("%s: <html%s>", path, got)
		}
	}
	page := get(t, h, "/settings?saved").Body.String()
	for _, part := range []string{"Saved.", `value="sepia" checked`, `value="compact" checked`, `<meta name="color-scheme" content="light">`, `<meta name="theme-color" content="` + themes(t)["sepia"]["background"] + `">`} {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
	if !strings.Contains(get(t, h, "/").Body.String(), `class="front dense"`) {
		t.Error("the front page does not show more on a screen")
	}

	// What a form does not have stays; what is wrong changes nothing.
	post(t, h, "/settings", url.Values{"theme": {""}})
	want.Theme = news.ThemeSystem
	if f.settings != want {
		t.Errorf("after the theme alone was sent %+v, want %+v", f.settings, want)
	}
	w = post(t, h, "/settings", url.Values{"theme": {"neon"}, "font": {""}})
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "Theme: &#34;neon&#34; is not one of") || f.settings != want {
		t.Errorf("an unknown theme: %d, stored %+v", w.Code, f.settings)
	}
}

// TestSettingsOfANewerVersion saves the form over a theme that this version does not have.
func TestSettingsOfANewerVersion(t *testing.T) {
	f := edition()
	f.settings = news.Settings{Theme: "neon", Font: news.FontSans}
	w := post(t, handler(f), "/settings", url.Values{"width": {"wide"}})
	if want := (news.Settings{Font: news.FontSans, Width: news.WidthWide}); w.Code != http.StatusSeeOther || f.settings != want {
		t.Errorf("%d, stored %+v, want %+v", w.Code, f.settings, want)
	}
}

// TestThemeColours compares the colours of the browser's own parts with those of the style sheet.
func TestThemeColours(t *testing.T) {
	f := edition()
	h := handler(f)
	all := themes(t)
	for _, theme := range news.Themes {
		f.settings.Theme = theme
		page := get(t, h, "/").Body.String()
		for _, name := range map[news.Theme][]string{"": {"light", "dark"}}[theme] {
			if want := `content="` + all[name]["background"] + `" media="(prefers-color-scheme: ` + name + `)"`; !strings.Contains(page, want) {
				t.Errorf("theme of the system: no %s", want)
			}
		}
		if want := `<meta name="theme-color" content="` + all[string(theme)]["background"] + `">`; theme != news.ThemeSystem && !strings.Contains(page, want) {
			t.Errorf("theme %s: no %s", theme, want)
		}
	}
}

// TestEachSettingCanBeChosen holds the form against the values that there are.
func TestEachSettingCanBeChosen(t *testing.T) {
	page := parse(t, get(t, handler(edition()), "/settings").Body.String())
	offered := map[string][]string{}
	for _, n := range find(page, "input") {
		if attr(n, "type") == "radio" {
			offered[attr(n, "name")] = append(offered[attr(n, "name")], attr(n, "value"))
		}
	}
	same(t, offered["theme"], news.Themes)
	same(t, offered["text_size"], news.TextSizes)
	same(t, offered["width"], news.Widths)
	same(t, offered["font"], news.Fonts)
	same(t, offered["density"], news.Densities)
}

func same[T ~string](t *testing.T, offered []string, values []T) {
	t.Helper()
	if len(offered) != len(values) || slices.ContainsFunc(values, func(v T) bool { return !slices.Contains(offered, string(v)) }) {
		t.Errorf("the form offers %q of %q", offered, values)
	}
}
