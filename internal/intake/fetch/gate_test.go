package fetch

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func (g *gate) held() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.hosts)
}

func TestGateLimitsEachHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2, 0)
		var mu sync.Mutex
		running, most := map[string]int{}, map[string]int{}
		var wg sync.WaitGroup
		for _, host := range []string{"a", "b"} {
			for range 10 {
				wg.Go(func() {
					release, err := g.enter(context.Background(), host)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					running[host]++
					most[host] = max(most[host], running[host])
					mu.Unlock()
					time.Sleep(time.Second)
					mu.Lock()
					running[host]--
					mu.Unlock()
					release()
				})
			}
		}
		start := time.Now()
		wg.Wait()
		if most["a"] != 2 || most["b"] != 2 {
			t.Errorf("most at once: %v, want 2 each", most)
		}
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("took %s, want 5s: the hosts must not wait for each other", took)
		}
		if g.held() != 0 {
			t.Errorf("%d entries left behind", g.held())
		}
	})
}

func TestGatePauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 3*time.Second)
		start := time.Now()
		var starts []time.Duration
		for range 3 {
			release, err := g.enter(context.Background(), "a")
			if err != nil {
				t.Fatal(err)
			}
			starts = append(starts, time.Since(start))
			time.Sleep(time.Second)
			release()
		}
		if starts[0] != 0 || starts[1] != 4*time.Second || starts[2] != 8*time.Second {
			t.Errorf("requests began at %v, want 0, 4s, 8s", starts)
		}
		if g.held() != 1 {
			t.Error("the host was forgotten during its pause")
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if g.held() != 0 {
			t.Error("the host was not forgotten after its pause")
		}
	})
}

func TestGateGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, time.Hour)
		release, err := g.enter(context.Background(), "a")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := g.enter(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting for the slot: %v", err)
		}
		release()
		ctx, cancel = context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := g.enter(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting for the pause: %v", err)
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if g.held() != 0 {
			t.Errorf("%d entries left behind", g.held())
		}
	})
}
