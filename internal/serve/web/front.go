package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"headwater/internal/news"
)

// maxCoverage is how many other stories of an event a card names.
const maxCoverage = 3

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
	p, err := s.page(r.Context(), "", "front")
	if err != nil {
		return err
	}
	p.Feeds = feedLinks("All stories", "/feeds/all", "")
	if len(view.Cards) == 0 && n == 1 {
		if view.Fresh, err = s.fresh(r.Context(), view.Status); err != nil {
			return err
		}
		p.Refresh = view.Fresh.refresh()
	}
	p.Body = view
	return s.pages.write(w, http.StatusOK, "front", p)
}

func (s *server) fresh(ctx context.Context, status news.Status) (freshView, error) {
	feeds, err := s.backend.Feeds(ctx)
	if err != nil {
		return freshView{}, fmt.Errorf("front page: %w", err)
	}
	f := freshView{Feeds: len(feeds), Offline: offline(feeds), Unsettled: status.Unsettled}
	for _, feed := range feeds {
		switch {
		case failed(feed.State):
			f.Failed++
		case !waiting(feed):
			f.Read++
		}
	}
	return f, nil
}

// refresh says how soon the page should look again: only while something is under way.
func (f freshView) refresh() int {
	if f.Read+f.Failed < f.Feeds || f.Unsettled > 0 {
		return 5
	}
	return 0
}

// cards shows the stories of one event as one card, led by the first of them.
func (s *server) cards(ctx context.Context, stories []news.Story) ([]card, error) {
	var events []int64
	for _, st := range stories {
		if st.Event != 0 && !slices.Contains(events, st.Event) {
			events = append(events, st.Event)
		}
	}
	coverage, err := s.backend.Coverage(ctx, events, maxCoverage+1) // one of them may be the card's own
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	var cards []card
	shown := map[int64]bool{}
	for _, st := range stories {
		if len(st.Members) == 0 || st.Event != 0 && shown[st.Event] {
			continue
		}
		shown[st.Event] = true
		c, of := cardOf(st, s.now()), coverage[st.Event]
		for _, o := range of.Stories {
			if o.ID != st.ID && len(o.Members) > 0 && len(c.Coverage) < maxCoverage {
				c.Coverage = append(c.Coverage, headlineOf(o, s.now()))
			}
		}
		c.More = max(of.Total-1-len(c.Coverage), 0)
		cards = append(cards, c)
	}
	return cards, nil
}

// others gives the other stories of a story's event.
func (s *server) others(ctx context.Context, st news.Story) ([]news.Story, error) {
	if st.Event == 0 {
		return nil, nil
	}
	all, err := s.backend.Stories(ctx, news.StoryList{Event: st.Event, Limit: 50})
	if err != nil {
		return nil, fmt.Errorf("event %d: %w", st.Event, err)
	}
	var others []news.Story
	for _, o := range all {
		if o.ID != st.ID && len(o.Members) > 0 {
			others = append(others, o)
		}
	}
	return others, nil
}
