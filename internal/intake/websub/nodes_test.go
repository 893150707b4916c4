package websub_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"headwater/internal/intake/websub"
	"headwater/internal/news"
	"headwater/internal/store"
)

// dueTogether is a store that lets two subscribers read what is due before either changes it.
type dueTogether struct {
	*store.DB
	read *sync.WaitGroup
}

func (s dueTogether) DueSubscriptions(ctx context.Context, now time.Time) ([]news.Subscription, error) {
	due, err := s.DB.DueSubscriptions(ctx, now)
	s.read.Done()
	s.read.Wait()
	return due, err
}

// TestTwoNodesAskOnce has two nodes find the same request due.
func TestTwoNodesAskOnce(t *testing.T) {
	d := newDesk(t)
	d.announce(d.hub.URL)
	var read, done sync.WaitGroup
	read.Add(2)
	for range 2 {
		o := d.Options
		o.Store = dueTogether{d.db, &read}
		node := websub.New(o)
		done.Go(func() {
			if err := node.Tend(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	d.wantAsked("subscribe")
	if status, _ := d.verify("subscribe", "60"); status != 200 {
		t.Errorf("the hub's question is answered %d", status)
	}
}
