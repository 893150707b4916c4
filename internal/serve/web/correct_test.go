package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"headwater/internal/news"
)

const ferrySeen = "8-8" // what the reader of story 1 has seen

func TestCorrectPage(t *testing.T) {
	h := handler(edition())
	w := get(t, h, "/story/1/correct?article=6")
	for _, want := range []string{
		`<form method="post" action="/story/1/split">`, `<input type="hidden" name="seen" value="8-8">`, `<input type="checkbox" name="article" value="6" checked>`,
		`<input type="radio" name="other" value="2"> <span dir="auto">Capital Herald: Minister orders`, `<option value="6" selected>The Evening Lantern`,
		`It stands as going back to <b dir="auto">Harbour Post</b> (Original).`,
	} {
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("status %d, without %s:\n%s", w.Code, want, w.Body)
		}
	}
	if strings.Contains(w.Body.String(), `<option value="1"`) {
		t.Error("the origin can be set to what it is")
	}
	if w := get(t, h, "/story/99/correct"); w.Code != http.StatusMovedPermanently || w.Header().Get("Location") != "/story/1/correct" {
		t.Errorf("a merged story's forms: %d %s", w.Code, w.Header().Get("Location"))
	}
	if w := get(t, h, "/story/12345/correct"); w.Code != http.StatusNotFound {
		t.Errorf("the forms of no story: %d", w.Code)
	}
	if page := get(t, h, "/story/1").Body.String(); !strings.Contains(page, `<a href="/story/1/correct">Correct this story</a>`) {
		t.Error("the story's page does not lead to its forms")
	}
	if w := get(t, h, "/corrections"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Nothing has been corrected.") {
		t.Errorf("no corrections: %d", w.Code)
	}
}

func TestCorrections(t *testing.T) {
	for name, c := range map[string]struct {
		path string
		form url.Values
		says string // of the correction on the page that confirms it
	}{
		"split":               {"/story/1/split", url.Values{"article": {"6", "7"}}, "2 articles taken out of a story"},
		"merge, chosen":       {"/story/1/merge", url.Values{"other": {"2"}}, "2 articles made one story"},
		"merge, a number":     {"/story/1/merge", url.Values{"typed": {" 2 "}}, "2 articles made one story"},
		"merge, an address":   {"/story/1/merge", url.Values{"typed": {"http://news.example/story/2#coverage"}, "other": {"3"}}, "2 articles made one story"},
		"an article's origin": {"/story/1/origin", url.Values{"article": {"6"}}, "article 6 is the origin of this story"},
		"an outlet's origin":  {"/story/1/origin", url.Values{"article": {""}, "outlet": {" The <Clarion> "}}, "The &lt;Clarion&gt; is the origin of this story"},
	} {
		t.Run(name, func(t *testing.T) {
			f := edition()
			h := handler(f)
			c.form.Set("seen", ferrySeen)
			w := post(t, h, c.path, c.form)
			if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/corrections?made=1" || len(f.corrections) != 1 {
				t.Fatalf("%d to %q: %s", w.Code, w.Header().Get("Location"), w.Body)
			}
			page := get(t, h, "/corrections?made=1").Body.String()
			for _, want := range []string{"Correction 1 is made.", c.says, `<form method="post" action="/corrections/1/forget"><button aria-label="Take correction 1 back">Undo</button>`} {
				if !strings.Contains(page, want) {
					t.Errorf("the page does not say %q:\n%s", want, page)
				}
			}
			w = post(t, h, "/corrections/1/forget", nil)
			if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/corrections?undone=1" || len(f.corrections) != 0 {
				t.Errorf("taken back: %d to %q", w.Code, w.Header().Get("Location"))
			}
			if page := get(t, h, "/corrections?undone=1").Body.String(); !strings.Contains(page, "Correction 1 is taken back.") {
				t.Error("the page does not say that it is taken back")
			}
			if w = post(t, h, "/corrections/1/forget", nil); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "There is no correction 1.") {
				t.Errorf("taken back twice: %d", w.Code)
			}
		})
	}
}

// What does not fit what is stored changes nothing, and the page says why: a second tab, a story that was merged meanwhile, a
// form that was filled in wrong.
func TestNothingCorrected(t *testing.T) {
	refused := &news.RefusedError{Text: "article 6 is not in story 1 but in story 7"}
	for name, c := range map[string]struct {
		path    string
		form    url.Values
		refused error
		status  int
		says    string
	}{
		"merged meanwhile":        {"/story/99/split", url.Values{"seen": {ferrySeen}, "article": {"6"}}, nil, 409, "Story 99 has been merged into story 1 since you opened the form. Nothing was changed."},
		"changed meanwhile":       {"/story/1/split", url.Values{"seen": {"7-8"}, "article": {"6"}}, nil, 409, "The story has other articles now than when you opened the form."},
		"no mark of what is seen": {"/story/1/origin", url.Values{"article": {"6"}}, nil, 409, "Nothing was changed"},
		"corrected in between":    {"/story/1/split", url.Values{"seen": {ferrySeen}, "article": {"6"}}, refused, 409, "Article 6 is not in story 1 but in story 7."},
		"the other was merged":    {"/story/2/merge", url.Values{"seen": {"2-11"}, "typed": {"98"}}, nil, 409, "Story 98 has been merged into story 3;"},
		"no other story":          {"/story/1/merge", url.Values{"seen": {ferrySeen}, "typed": {"12345"}}, nil, 404, "There is no story 12345."},
		"not a story":             {"/story/1/merge", url.Values{"seen": {ferrySeen}, "typed": {"the ferry"}}, nil, 409, "Choose a story, or give the address of its page or its number."},
		"no article marked":       {"/story/1/split", url.Values{"seen": {ferrySeen}}, nil, 409, "No article was marked"},
		"not an article":          {"/story/1/split", url.Values{"seen": {ferrySeen}, "article": {"x"}}, nil, 400, "is no number of an article"},
		"no origin":               {"/story/1/origin", url.Values{"seen": {ferrySeen}, "outlet": {" "}}, nil, 409, "Choose the version that is the original"},
		"no story":                {"/story/12345/split", url.Values{"seen": {ferrySeen}}, nil, 404, "Not found"},
	} {
		t.Run(name, func(t *testing.T) {
			f := edition()
			f.moved[98], f.refused = 3, c.refused
			w := post(t, handler(f), c.path, c.form)
			if w.Code != c.status || !strings.Contains(words(t, w.Body.String()), c.says) || len(f.corrections) > 0 {
				t.Errorf("status %d and %d corrections, want %d with %q:\n%s", w.Code, len(f.corrections), c.status, c.says, words(t, w.Body.String()))
			}
			if c.status == http.StatusConflict && !strings.Contains(w.Body.String(), "Look at it as it is now") {
				t.Error("the page does not lead back")
			}
		})
	}
	f := edition()
	w := post(t, handler(f), "/story/1/split", url.Values{"seen": {ferrySeen}, "article": {"6"}}, "Origin", "https://evil.example")
	if w.Code != http.StatusForbidden || len(f.corrections) > 0 {
		t.Errorf("a form of another site: %d", w.Code)
	}
}
