package pipeline

import (
	"context"
	"fmt"
	"slices"

	"headwater/internal/intake/clean"
	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/stories"
	"headwater/internal/stories/group"
	"headwater/internal/stories/prints"
)

// weighAgain counts what pages give that were had since their stories were weighed. Where a page turns out to stand at
// another address than the link to it, the article is compared anew with that.
func (n *Newsroom) weighAgain(ctx context.Context) (err error) {
	n.settling.Lock()
	defer n.settling.Unlock()
	ids, err := n.Store.Unweighed(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	defer func() {
		if err != nil {
			n.window = nil // it may hold what was not stored
		}
	}()
	s := store.Settlement{Prints: map[int64]prints.Print{}, Claims: map[int64][]news.Claim{}}
	if err := n.openWindow(ctx, &s); err != nil {
		return err
	}
	held := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return !n.holds(id) })
	known, err := n.Store.SourcesOf(ctx, held)
	if err != nil {
		return err
	}
	n.second.begin(ctx)
	defer n.second.end()
	if err := n.citeAnew(ctx, held, known, &s); err != nil {
		return err
	}
	if err := n.settleWindow(ctx, &s); err != nil {
		return err
	}
	if err := n.weighAll(ctx, n.untouched(held, s.Stories), &s); err != nil {
		return err
	}
	err = n.putPlaced(s, func(s store.Settlement) error { return n.Store.Weighed(ctx, ids, s) })
	if err != nil {
		return fmt.Errorf("weigh stories with the pages they credit: %w", err)
	}
	return nil
}

// citeAnew puts articles that turn out to cite another address than they write into the window again.
func (n *Newsroom) citeAnew(ctx context.Context, ids []int64, known map[string]store.Source, s *store.Settlement) error {
	var again []group.Item
	var moved []int64
	for _, id := range ids {
		it, _ := n.window.Item(id)
		it.Cites = stories.Cites(it.Article, it.Claims)
		before := len(it.Cites)
		for _, c := range it.Claims {
			src, ok := known[clean.PageURL(c.URL)]
			if !ok {
				continue
			}
			for _, u := range []string{clean.CanonicalURL(src.Article.URL), src.Article.Canonical} {
				if u != "" && u != it.Article.Canonical && !slices.Contains(it.Cites, u) {
					it.Cites = append(it.Cites, u)
				}
			}
		}
		if len(it.Cites) > before {
			again, moved = append(again, it), append(moved, id)
		}
	}
	if err := n.recall(ctx, n.window.MustLinked(moved), s); err != nil {
		return err
	}
	for _, it := range again {
		n.window.Add(it)
		s.Prints[it.Article.ID], s.Claims[it.Article.ID] = it.Print, it.Claims
	}
	return nil
}

// untouched gives the stories of articles that are not among those that settling changed.
func (n *Newsroom) untouched(ids []int64, changed []news.Story) []group.Change {
	done := map[int64]bool{0: true}
	for _, st := range changed {
		done[st.ID] = true
	}
	var out []group.Change
	for _, id := range ids {
		it, _ := n.window.Item(id)
		if done[it.Story] {
			continue
		}
		done[it.Story] = true
		st := n.window.Story(it.Story)
		members := slices.Sorted(slices.Values(st.Members))
		out = append(out, group.Change{Story: st.Story, Event: st.Event, Members: members})
	}
	return out
}
