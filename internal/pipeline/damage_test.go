package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/search"
)

// TestIndexDamaged damages a file of the index again and again, after the program has closed it or was killed. The next process
// says so and builds the index anew, or the damage did no harm. Searches equal the store, and the store is whole.
func TestIndexDamaged(t *testing.T) {
	runs, err := strconv.Atoi(os.Getenv("HEADWATER_TEST_DAMAGES"))
	measured := err == nil
	if !measured {
		runs = 6
	}
	if testing.Short() {
		t.Skip("kills processes")
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	v, press := newVictim(t, random, 0)
	grow := func(run int) { press.grow(run * crashKills / max(runs, crashKills)) }
	grow(0)
	t.Run("first", func(t *testing.T) {
		room := open(t, v.dir, settings{allow: loopback})
		add(t, room, v.server, press.names...)
		pass(t, room)
	})
	anew := 0
	for run := range runs {
		grow(run)
		ended := "closed"
		if random.IntN(2) == 0 {
			ended = "killed"
			v.kill(t)
		} else {
			t.Run(fmt.Sprint(run, " before"), func(t *testing.T) { pass(t, open(t, v.dir, settings{allow: loopback})) })
		}
		what := damage(t, filepath.Join(v.dir, "index.bleve"), ended == "closed", random)
		wantSound(t, v.dir, press)
		t.Run(fmt.Sprintf("%d %s, %s", run, ended, what), func(t *testing.T) {
			var log notes
			room := open(t, v.dir, settings{allow: loopback, log: &log, lease: 300 * time.Millisecond})
			serveUntilAlike(t, room)
			switch n := strings.Count(log.String(), "index begun anew; it fills from the log"); {
			case n > 1 || n == 1 && !strings.Contains(log.String(), "reason="):
				t.Errorf("said %d times:\n%s", n, &log)
			case n == 1:
				anew++
				_, reason, _ := strings.Cut(log.String(), "reason=")
				t.Log(strings.Split(reason, "\n")[0])
			}
		})
	}
	t.Logf("%d times begun anew of %d", anew, runs)
	if measured && anew < runs/3 {
		t.Error("hardly any damage was noticed")
	}
}

// damage damages a file of an index and returns what it did. Files of a closed index may keep their times.
func damage(t *testing.T, index string, closed bool, random *rand.Rand) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(index, "store", "*"))
	must(t, err)
	files = append(files, filepath.Join(index, "index_meta.json"), filepath.Join(index, "store", "root.bolt"))
	if closed {
		files = append(files, filepath.Join(index, "closed"))
	}
	path := files[random.IntN(len(files))]
	info, err := os.Stat(path)
	must(t, err)
	data, err := os.ReadFile(path)
	must(t, err)
	var what string
	kinds := 5
	if !closed && filepath.Base(path) == "root.bolt" {
		kinds = 4 // its pages have no checksums, so single bytes of it may change unnoticed after a kill
	}
	switch random.IntN(kinds) {
	case 0:
		what, data = "cut", data[:random.IntN(len(data)+1)]
	case 1:
		what, data = "zeros", make([]byte, len(data))
	case 2:
		what = "missing"
	case 3:
		what = "noise"
		for i := range data {
			data[i] = byte(random.Uint32())
		}
	case 4:
		what = "bytes"
		for range 1 + random.IntN(8) {
			data[random.IntN(len(data))] ^= byte(1 + random.IntN(255))
		}
	}
	name := filepath.Base(path)
	if what == "missing" {
		must(t, os.Remove(path))
		return name + " missing"
	}
	must(t, os.WriteFile(path, data, 0o600))
	if closed && random.IntN(2) == 0 {
		must(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
		what += " at the same time"
	}
	return name + " " + what
}

// serveUntilAlike runs the stages until searches equal the store.
func serveUntilAlike(t *testing.T, room *pipelinetest.Room) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- room.Pipeline.KeepUp(ctx) }()
	problem := errors.New("not compared")
	for deadline := time.Now().Add(time.Minute); problem != nil && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		problem = compareIndex(ctx, room)
	}
	if problem != nil {
		t.Errorf("a minute later: %v", problem)
	}
	stop()
	must(t, <-ended)
	must(t, room.Pipeline.Resign(t.Context()))
}

// compareIndex returns how searches differ from the store: those for all articles, and those for two words of each.
func compareIndex(ctx context.Context, room *pipelinetest.Room) error {
	articles, err := room.Store.Articles(ctx, news.ArticleList{Limit: 10 * crashFeeds * crashItems})
	if err != nil {
		return err
	}
	find := func(query string) ([]int64, error) {
		found, err := room.Stories.Search(ctx, search.Request{Query: query, Limit: 10 * crashFeeds * crashItems})
		var ids []int64
		for _, hit := range found.Articles {
			ids = append(ids, hit.Article.ID)
		}
		slices.Sort(ids)
		return ids, err
	}
	var stored []int64
	holds := map[string][]int64{} // articles by words
	for _, a := range articles {
		stored = append(stored, a.ID)
		words := strings.Fields(strings.ReplaceAll(a.Title+" "+a.Body(), ".", " "))
		slices.Sort(words)
		for _, word := range slices.Compact(words) {
			holds[word] = append(holds[word], a.ID)
		}
	}
	slices.Sort(stored)
	if found, err := find("after:2000"); err != nil || !slices.Equal(found, stored) {
		return errors.Join(fmt.Errorf("%d of %d articles are found", len(found), len(stored)), err)
	}
	for i, a := range articles {
		if i%7 != 0 {
			continue
		}
		word := strings.Fields(a.Title)[0]
		want := holds[word]
		slices.Sort(want)
		if found, err := find(strconv.Quote(word)); err != nil || !slices.Equal(found, want) {
			return errors.Join(fmt.Errorf("%s: found %v, want %v", word, found, want), err)
		}
	}
	return nil
}
