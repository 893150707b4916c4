package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"headwater/internal/locale"
	"headwater/internal/search"
)

// suggestion is a way to go on with what is typed in the search box.
type suggestion struct {
	Name  string `json:"name"`            // what is shown
	Kind  string `json:"kind"`            // "topic", "outlet", "language" ...; "" is a word
	Count string `json:"count,omitempty"` // "1,204 headlines"
	Query string `json:"query"`           // what the box holds when it is chosen
	URL   string `json:"url"`             // where it leads
}

// suggest answers what the search box may suggest, as JSON for app.js, or with ?form=opensearch as browsers read it.
func (s *server) suggest(w http.ResponseWriter, r *http.Request) error {
	query := strings.TrimLeft(strings.ToValidUTF8(r.URL.Query().Get("q"), ""), " ") // a space at the end begins another word
	all := []suggestion{}
	if query != "" && utf8.RuneCountInString(query) <= maxQuery {
		topics, _, err := s.visibleTopics(r)
		if err != nil {
			return err
		}
		found, err := s.backend.Complete(r.Context(), query, topics)
		if err != nil {
			return fmt.Errorf("complete %q: %w", query, err)
		}
		l := s.locale(r)
		for _, c := range found {
			all = append(all, suggestionOf(l, c))
		}
	}
	var answer any = struct {
		Suggestions []suggestion `json:"suggestions"`
	}{all}
	kind := "application/json"
	if r.URL.Query().Get("form") == "opensearch" {
		answer, kind = openSearchAnswer(query, s.siteFor(r).URL, all), openSearchSuggestions
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("suggestions: %w", err)
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(body) // an error here means that the client has gone
	return nil
}

func suggestionOf(l *locale.Locale, c search.Completion) suggestion {
	query := c.Before + c.Value
	one := suggestion{Name: query, Kind: l.Text(string(c.Kind)), Query: query, URL: "/search?q=" + url.QueryEscape(query)}
	switch c.Kind {
	case search.CompleteWord:
		one.Kind = ""
		if c.Articles > 0 {
			one.Count = l.Text("%d headlines", c.Articles)
		}
	case search.CompleteTopic:
		one.Name, one.URL = c.Name, "/topic/"+url.PathEscape(c.Name)
	case search.CompleteOutlet:
		one.Name = strings.TrimSpace(strings.TrimSpace(c.Before) + " " + c.Name)
	case search.CompleteLang:
		one.Name = l.LanguageName(c.Value)
	}
	if one.Kind != "" && c.Articles > 0 {
		one.Count = l.Text("%d articles", c.Articles)
	}
	return one
}
