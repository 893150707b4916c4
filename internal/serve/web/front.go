package web

import (
	"fmt"
	"net/http"

	"headwater/internal/news"
)

type frontView struct {
	Cards  []card
	Pager  pager
	Status news.Status
	Fresh  freshView
}

// freshView says why there is nothing to show yet.
type freshView struct {
	Feeds, Read, Failed int
	Offline             bool
	Unsettled           int
}

func (s *server) front(w http.ResponseWriter, r *http.Request) error {
	n := pageNumber(r)
	stories, err := s.backend.Stories(r.Context(), news.StoryList{Limit: perPage + 1, Offset: (n - 1) * perPage})
	if err != nil {
		return fmt.Errorf("front page: %w", err)
	}
	view := frontView{Pager: pagerOf(r, n, len(stories) > perPage)}
	if view.Cards, err = s.cards(r.Context(), stories[:min(len(stories), perPage)]); err != nil {
		return err
	}
	if view.Status, err = s.backend.Status(r.Context()); err != nil {
		return fmt.Errorf("front page: %w", err)
	}
	p := page{Nav: "front", Feeds: feedLinks("All stories", "/feeds/all", "")}
	if len(view.Cards) == 0 && n == 1 {
		feeds, err := s.backend.Feeds(r.Context())
		if err != nil {
			return fmt.Errorf("front page: %w", err)
		}
		f := freshView{Feeds: len(feeds), Offline: offline(feeds), Unsettled: view.Status.Unsettled}
		for _, feed := range feeds {
			switch {
			case failed(feed.State):
				f.Failed++
			case stateOf(feed) != string(news.FeedWaiting):
				f.Read++
			}
		}
		if f.Read+f.Failed < f.Feeds || f.Unsettled > 0 { // there will be more soon
			p.Refresh = 5
		}
		view.Fresh = f
	}
	p.Body = view
	return s.write(w, r, http.StatusOK, "front", p)
}
