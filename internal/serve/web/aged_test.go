package web_test

import (
	"net/http"
	"strings"
	"testing"

	"headwater/internal/news"
)

// TestAgedOutStory says what is left of it, also where an old id leads there.
func TestAgedOutStory(t *testing.T) {
	gone := news.Story{
		ID: 70, Title: "Ferry <berths> closed", Outlets: 2, Aged: 3, First: now.AddDate(0, -2, 0), Latest: now.AddDate(0, -2, 1),
		Origin: news.Origin{Outlet: news.Outlet{Name: "The Herald", Domain: "herald.example"}, URL: "https://herald.example/pier", Aged: true, Level: news.LevelLikely},
	}
	h := handler(&fake{stories: []news.Story{gone}, moved: map[int64]int64{71: 70}})
	w := get(t, h, "/story/70")
	for _, want := range []string{"Ferry &lt;berths&gt; closed", "The Herald", "https://herald.example/pier", "it had 3 articles at 2 outlets"} {
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("status %d, without %q:\n%s", w.Code, want, w.Body)
		}
	}
	if w := get(t, h, "/story/71"); w.Code != http.StatusMovedPermanently || w.Header().Get("Location") != "/story/70" {
		t.Errorf("its old id gave %d %s", w.Code, w.Header().Get("Location"))
	}
}

// TestPartlyAgedOutStory says how much is gone, and that the original is.
func TestPartlyAgedOutStory(t *testing.T) {
	f := edition()
	st := &f.stories[0]
	st.Aged, st.Members = 1, st.Members[1:]
	st.Origin.Article, st.Origin.Aged = 0, true
	w := get(t, handler(f), "/story/1")
	if w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	for want, there := range map[string]bool{"1 of its 8 articles were aged out": true, "its article was aged out": true, "No feed of yours": false} {
		if strings.Contains(w.Body.String(), want) != there {
			t.Errorf("%q stands there: %v, want %v:\n%s", want, !there, there, w.Body)
		}
	}
}
