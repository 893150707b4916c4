package store

import (
	"encoding/json"
	"fmt"

	"headwater/internal/news"
)

// scoop is a news.Scoop as it is stored; "" stands for none.
type scoop struct {
	Name    string `json:"name,omitempty"`
	Domain  string `json:"domain,omitempty"`
	Agency  bool   `json:"agency,omitempty"`
	Article int64  `json:"article,omitempty"`
	URL     string `json:"url,omitempty"`
	By      string `json:"by,omitempty"`
	Text    string `json:"text,omitempty"`
}

func fromScoop(s news.Scoop) (string, error) {
	if s.Key() == "" {
		return "", nil
	}
	b, err := json.Marshal(scoop{s.Name, s.Domain, s.Agency, s.Article, s.URL, s.By, s.Text})
	return string(b), err
}

func toScoop(stored string) (news.Scoop, error) {
	if stored == "" {
		return news.Scoop{}, nil
	}
	var s scoop
	if err := json.Unmarshal([]byte(stored), &s); err != nil {
		return news.Scoop{}, fmt.Errorf("stored scoop %.40q: %w", stored, err)
	}
	return news.Scoop{
		Outlet: news.Outlet{Name: s.Name, Domain: s.Domain, Agency: s.Agency}, Article: s.Article, URL: s.URL, By: s.By, Text: s.Text,
	}, nil
}
