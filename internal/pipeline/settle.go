package pipeline

import (
	"context"
	"slices"

	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/stories"
	"headwater/internal/stories/group"
)

// Settle groups every article in the log beyond the settler's watermark, and weighs the origins of the affected stories.
// It returns the number of articles settled. Progress may be nil.
func (s *Settler) Settle(ctx context.Context, progress func(done, total int)) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opinion.begin(ctx)
	defer s.opinion.end()
	total := 0
	for {
		done, err := s.settleRound(ctx, progress)
		total += done
		if err != nil {
			s.window = nil // it may hold changes that were not stored
			return total, err
		}
		if done < stories.Round {
			return total, nil
		}
	}
}

func (s *Settler) settleRound(ctx context.Context, progress func(done, total int)) (int, error) {
	mark, err := s.store.Watermark(ctx, settleMark)
	if err != nil {
		return 0, err
	}
	waiting, err := s.store.CountAfter(ctx, mark)
	if err != nil || waiting == 0 {
		return 0, err
	}
	out := newSettlement()
	out.Through = mark
	if err := s.openWindow(ctx, &out); err != nil {
		return 0, err
	}
	done := 0
	for done < stories.Round {
		articles, err := s.store.Log(ctx, out.Through, readChunk)
		if err != nil {
			return done, err
		}
		if len(articles) == 0 {
			break
		}
		ids := make([]int64, len(articles))
		for i, a := range articles {
			ids[i] = a.ID
		}
		if err := s.reload(ctx, slices.Concat(ids, s.window.MustLinked(ids)), &out); err != nil { // a revised article stays with its story and with the articles that corrections link to it
			return done, err
		}
		items, err := s.items(ctx, articles)
		if err != nil {
			return done, err
		}
		for _, it := range items {
			s.add(it, &out)
		}
		out.Through = articles[len(articles)-1].Seq
		done += len(articles)
		if progress != nil {
			progress(done, max(waiting, done))
		}
	}
	if err := s.decide(ctx, &out); err != nil {
		return done, err
	}
	return done, s.put(out, func(out store.Settlement) error { return s.store.Settle(ctx, out) })
}

// decide groups the articles that were added to the window, and puts the changes into the settlement.
func (s *Settler) decide(ctx context.Context, out *store.Settlement) error {
	result := s.window.Settle()
	if err := s.opinion.fault(); err != nil {
		return err
	}
	out.Edges, out.Moved = result.Edges, result.Moved
	if err := s.weigh(ctx, result.Changed, out); err != nil {
		return err
	}
	for _, c := range s.otherStories(result.Templated, out.Stories) {
		if stories.Templated(s.window, stories.Candidates(s.window, c, s.feeds)) {
			out.Templates = append(out.Templates, c.Story)
		}
	}
	return nil
}

// weigh weighs changed stories with the pages that their members credit, and adds the pages to fetch to the settlement.
func (s *Settler) weigh(ctx context.Context, changed []group.Change, out *store.Settlement) error {
	var pages map[string]store.Source
	if s.readSources {
		var ids []int64
		for _, c := range changed {
			ids = append(ids, c.Members...)
		}
		var err error
		if pages, err = s.store.SourcesOf(ctx, ids); err != nil {
			return err
		}
	}
	now := s.now() // one time for all, so that stories that change together keep their order in the combined feed
	for _, c := range changed {
		members := stories.Candidates(s.window, c, s.feeds)
		st := stories.Weigh(s.window, s.weigher, c, members, creditedPages(members, pages), now)
		out.Stories = append(out.Stories, st)
		if s.readSources && st.Latest.After(now.Add(-s.windowLength)) {
			out.Cited = append(out.Cited, wantedPages(members)...)
		}
	}
	return nil
}

// otherStories returns the stories of articles that are not among the changed stories.
func (s *Settler) otherStories(articles []int64, changed []news.Story) []group.Change {
	done := map[int64]bool{0: true}
	for _, st := range changed {
		done[st.ID] = true
	}
	var out []group.Change
	for _, id := range articles {
		it, _ := s.window.Item(id)
		if done[it.Story] {
			continue
		}
		done[it.Story] = true
		st := s.window.Story(it.Story)
		members := slices.Sorted(slices.Values(st.Members))
		out = append(out, group.Change{Story: st.Story, Event: st.Event, Members: members})
	}
	return out
}

// put stores a settlement by calling store, and announces that stories changed.
func (s *Settler) put(out store.Settlement, store func(store.Settlement) error) error {
	if err := s.index.Apply(out, store); err != nil {
		return err
	}
	s.changed()
	return nil
}
