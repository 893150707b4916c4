package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"headwater/internal/store/pgtest"
)

// nodes opens n stores on one database, each with a data folder of its own. Leases last for the given time.
func nodes(t *testing.T, n int, lease time.Duration) []*DB {
	t.Helper()
	if !pgtest.OnPostgreSQL() {
		t.Skip("SQLite has one node")
	}
	o := options(t, t.TempDir())
	o.Lease = lease
	all := make([]*DB, n)
	for i := range all {
		all[i] = openWith(t, t.TempDir(), o)
	}
	return all
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for ends := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(ends) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

// TestOneNodeHasALease has three nodes do the same work, each as often as it gets the lease.
func TestOneNodeHasALease(t *testing.T) {
	all := nodes(t, 3, time.Minute)
	var wg sync.WaitGroup
	var working, most, done atomic.Int64
	for _, db := range all {
		wg.Go(func() {
			for own := 0; own < 10; {
				did, err := db.WithLease(t.Context(), "work", func(context.Context) error {
					most.Store(max(most.Load(), working.Add(1)))
					time.Sleep(time.Millisecond)
					working.Add(-1)
					own++
					done.Add(1)
					return nil
				})
				if err != nil {
					t.Error(err)
					return
				}
				if !did {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	wg.Wait()
	if most.Load() != 1 || done.Load() != 30 {
		t.Errorf("%d nodes worked at once, and %d times in all; want 1 and 30", most.Load(), done.Load())
	}
}

// TestLeaseOfADeadNode lets a node die that has a lease. Another goes on when the lease has ended, and not before.
func TestLeaseOfADeadNode(t *testing.T) {
	const lease = 700 * time.Millisecond
	all := nodes(t, 2, lease)
	began := time.Now()
	if ok, err := all[0].claimLease(t.Context(), "work"); err != nil || !ok { // and nothing renews it
		t.Fatal(ok, err)
	}
	if ok, err := all[1].claimLease(t.Context(), "work"); err != nil || ok {
		t.Fatalf("a second node got the lease at once: %v, %v", ok, err)
	}
	if ok, err := all[1].claimLease(t.Context(), "other work"); err != nil || !ok {
		t.Fatalf("another lease: %v, %v", ok, err)
	}
	eventually(t, "the lease is free", func() bool {
		ok, err := all[1].claimLease(t.Context(), "work")
		if err != nil {
			t.Fatal(err)
		}
		return ok
	})
	if took := time.Since(began); took < lease {
		t.Errorf("the second node got the lease after %s, before it ended", took)
	}
}

// TestLeaseIsRenewed works for longer than a lease lasts.
func TestLeaseIsRenewed(t *testing.T) {
	const lease = 600 * time.Millisecond
	all := nodes(t, 2, lease)
	_, err := all[0].WithLease(t.Context(), "work", func(ctx context.Context) error {
		for ends := time.Now().Add(3 * lease); time.Now().Before(ends); time.Sleep(lease / 10) {
			if did, err := all[1].WithLease(ctx, "work", func(context.Context) error { return nil }); did || err != nil {
				return fmt.Errorf("a second node worked: %v, %w", did, err)
			}
		}
		return ctx.Err()
	})
	if err != nil {
		t.Error(err)
	}
	if did, err := all[1].WithLease(t.Context(), "work", func(context.Context) error { return nil }); !did || err != nil {
		t.Errorf("after the first handed it back: %v, %v", did, err)
	}
}

// TestLostLeaseEndsTheWork takes the lease away from a node that works, as after a long stop of its process.
func TestLostLeaseEndsTheWork(t *testing.T) {
	all := nodes(t, 2, 300*time.Millisecond)
	_, err := all[0].WithLease(t.Context(), "work", func(ctx context.Context) error {
		if err := all[1].exec(ctx, "take it away", `UPDATE leases SET holder = ?, until = until + 60000`, all[1].Node()); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(10 * time.Second):
			return errors.New("it went on")
		}
	})
	if !errors.Is(err, ErrLeaseLost) {
		t.Errorf("error %v, want ErrLeaseLost", err)
	}
	if n, err := all[1].number(t.Context(), "leases", `SELECT count(*) FROM leases`); err != nil || n != 1 {
		t.Errorf("%d leases, %v; the one that was taken away has to stay", n, err)
	}
}

// TestClaimsWaitForNoWriter claims while another transaction writes.
func TestClaimsWaitForNoWriter(t *testing.T) {
	all := nodes(t, 2, time.Minute)
	err := all[0].write(t.Context(), "write", func(ctx context.Context, _ tx) error {
		bounded, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		did, err := all[1].WithLease(bounded, "work", func(context.Context) error { return nil })
		if err == nil && !did {
			err = errors.New("it was not claimed")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestClock(t *testing.T) {
	db := open(t, t.TempDir())
	given := day
	got, err := db.Clock(t.Context(), given)
	switch {
	case err != nil:
		t.Error(err)
	case !db.Shared() && !got.Equal(given):
		t.Errorf("alone, the clock shows %s, want the caller's %s", got, given)
	case db.Shared() && (got.Before(time.Now().Add(-time.Minute)) || got.After(time.Now().Add(time.Minute))):
		t.Errorf("the clock of the database shows %s", got) // it runs on this machine
	}
}
