package newsroom

import (
	"context"
	"time"
)

// Collect asks the feeds that are due, as a pass of serve does, and neither settles nor indexes.
func (n *Newsroom) Collect(ctx context.Context) (Summary, error) {
	o := PassOptions{Turn: 30 * time.Second, Progress: func(string, int, int) {}}
	feeds, err := n.due(ctx, o)
	if err != nil {
		return Summary{}, err
	}
	return n.collectAll(ctx, feeds, o)
}
