package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"headwater/feeds"
	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/query"
	"headwater/internal/store"
	"headwater/internal/stories/outlets"
)

// settle adds articles to the folder one at a time and prints how long settling takes. Every second one copies an article of
// the window.
func settle(ctx context.Context, dir, database string, count int) (err error) {
	db, err := store.Open(ctx, dir, store.Options{Database: database, Logger: logger()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	registry, err := outlets.Load(feeds.Agencies())
	if err != nil {
		return err
	}
	settler := pipeline.New(pipeline.Options{Store: db, Index: query.NewIndex(db, nil, 0), Outlets: registry, Logger: logger()}).Settler
	recent, err := db.Articles(ctx, news.ArticleList{Limit: 1000})
	if err != nil {
		return err
	}
	took := make([]time.Duration, 0, count)
	for i := range count + 1 {
		r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(i))) //nolint:gosec // texts, no secrets
		text := [2]string{sentence(r, titleWords), prose(r)}
		if i%2 == 1 {
			whole, err := db.Article(ctx, recent[i%len(recent)].ID)
			if err != nil {
				return err
			}
			text = [2]string{whole.Title, whole.Text}
		}
		a := generator{now: time.Now(), articles: 1}.article(0, int64(i%feedCount), text)
		a.GUID = fmt.Sprint("settled ", time.Now().UnixNano())
		a.URL, a.Canonical, a.Keys, a.Hash, a.Seen = a.GUID, "", news.ItemKeys{}, a.GUID, time.Now()
		if _, err := db.Collect(ctx, []store.Poll{{Feed: news.Feed{ID: int64(i%feedCount) + 1, State: news.FeedOK, Checked: a.Seen, Due: a.Seen.Add(time.Hour)}, Articles: []news.Article{a}}}); err != nil {
			return err
		}
		began := time.Now()
		if n, err := settler.Settle(ctx, nil); err != nil {
			return err
		} else if n != 1 {
			return fmt.Errorf("%d articles were settled at once, want 1; settle what waits in the folder first", n)
		}
		if i == 0 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			fmt.Printf("the window was opened and the first article settled in %.2f s; heap %d MB\n", time.Since(began).Seconds(), m.HeapAlloc>>20)
			continue
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	fmt.Printf("settling one article: p50 %.1f ms, p99 %.1f ms, at most %.1f ms of %d\n", took[count/2].Seconds()*1000, took[count*99/100].Seconds()*1000, took[count-1].Seconds()*1000, count)
	return nil
}
