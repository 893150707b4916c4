package pipeline

import (
	"context"
	"fmt"
	"slices"

	"headwater/internal/intake/clean"
	"headwater/internal/store"
	"headwater/internal/stories"
	"headwater/internal/stories/group"
)

// Reweigh weighs stories again whose members credit pages that were fetched since. Where a page's own address differs
// from the link to it, the article is compared again with the page's address.
func (s *Settler) Reweigh(ctx context.Context) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids, err := s.store.Unweighed(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	defer func() {
		if err != nil {
			s.window = nil // it may hold changes that were not stored
		}
	}()
	out := newSettlement()
	if err := s.openWindow(ctx, &out); err != nil {
		return err
	}
	held := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return !s.holds(id) })
	pages, err := s.store.SourcesOf(ctx, held)
	if err != nil {
		return err
	}
	s.opinion.begin(ctx)
	defer s.opinion.end()
	if err := s.addCites(ctx, held, pages, &out); err != nil {
		return err
	}
	if err := s.decide(ctx, &out); err != nil {
		return err
	}
	if err := s.weigh(ctx, s.otherStories(held, out.Stories), &out); err != nil {
		return err
	}
	err = s.put(out, func(out store.Settlement) error { return s.store.SettleSources(ctx, ids, out) })
	if err != nil {
		return fmt.Errorf("weigh stories with the pages they credit: %w", err)
	}
	return nil
}

// addCites puts articles into the window again if the pages that they link to have other addresses than the links.
func (s *Settler) addCites(ctx context.Context, ids []int64, pages map[string]store.Source, out *store.Settlement) error {
	var again []group.Item
	var moved []int64
	for _, id := range ids {
		it, _ := s.window.Item(id)
		it.Cites = stories.Cites(it.Article, it.Claims)
		before := len(it.Cites)
		for _, c := range it.Claims {
			page, ok := pages[clean.PageURL(c.URL)]
			if !ok {
				continue
			}
			for _, u := range []string{clean.CanonicalURL(page.Article.URL), page.Article.Canonical} {
				if u != "" && u != it.Article.Canonical && !slices.Contains(it.Cites, u) {
					it.Cites = append(it.Cites, u)
				}
			}
		}
		if len(it.Cites) > before {
			again, moved = append(again, it), append(moved, id)
		}
	}
	if err := s.reload(ctx, s.window.MustLinked(moved), out); err != nil {
		return err
	}
	for _, it := range again {
		s.add(it, out)
	}
	return nil
}
