package pipeline

import (
	"context"
	"fmt"
	"time"

	"headwater/internal/news"
	"headwater/internal/store"
)

// A new address is taken over when permanent redirects led there in so many polls in a row, over at least so long: a
// server set up wrongly for an hour must not take a feed away.
const (
	movedTimes = 3
	movedFor   = 3 * 24 * time.Hour
)

// moved notes where permanent redirects led, "" for none, and has the address taken over in time. Where another feed has
// that address, the feed says so.
func (n *Newsroom) moved(ctx context.Context, f *news.Feed, p *store.Poll, to string) error {
	if to != f.Moved.To {
		f.Moved = news.Move{To: to}
	}
	if to == "" || f.ID == 0 {
		return nil
	}
	if f.Moved.Times++; f.Moved.Times == 1 {
		f.Moved.First = f.Checked
	}
	if f.Moved.Times < movedTimes || f.Checked.Sub(f.Moved.First) < movedFor {
		return nil
	}
	taken, err := n.Store.AddressTaken(ctx, to)
	if err != nil {
		return err
	}
	if taken {
		f.Problem = fmt.Sprintf("it has moved for good to %s, which another feed has, or one that was removed; remove this one", to)
		return nil
	}
	n.Logger.Info("a feed has moved for good; its address was changed", "from", f.URL, "to", to)
	p.Adopt, f.Moved = to, news.Move{}
	return nil
}
