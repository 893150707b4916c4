package store

import (
	"fmt"
	"testing"
	"time"

	"headwater/internal/news"
)

// BenchmarkClaimHosts claims and hands back 1,000 hosts with a feed each, as a pass does, and for comparison only reads the feeds.
func BenchmarkClaimHosts(b *testing.B) {
	db := open(b, b.TempDir())
	var feeds []news.Feed
	for i := range 1000 {
		feeds = append(feeds, news.Feed{URL: fmt.Sprintf("https://host%d.example/feed", i)})
	}
	if _, err := db.AddFeeds(b.Context(), feeds); err != nil {
		b.Fatal(err)
	}
	b.Run("claim", func(b *testing.B) {
		for i := range b.N {
			hosts, due, err := db.ClaimHosts(b.Context(), HostClaim{Due: time.Now(), Pass: fmt.Sprint(b.N, " ", i)})
			if err != nil || len(hosts) != 1000 || len(due) != 1000 {
				b.Fatal(len(hosts), len(due), err)
			}
			if err := db.ReleaseHosts(b.Context(), time.Now(), HostRelease{hosts, time.Second}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		for range b.N {
			if all, err := db.Feeds(b.Context()); err != nil || len(all) != 1000 {
				b.Fatal(len(all), err)
			}
		}
	})
}
