package stream_test

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"headwater/internal/pipeline/pipelinetest"
)

// shuffleOrders is the variable that says in how many random orders TestShuffledSets groups the labelled articles of
// ../shared/eval: minutes of work.
const shuffleOrders = "NEWSROOM_TEST_SHUFFLES"

// TestShuffled wants the same stories and events of our own made-up articles, whatever the order they come in.
func TestShuffled(t *testing.T) {
	if testing.Short() {
		t.Skip("groups hundreds of articles six times")
	}
	for _, file := range []string{"independent", "languages"} {
		story, event := leastAlike(t, reportsOf(t, "testdata/"+file+".jsonl"), 3)
		if story < .98 || event < .98 {
			t.Errorf("%s: two orders are alike by %.4f on stories and %.4f on events, want .98", file, story, event)
		}
	}
}

// TestShuffledSets does the same with the labelled articles, where they and the time for them are there.
func TestShuffledSets(t *testing.T) {
	orders, err := strconv.Atoi(cmp.Or(os.Getenv(shuffleOrders), "0"))
	if err != nil || orders < 2 {
		t.Skipf("takes minutes: %s=10 groups each labelled set in 10 orders", shuffleOrders)
	}
	files, err := filepath.Glob("../../../../shared/eval/*/docs.jsonl*")
	if err != nil || len(files) == 0 {
		t.Skip("../shared/eval is not there")
	}
	for _, file := range files {
		story, event := leastAlike(t, labelled(t, file), orders)
		t.Logf("%s: any two of %d orders are alike by %.4f on stories and %.4f on events", file, orders, story, event)
		if story < .98 || event < .98 {
			t.Errorf("%s: want .98 on both", file)
		}
	}
}

// leastAlike groups articles in random orders and gives the least adjusted Rand index between any two, on both levels.
func leastAlike(t *testing.T, reports []report, orders int) (story, event float64) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	var stories, events [][]int64
	for range orders {
		order := random.Perm(len(reports))
		shuffled, s, e := make([]report, len(order)), make([]int64, len(order)), make([]int64, len(order))
		for at, i := range order {
			shuffled[at] = reports[i]
		}
		for at, p := range grouped(t, shuffled) {
			s[order[at]], e[order[at]] = p.Story.ID, p.Story.Event
		}
		stories, events = append(stories, s), append(events, e)
	}
	story, event = 1, 1
	for i := range stories {
		for j := range i {
			story, event = min(story, pipelinetest.AdjustedRand(stories[i], stories[j])), min(event, pipelinetest.AdjustedRand(events[i], events[j]))
		}
	}
	return story, event
}

// labelled reads a set of ../shared/eval.
func labelled(t *testing.T, file string) []report {
	t.Helper()
	f, err := os.Open(file)
	must(t, err)
	defer func() { _ = f.Close() }() // it was only read
	var in io.Reader = f
	if strings.HasSuffix(file, ".gz") {
		in, err = gzip.NewReader(f)
		must(t, err)
	}
	var out []report
	scan := bufio.NewScanner(in)
	scan.Buffer(nil, 16<<20)
	for scan.Scan() {
		var l struct{ Title, Text, HTML, Summary, Feed, URL, Lang, Published, Fetched string }
		must(t, json.Unmarshal(scan.Bytes(), &l))
		at, err := time.Parse(time.RFC3339, cmp.Or(l.Fetched, l.Published))
		if err != nil {
			at = time.Time{} // many have none
		}
		out = append(out, report{
			ID: strconv.Itoa(len(out)), Title: l.Title, Text: cmp.Or(l.HTML, l.Text), Summary: l.Summary, Feed: l.Feed, URL: l.URL, Lang: l.Lang,
			Published: at,
		})
	}
	must(t, scan.Err())
	return out
}
