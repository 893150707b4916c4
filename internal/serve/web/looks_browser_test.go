package web_test

import (
	"fmt"
	"testing"

	"headwater/internal/news"
	"headwater/internal/serve/browsertest"
)

// TestLooks chooses looks on the page of settings, and shows every page with the largest text at the narrowest width, from right to
// left, and printed.
func TestLooks(t *testing.T) {
	if testing.Short() {
		t.Skip("drives a browser over every page")
	}
	f := edition()
	tab := openTab(t, handler(f))
	tab.Scheme("dark")
	tab.Width(1280)
	colour := func() string {
		t.Helper()
		return browsertest.Eval[string](tab, `getComputedStyle(document.body).backgroundColor`)
	}
	backgrounds := themes(t)
	for _, theme := range []struct {
		choose news.Theme
		shown  string
	}{{news.ThemeSepia, "sepia"}, {news.ThemeLight, "light"}, {news.ThemeDark, "dark"}, {news.ThemeSystem, "dark"}} {
		tab.Open("/settings")
		tab.Click(fmt.Sprintf(`input[name=theme][value=%q]`, theme.choose))
		tab.Click(`.settings button`)
		tab.Wait(`location.search === "?saved" && document.readyState === "complete"`)
		for _, path := range []string{"/settings", "/", "/"} {
			tab.Open(path)
			var r, g, b int
			if _, err := fmt.Sscanf(backgrounds[theme.shown]["background"], "#%02x%02x%02x", &r, &g, &b); err != nil {
				t.Fatal(err)
			}
			if got, want := colour(), fmt.Sprintf("rgb(%d, %d, %d)", r, g, b); got != want {
				t.Errorf("the theme %q on %s has the background %s, want %s", theme.choose, path, got, want)
			}
		}
	}

	// Text of 131% at 320 pixels is as a window of 1280 pixels at 400% and more (WCAG 2.2, 1.4.10).
	f.settings.TextSize = news.TextLargest
	tab.Width(320)
	for _, path := range append(everyPage, "/settings", "/offline") {
		tab.Open(path)
		for _, fault := range tab.Judge() {
			t.Errorf("%s at 320 pixels with the largest text: %s", path, fault)
		}
		browsertest.Eval[bool](tab, `(document.documentElement.dir = "rtl") === "rtl"`)
		for _, fault := range tab.Judge() {
			t.Errorf("%s from right to left: %s", path, fault)
		}
	}

	tab.Print()
	for _, path := range []string{"/", "/story/1", "/article/1"} {
		tab.Open(path)
		if n := browsertest.Eval[int](tab, `[...document.querySelectorAll("nav, form, button, input, footer, .skip")].filter((e) => e.checkVisibility()).length`); n > 0 {
			t.Errorf("%s prints %d parts that are to be clicked", path, n)
		}
		if !browsertest.Eval[bool](tab, `document.querySelector("h1").checkVisibility() && getComputedStyle(document.body).color === "rgb(0, 0, 0)"`) {
			t.Errorf("%s does not print its heading in black", path)
		}
		if !browsertest.Eval[bool](tab, `[...document.querySelectorAll("a.out")].every((a) => getComputedStyle(a, "::after").content.includes("http"))`) {
			t.Errorf("%s prints links without their addresses", path)
		}
	}
}
