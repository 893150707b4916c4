package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"time"

	"headwater/feeds"
	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/query"
	"headwater/internal/store"
	"headwater/internal/stories/outlets"
)

// settler is a node that settles, and what it copies.
type settler struct {
	db     *store.DB
	p      *pipeline.Pipeline
	recent []news.Article
	made   int
}

func newSettler(ctx context.Context, dir, database string) (*settler, error) {
	db, err := store.Open(ctx, dir, store.Options{Database: database, Logger: logger()})
	if err != nil {
		return nil, err
	}
	registry, errOutlets := outlets.Load(feeds.Agencies())
	recent, err := db.Articles(ctx, news.ArticleList{Limit: 1000})
	if err := errors.Join(errOutlets, err); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &settler{db: db, p: pipeline.New(pipeline.Options{Store: db, Index: query.NewIndex(db, nil, 0), Outlets: registry, Logger: logger()}), recent: recent}, nil
}

// add stores an article. Every second one copies an article of the window.
func (s *settler) add(ctx context.Context) error {
	i := s.made
	s.made++
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(i))) //nolint:gosec // texts, no secrets
	text := [2]string{sentence(r, titleWords), prose(r)}
	if i%2 == 1 {
		whole, err := s.db.Article(ctx, s.recent[i%len(s.recent)].ID)
		if err != nil {
			return err
		}
		text = [2]string{whole.Title, whole.Text}
	}
	a := generator{now: time.Now(), articles: 1}.article(0, int64(i%feedCount), text)
	a.GUID = fmt.Sprint("settled ", time.Now().UnixNano())
	a.URL, a.Canonical, a.Keys, a.Hash, a.Seen = a.GUID, "", news.ItemKeys{}, a.GUID, time.Now()
	_, err := s.db.Collect(ctx, []store.Poll{{Feed: news.Feed{ID: int64(i%feedCount) + 1, State: news.FeedOK, Checked: a.Seen, Due: a.Seen.Add(time.Hour)}, Articles: []news.Article{a}}})
	return err
}

// settle settles the one article that waits.
func (s *settler) settle(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	n, err := s.p.Settler.Settle(ctx, nil)
	if err == nil && n != 1 {
		err = fmt.Errorf("%d articles were settled at once, want 1; settle what waits in the folder first", n)
	}
	return time.Since(began), err
}

// settleEach adds and settles articles one at a time. Then it calls after, which may be nil.
func (s *settler) settleEach(ctx context.Context, count int, after func() error) (took []time.Duration, err error) {
	for range count {
		if err := s.add(ctx); err != nil {
			return nil, err
		}
		one, err := s.settle(ctx)
		if err != nil {
			return nil, err
		}
		took = append(took, one)
		if after != nil {
			if err := after(); err != nil {
				return nil, err
			}
		}
	}
	return took, nil
}

// settle adds articles to the folder one at a time and prints how long settling takes.
func settle(ctx context.Context, dir, database string, count int) (err error) {
	s, err := newSettler(ctx, dir, database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.db.Close()) }()
	first, err := s.settleEach(ctx, 1, nil)
	if err != nil {
		return err
	}
	fmt.Printf("the window was opened and the first article settled in %.2f s; heap %d MB\n", first[0].Seconds(), heap())
	took, err := s.settleEach(ctx, count, nil)
	if err != nil {
		return err
	}
	print3("settling one article", took)
	return nil
}

// standBy lets a second node stand by while the first settles articles one at a time, and take over. It prints how long that
// takes.
func standBy(ctx context.Context, dir, database string, count int) (err error) {
	first, err := newSettler(ctx, dir, database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, first.db.Close()) }()
	other, err := os.MkdirTemp("", "archive")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(other)) }()
	second, err := newSettler(ctx, other, database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, second.db.Close()) }()
	opened, err := first.settleEach(ctx, 1, nil)
	if err != nil {
		return err
	}
	before, began := heap(), time.Now()
	if err := second.p.Settler.StandBy(ctx); err != nil {
		return err
	}
	fmt.Printf("a node without a window took over in %.2f s; another stood by after %.2f s, with %d MB of heap\n", opened[0].Seconds(), time.Since(began).Seconds(), heap()-before)
	var looks []time.Duration
	took, err := first.settleEach(ctx, count, func() error {
		began := time.Now()
		err := second.p.Settler.StandBy(ctx)
		looks = append(looks, time.Since(began))
		return err
	})
	if err != nil {
		return err
	}
	print3("settling one article", took)
	print3("following it", looks)
	if _, err := first.settleEach(ctx, count, nil); err != nil { // which the other has not seen when it takes over
		return err
	}
	if err := first.p.Resign(ctx); err != nil {
		return err
	}
	if err := second.add(ctx); err != nil {
		return err
	}
	one, err := second.settle(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("it took over in %.2f s, %d settlements behind\n", one.Seconds(), count)
	return nil
}

// heap returns the megabytes in use.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc >> 20)
}

func print3(what string, took []time.Duration) {
	p50, p99 := percentiles(took)
	fmt.Printf("%s: p50 %.1f ms, p99 %.1f ms, at most %.1f ms of %d\n", what, p50, p99, took[len(took)-1].Seconds()*1000, len(took))
}
