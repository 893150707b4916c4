package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
)

// TestSavingForms adds a target, wrongly and rightly. What its service says against the check is shown, and no secret.
func TestSavingForms(t *testing.T) {
	f := edition()
	h := handler(f)
	form := url.Values{"kind": {"linkding"}, "name": {"Links"}, "field_token": {"s3cret"}}
	if w := post(t, h, "/settings/saving", form); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "The address of the server is missing") || strings.Contains(w.Body.String(), "s3cret") {
		t.Errorf("without an address: %d\n%s", w.Code, w.Body)
	}
	form.Set("address", "https://links.example")
	if w := post(t, h, "/settings/saving", form); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/settings/saving?checked=1" {
		t.Errorf("%d to %s", w.Code, w.Header().Get("Location"))
	}
	for _, address := range []string{"/settings/saving?checked=1", "/settings/saving?change=1"} {
		body := get(t, h, address).Body.String()
		if !strings.Contains(body, "it refuses the login") || !strings.Contains(body, "https://links.example") || strings.Contains(body, "s3cret") {
			t.Errorf("%s:\n%s", address, body)
		}
	}
	if w := post(t, h, "/settings/saving/9/test", url.Values{}); w.Code != http.StatusNotFound {
		t.Errorf("a target that is not there: %d", w.Code)
	}
}

// TestSaveArticle presses the button of an article twice.
func TestSaveArticle(t *testing.T) {
	f := edition()
	f.targets = []news.SaveTarget{{ID: 3, Kind: "linkding", Name: "Links"}}
	h := handler(f)
	page := get(t, h, "/article/1").Body.String()
	if !strings.Contains(page, `<button name="target" value="3" class="save-to">Save to Links</button>`) {
		t.Fatalf("no button:\n%s", page)
	}
	form := url.Values{"target": {"3"}, "back": {"/article/1"}}
	for _, want := range []string{"/article/1#save", "/article/1?already=3#save"} {
		if w := post(t, h, "/article/1/save", form); w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
			t.Errorf("%d to %s, want %s", w.Code, w.Header().Get("Location"), want)
		}
	}
	page = get(t, h, "/article/1?already=3").Body.String()
	if !strings.Contains(page, "This article is saved to Links already.") || !strings.Contains(page, `name="again" value="3"`) {
		t.Errorf("saved:\n%s", page)
	}
	f.savings = []news.Saving{{Target: 3, State: news.SavingFailed, Since: time.Now(), Problem: "422 Unprocessable Entity: it does not take this article"}}
	if page = get(t, h, "/article/1").Body.String(); !strings.Contains(page, "It was given up.") || !strings.Contains(page, "it does not take this article") {
		t.Errorf("given up:\n%s", page)
	}
}
