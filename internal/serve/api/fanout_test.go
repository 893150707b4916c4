package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"headwater/internal/news"
)

// longLog is a newsroom of which there is a log of stories only, as long as last says.
type longLog struct {
	last  atomic.Int64
	reads atomic.Int64
	takes time.Duration // for one look at the log

	mu      sync.Mutex // guards changed
	changed chan struct{}
}

func newLog(last int64) *longLog {
	l := &longLog{changed: make(chan struct{})}
	l.last.Store(last)
	return l
}

func (l *longLog) StoryLog(_ context.Context, after int64, limit int) (list []news.StoryChange, err error) {
	l.reads.Add(1)
	last := l.last.Load()
	time.Sleep(l.takes)
	for seq := after + 1; seq <= last && len(list) < limit; seq++ {
		list = append(list, news.StoryChange{Seq: seq, First: seq, Story: seq})
	}
	return list, nil
}

func (l *longLog) Stories(_ context.Context, list news.StoryList) (all []news.Story, err error) {
	for _, id := range list.IDs.IDs() {
		all = append(all, news.Story{ID: id})
	}
	return all, nil
}

func (l *longLog) NextChange() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

func (l *longLog) LastChange(context.Context) (int64, error) { return l.last.Load(), nil }

// grow adds stories and tells of them.
func (l *longLog) grow(n int64) {
	l.last.Add(n)
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.changed)
	l.changed = make(chan struct{})
}

// TestFanoutReadsOnce has many follow the log from its beginning: each gets all of it, and it is read as for one.
func TestFanoutReadsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := newLog(1050)
		room.takes = 10 * time.Millisecond
		f := newFanout(room)
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				events := 0
				for at := int64(0); at < 1050; {
					c, err := f.after(t.Context(), at, false)
					if err != nil || c.last <= at {
						t.Errorf("after %d: %d, %v", at, c.last, err)
						return
					}
					at, events = c.last, events+strings.Count(string(c.text), "event: story")
				}
				if events != 1050 {
					t.Errorf("%d events", events)
				}
			})
		}
		all.Wait()
		if n := room.reads.Load(); n != 11 {
			t.Errorf("the log was read %d times", n)
		}
		time.Sleep(time.Minute) // the turn is given back
	})
}

// TestFanoutBeginsAnew ends a stream that waits to catch up: another that waits for the same chunk gets it.
func TestFanoutBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFanout(newLog(10))
		f.catching <- struct{}{}
		leaving, leave := context.WithCancel(t.Context())
		left, got := make(chan error), make(chan chunk)
		go func() { _, err := f.after(leaving, 0, false); left <- err }()
		synctest.Wait()
		go func() {
			c, err := f.after(t.Context(), 0, false)
			if err != nil {
				t.Error(err)
			}
			got <- c
		}()
		synctest.Wait()
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		<-f.catching
		if c := <-got; c.last != 10 {
			t.Errorf("%d entries", c.last)
		}
		time.Sleep(time.Minute)
	})
}

// TestFanoutLiveWaitsForNobody has a live stream ask for a chunk that waits to be read.
func TestFanoutLiveWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFanout(newLog(10))
		f.catching <- struct{}{}
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan error)
		go func() { _, err := f.after(ctx, 0, false); left <- err }()
		synctest.Wait()
		if c, err := f.after(t.Context(), 0, true); err != nil || c.last != 10 {
			t.Errorf("%d entries, %v", c.last, err)
		}
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestFanoutMissesNothing lets stories come while streams at the end look: none goes to sleep over them.
func TestFanoutMissesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := newLog(0)
		room.takes = time.Millisecond
		f := newFanout(room)
		const last = 500
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * 100 * time.Microsecond)
				for at := int64(0); at < last; {
					next := room.NextChange()
					c, err := f.after(t.Context(), at, true)
					if err != nil {
						t.Error(err)
						return
					}
					if c.last == at {
						<-next // a story that was missed leaves everybody here, which synctest takes for a deadlock
					}
					at = c.last
				}
			})
		}
		for range last {
			room.grow(1)
			time.Sleep(700 * time.Microsecond)
		}
		all.Wait()
	})
}

// TestFanoutLeavesRoom has streams at different places catch up: the log is read a quarter of the time.
func TestFanoutLeavesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := newLog(1_000_000)
		room.takes = 100 * time.Millisecond
		f := newFanout(room)
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		var all sync.WaitGroup
		for i := range int64(50) {
			all.Go(func() {
				for at := i * 1001; ; {
					c, err := f.after(ctx, at, false)
					if err != nil {
						return // the time is over
					}
					at = c.last
				}
			})
		}
		all.Go(func() {
			begun := time.Now()
			if _, err := f.after(ctx, 999_999, true); err != nil || time.Since(begun) > time.Second {
				t.Errorf("a stream at the end waits %s: %v", time.Since(begun), err)
			}
		})
		all.Wait()
		if n := room.reads.Load(); n < 80 || n > 105 {
			t.Errorf("%d chunks of 100 ms were read in 40 s", n)
		}
		time.Sleep(time.Minute)
	})
}

func TestFanoutForgets(t *testing.T) {
	f := newFanout(newLog(0))
	for i := range int64(50) {
		f.cache(&cachedChunk{after: i, chunk: chunk{text: make([]byte, 1<<20)}, until: time.Now().Add(time.Hour)})
	}
	if f.size > cacheBytes || len(f.order) != cacheBytes>>20 {
		t.Errorf("%d bytes of %d chunks are kept", f.size, len(f.order))
	}
}

func TestStreamsAreCounted(t *testing.T) {
	s := streamClients{open: map[netip.Prefix]int{}}
	client := func(i int) netip.Prefix { return netip.MustParsePrefix(fmt.Sprintf("192.0.2.%d/32", i)) }
	enter := func(i, want int) {
		t.Helper()
		if status, text := s.enter(client(i)); status != want || (status != 0) != (text != "") {
			t.Fatalf("client %d: %d %q, want %d", i, status, text, want)
		}
	}
	for range maxClientStreams {
		enter(1, 0)
	}
	enter(1, http.StatusTooManyRequests)
	for i := range maxStreams - maxClientStreams {
		enter(2+i/maxClientStreams, 0)
	}
	enter(9, http.StatusServiceUnavailable)
	s.leave(client(1))
	enter(9, 0)
	s.leave(client(9))
	if len(s.open) != 3 {
		t.Errorf("%d clients are remembered", len(s.open))
	}
}
