package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"headwater/internal/news"
)

// signature is of what readers are shown of a story: its articles and what each is to it, its headline, and what it goes back
// to. How sure that is in percent and why is left out, since each settling weighs it anew.
func signature(s news.Story) ([]byte, error) {
	type member struct {
		Article, Carries int64
		Role             news.Role
	}
	members := make([]member, 0, len(s.Members))
	for _, m := range s.Members {
		members = append(members, member{m.Article.ID, m.Carries, m.Role})
	}
	slices.SortFunc(members, func(a, b member) int { return cmp.Compare(a.Article, b.Article) })
	o := s.Origin
	shown, err := json.Marshal([]any{
		s.Event, s.Title, s.Outlets, millis(s.First), millis(s.Latest), o.Outlet, o.Article, o.URL, o.Title, o.Level, o.Scoop, members,
	})
	if err != nil {
		return nil, fmt.Errorf("story %d: %w", s.ID, err)
	}
	sum := sha256.Sum256(shown)
	return sum[:16], nil
}

const signaturesSQL = `SELECT id, signature FROM stories WHERE id IN (SELECT value FROM json_each(?))`

// signatures gives those of the stories given that are stored.
func (r *replacement) signatures(ctx context.Context) (map[int64]string, error) {
	type signed struct {
		id   int64
		sign string
	}
	rows, err := r.QueryContext(ctx, signaturesSQL, r.given)
	if err != nil {
		return nil, err
	}
	all, err := collect(rows, func(row scanner) (s signed, err error) {
		err = row.Scan(&s.id, &s.sign)
		return s, err
	})
	byID := make(map[int64]string, len(all))
	for _, s := range all {
		byID[s.id] = s.sign
	}
	return byID, err
}
