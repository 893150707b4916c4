package pipeline_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/search"
	"headwater/internal/store"
	"headwater/internal/store/storetest"
)

var lineageDay = time.Date(2026, 8, 18, 9, 0, 0, 0, time.UTC)

// lineage is an open data folder whose articles are only stored and indexed.
type lineage struct {
	*pipelinetest.Room
	db *store.DB
	x  *search.Index
}

func openLineage(t *testing.T, dir string, log io.Writer, options ...func(*search.Options)) *lineage {
	t.Helper()
	registry, err := agencies()
	must(t, err)
	logger := slog.New(slog.NewTextHandler(log, nil))
	db := storetest.Open(t, dir)
	o := search.Options{Log: db, Logger: logger}
	for _, change := range options {
		change(&o)
	}
	x, err := search.Open(t.Context(), dir, o)
	must(t, err)
	now := func() time.Time { return lineageDay.AddDate(0, 0, 1) }
	return &lineage{pipelinetest.New(pipelinetest.Options{Search: x, Batch: 7, Options: pipeline.Options{Store: db, Outlets: registry, Logger: logger, Now: now}}), db, x}
}

func (l *lineage) close(t *testing.T) {
	t.Helper()
	must(t, errors.Join(l.Index.Close(), l.db.Close()))
}

// grow stores articles whose titles begin with name, and indexes them.
func (l *lineage) grow(t *testing.T, name string, articles int) {
	t.Helper()
	f, err := l.Feeds.AddFeed(t.Context(), news.Feed{URL: "https://" + name + ".example/feed"})
	must(t, err)
	var batch []news.Article
	for i := range articles {
		title := fmt.Sprintf("%s report %d", name, i)
		batch = append(batch, news.Article{GUID: title, Hash: title, Title: title, Text: title, Seen: lineageDay, Published: lineageDay})
	}
	f.Checked = lineageDay
	_, err = l.db.Collect(t.Context(), []store.Poll{{Feed: f, Articles: batch}})
	must(t, err)
	_, err = l.Index.CatchUp(t.Context(), nil)
	must(t, err)
}

// titles are the titles of all stored articles.
func (l *lineage) titles(t *testing.T) (all []string) {
	t.Helper()
	articles, err := l.db.Log(t.Context(), 0, 1000)
	must(t, err)
	for _, a := range articles {
		all = append(all, a.Title)
	}
	slices.Sort(all)
	return all
}

func (l *lineage) foundTitles(t *testing.T) (all []string, err error) {
	t.Helper()
	found, err := l.Stories.Search(t.Context(), search.Request{Query: "report", Limit: 1000})
	for _, a := range found.Articles {
		all = append(all, a.Article.Title)
	}
	if err == nil && found.Total != len(all) {
		t.Errorf("%d are counted, %d of them are stored", found.Total, len(all))
	}
	slices.Sort(all)
	return all, err
}

// grown returns a folder with a database and its index after some history of growth.
func grown(t *testing.T, before string, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	if before != "" {
		must(t, os.CopyFS(dir, os.DirFS(before)))
		storetest.Copy(t, before, dir)
	}
	l := openLineage(t, dir, io.Discard)
	for _, name := range names {
		l.grow(t, name, 10)
	}
	l.close(t)
	return dir
}

// TestIndexOfAnotherDatabase combines databases and indexes that do not belong together, or only in part.
func TestIndexOfAnotherDatabase(t *testing.T) {
	base := grown(t, "", "first")
	later := grown(t, base, "second")
	apart := grown(t, base, "other")
	type database struct{ name, dir string }
	databases := []database{
		{"deleted", ""},
		{"the same", later},
		{"an older copy", base},
		{"a copy that went on apart", apart},
		{"a copy that went on apart for longer", grown(t, apart, "another")},
		{"another", grown(t, "", "foreign", "strange")},
	}
	restored := filepath.Join(t.TempDir(), "restored")
	backup := filepath.Join(t.TempDir(), "backup.db")
	db := storetest.Open(t, base)
	must(t, errors.Join(db.Backup(t.Context(), backup), db.Close()))
	must(t, store.Restore(t.Context(), backup, restored, store.RestoreOptions{Database: storetest.Database(t, restored)}))
	databases = append(databases, database{"restored from a backup", restored}, database{"restored and went on", grown(t, restored, "restored")})
	// An index can be used by the databases whose log begins with everything that it contains.
	all := []string{"the same", "an older copy", "a copy that went on apart", "a copy that went on apart for longer", "restored from a backup", "restored and went on"}
	indexes := []struct {
		name, dir string
		change    func(t *testing.T, index string)
		used      []string
	}{
		{"deleted", "", nil, nil},
		{"the same", later, nil, []string{"the same"}},
		{"older", base, nil, all},
		{"of the copy that went on apart", apart, nil, []string{"a copy that went on apart", "a copy that went on apart for longer"}},
		{"another's", grown(t, "", "foreign"), nil, nil},
		{"not closed", later, func(t *testing.T, index string) { must(t, os.Remove(filepath.Join(index, "closed"))) }, []string{"the same"}},
		{"its segments cut", later, cutSegments, nil},
		{"its root file cut", later, func(t *testing.T, index string) {
			must(t, os.Truncate(filepath.Join(index, "store", "root.bolt"), 5000))
		}, nil},
	}
	for _, d := range databases {
		for _, x := range indexes {
			t.Run(d.name+", index "+x.name, func(t *testing.T) {
				dir := t.TempDir()
				if d.dir != "" {
					storetest.Copy(t, d.dir, dir)
				}
				folder := filepath.Join(dir, "index.bleve")
				if x.dir != "" {
					must(t, os.CopyFS(folder, os.DirFS(filepath.Join(x.dir, "index.bleve"))))
				}
				if x.change != nil {
					x.change(t, folder)
				}
				var log strings.Builder
				l := openLineage(t, dir, &log)
				defer l.close(t)
				if anew := strings.Contains(log.String(), "index begun anew"); x.dir != "" && anew == slices.Contains(x.used, d.name) {
					t.Errorf("begun anew: %t\n%s", anew, log.String())
				}
				want := l.titles(t)
				status, err := l.Stories.Status(t.Context())
				must(t, err)
				_, err = l.foundTitles(t)
				var building *search.BuildingError
				if errors.As(err, &building) != (status.Unindexed > 0) || building == nil && err != nil {
					t.Errorf("with %d articles missing a search says: %v", status.Unindexed, err)
				}
				if building != nil && (building.Missing != status.Unindexed || building.Indexed+building.Missing != len(want)) {
					t.Errorf("of %d articles: %v", len(want), building)
				}
				_, err = l.Index.CatchUp(t.Context(), nil)
				must(t, err)
				found, err := l.foundTitles(t)
				must(t, err)
				if diff := gocmp.Diff(want, found); diff != "" {
					t.Errorf("found (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// cutSegments truncates the segments of the index at a path.
func cutSegments(t *testing.T, path string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(path, "store", "*.zap"))
	if err != nil || len(files) == 0 {
		t.Fatalf("segments of %s: %v %v", path, files, err)
	}
	for _, f := range files {
		must(t, os.Truncate(f, 100))
	}
}
