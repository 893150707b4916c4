package pipeline

import (
	"context"
	"fmt"
	"slices"

	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/stories/group"
)

// remake makes the prints of settled articles anew that another version of this program left, from the stored texts. They
// keep their stories until the next Settle compares them again, which stores the prints in place of the old ones.
func (n *Newsroom) remake(ctx context.Context, w *group.Grouper, rows []store.WindowRow, s *store.Settlement) error {
	for part := range slices.Chunk(rows, readChunk) {
		ids := make([]int64, len(part))
		for i, r := range part {
			ids[i] = r.Article.ID
		}
		articles, err := n.Store.ArticlesByID(ctx, ids)
		if err != nil {
			return err
		}
		if len(articles) < len(part) {
			return fmt.Errorf("prints of another version: %d of %d articles have no stored text; restore a backup or run doctor",
				len(part)-len(articles), len(part))
		}
		items, err := n.items(ctx, articles)
		if err != nil {
			return err
		}
		for i, it := range items {
			it.Story, it.Event = part[i].Story, part[i].Event
			w.Add(it)
			s.Prints[it.Article.ID], s.Claims[it.Article.ID] = it.Print, it.Claims
		}
	}
	return nil
}

// remade says whether the settlement at hand has a new print of either article of an edge.
func remade(s *store.Settlement, e news.Edge) bool {
	_, a := s.Prints[e.A]
	_, b := s.Prints[e.B]
	return a || b
}
