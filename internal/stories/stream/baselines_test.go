package stream_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// listed is an article of the recorded reruns.
type listed struct {
	ID, Title, HTML, Summary, URL, Feed, Author, Lang string
	Published, Fetched                                time.Time
}

// written is who wrote an item, and which items are that original.
type written struct {
	ID, Publisher string
	Originals     []string
}

// lines reads a file of JSON lines, compressed or not.
func lines[T any](t *testing.T, file string) []T {
	t.Helper()
	f, err := os.Open(file)
	must(t, err)
	defer func() { _ = f.Close() }() // it was only read
	in := bufio.NewReader(f)
	if strings.HasSuffix(file, ".gz") {
		z, err := gzip.NewReader(f)
		must(t, err)
		in = bufio.NewReader(z)
	}
	var out []T
	for d := json.NewDecoder(in); d.More(); {
		var one T
		must(t, d.Decode(&one))
		out = append(out, one)
	}
	return out
}

// signature is how Media Cloud's tree of rules knows an agency's text: its byline, dateline, copyright or contribution line.
var signature = regexp.MustCompile(`(?i)\b(reuters|bloomberg)\b[^<]{0,3}\)|(?:©|\(c\)|copyright)[^<]{0,12}\b(reuters|bloomberg)\b|` +
	`>(?:source: ?)?(reuters|bloomberg)<`)

func ruled(a listed) string {
	for sign, name := range map[string]string{"ロイター": "reuters", "ブルームバーグ": "bloomberg"} {
		if strings.Contains(a.Author, sign) || strings.Contains(a.HTML, sign+"］") || strings.Contains(a.HTML, "（"+sign+"）") {
			return name
		}
	}
	for _, said := range []string{a.Author, a.Feed} { // the outlet that a listing names counts as its byline
		if m := regexp.MustCompile(`(?i)\b(reuters|bloomberg)\b`).FindString(said); m != "" {
			return strings.ToLower(m)
		}
	}
	return strings.ToLower(strings.Join(append(signature.FindStringSubmatch(a.HTML), "", "", "", "")[1:4], ""))
}

// TestOriginsAgainstBaselines measures origins beside "the earliest wins" and a list of rules, over the same stories.
func TestOriginsAgainstBaselines(t *testing.T) {
	if testing.Short() {
		t.Skip("it groups five thousand articles")
	}
	docs := lines[listed](t, shared(t, "eval/wire26/docs.jsonl.gz"))
	key := lines[written](t, shared(t, "eval/wire26/origins.jsonl"))
	placed := placedBy(t, docs)
	stories := map[int64][]listed{}
	byID := map[string]listed{}
	for _, d := range docs {
		p := placed[d.ID]
		byID[d.ID] = d
		stories[p.Story.ID] = append(stories[p.Story.ID], d)
	}

	type score struct{ all, ours, earliest, rules int }
	var original, only score
	for _, g := range key {
		p := placed[g.ID]
		members := stories[p.Story.ID]
		first := slices.MinFunc(members, func(x, y listed) int { return x.Published.Compare(y.Published) })
		rule := ruled(byID[g.ID])
		if len(g.Originals) == 0 {
			only.all++
			is := func(name string) int {
				return count(name != "" && strings.Contains(strings.ToLower(name), strings.ToLower(g.Publisher)))
			}
			only.ours, only.earliest, only.rules = only.ours+is(p.Origin.Name), only.earliest+is(first.Feed), only.rules+is(rule)
			continue
		}
		original.all++
		own := slices.DeleteFunc(slices.Clone(members), func(d listed) bool { return rule == "" || !strings.Contains(strings.ToLower(d.URL), rule+".com") })
		at := ""
		if len(own) > 0 {
			at = slices.MinFunc(own, func(x, y listed) int { return x.Published.Compare(y.Published) }).ID
		}
		ours := ""
		if p.Origin.Article != 0 {
			ours = docs[p.Origin.Article-1].ID
		}
		original.ours += count(slices.Contains(g.Originals, ours))
		original.earliest += count(slices.Contains(g.Originals, first.ID))
		original.rules += count(slices.Contains(g.Originals, at))
	}
	for name, s := range map[string]score{"with_original": original, "named_only": only} {
		t.Logf("%s: of %d right: weighed %d, earliest wins %d, rules %d", name, s.all, s.ours, s.earliest, s.rules)
		if s.ours*100 < 97*s.all || s.ours < s.earliest || s.ours < s.rules {
			t.Errorf("%s: weighing is right in %d of %d (earliest %d, rules %d), want .97 and no less than either", name, s.ours, s.all, s.earliest, s.rules)
		}
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
