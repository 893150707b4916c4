package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"
	"log/slog"

	"headwater/internal/prints"
	"headwater/internal/store"
	"headwater/internal/news"
)

func must(err error) { if err != nil { panic(err) } }
func fit(size int, took time.Duration, most int) int {
	switch {
	case took > 20*time.Millisecond: return max(size/2, 1)
	case took < 10*time.Millisecond: return min(size*2, most)
	}
	return size
}
type hist []time.Duration
func (h hist) say(what string, n int) {
	if len(h)==0 { return }
	slices.Sort(h)
	var sum time.Duration
	for _, d := range h { sum += d }
	fmt.Printf("%s: %d steps, %d items, sum %v, median %v, p99 %v, max %v, last5 %v\n", what, len(h), n, sum, h[len(h)/2], h[len(h)*99/100], h[len(h)-1], h[max(len(h)-5,0):])
}
func main() {
	ctx := context.Background()
	dir := os.Args[1]
	b := time.Now()
	db, err := store.Open(ctx, dir, store.Options{Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})), EncodePrint: prints.Encode, DecodePrint: prints.Decode})
	must(err)
	fmt.Println("open", time.Since(b))
	say := func() { u, err := db.Usage(ctx); must(err); fmt.Printf("%+v\n", u) }
	say()
	now := time.Now()
	ends := func(s string) time.Time { d, err := time.ParseDuration(s); must(err); return time.Now().Add(d) }
	for _, what := range os.Args[2:] {
		switch {
		case what == "compact":
			b = time.Now(); must(db.Compact(ctx)); fmt.Println("compact", time.Since(b)); say()
		case what == "due":
			b = time.Now(); d, err := db.Due(ctx, now.Add(-30*24*time.Hour)); must(err); fmt.Println("due", d, time.Since(b))
			b = time.Now(); o, err := db.OldestChange(ctx); must(err); fmt.Println("oldest", o, time.Since(b))
		case what[:2] == "c=":
			var h, r, k hist; n := 0; size := 8
			for e := ends(what[2:]); time.Now().Before(e); {
				b := time.Now()
				cl, err := db.Closable(ctx, now.Add(-72*time.Hour), size); must(err)
				if len(cl) == 0 { break }
				var ids []int64
				for _, c := range cl { ids = append(ids, c.Story) }
				st, err := db.Stories(ctx, news.StoryList{IDs: ids}); must(err)
				for _, s := range st { if len(s.Members) > 1 { var a []int64; for _, m := range s.Members { a = append(a, m.Article.ID) }; l, err := db.Links(ctx, a); must(err); for i := range cl { if cl[i].Story == s.ID { cl[i].Edges = l } } } }
				r = append(r, time.Since(b))
				b = time.Now(); must(db.CloseStories(ctx, cl)); took := time.Since(b); h = append(h, took); size = fit(size, took, 256); n += len(cl)
				b = time.Now(); must(db.Checkpoint(ctx)); k = append(k, time.Since(b))
			}
			h.say("close", n); r.say("  read", size); k.say("  checkpoint", size); say()
		case what[:2] == "a=":
			var h, k hist; n := 0; size := 8
			for e := ends(what[2:]); time.Now().Before(e); {
				b := time.Now(); out, err := db.AgeOut(ctx, now.Add(-30*24*time.Hour), now, size); must(err); took := time.Since(b)
				if out.Passed == 0 { break }
				h = append(h, took); size = fit(size, took, 256); n += len(out.Articles)
				b = time.Now(); must(db.Checkpoint(ctx)); k = append(k, time.Since(b))
			}
			h.say("age", n); k.say("  checkpoint", size); say()
		case what[:2] == "s=":
			var h, k hist; n := 0; size := 64
			for e := ends(what[2:]); time.Now().Before(e); {
				b := time.Now(); f, err := db.Shrink(ctx, size); must(err); took := time.Since(b)
				if f == 0 { break }
				h = append(h, took); size = fit(size, took, 1024); n += f
				b = time.Now(); must(db.Checkpoint(ctx)); k = append(k, time.Since(b))
			}
			h.say("shrink", n); k.say("  checkpoint", size); say()
		}
	}
	b = time.Now(); must(db.Close()); fmt.Println("close db", time.Since(b))
}
