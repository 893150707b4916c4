package main

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"headwater/feeds"
	"headwater/internal/news"
	"headwater/internal/stories/group"
	"headwater/internal/stories/outlets"
	"headwater/internal/stories/stream"
)

// level is what a label speaks of.
type level int

const (
	story level = iota
	event
	numLevels
)

// sample is a compared pair with its label on one level.
type sample struct {
	x      group.Features
	level  level
	regime int
	same   bool
	weight float64
	held   bool // not trained on when the held-out figures are taken
	kind   string
	pair   pairKey
}

// label says whether a pair is one.
type label struct {
	same   bool
	weight float64
	held   bool
	kind   string
}

type pairKey [2]string

func keyOf(a, b string) pairKey { return pairKey{min(a, b), max(a, b)} }

// document is a line of a set.
type document struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Text      string `json:"text"`
	HTML      string `json:"html"`
	Summary   string `json:"summary"`
	URL       string `json:"url"`
	Feed      string `json:"feed"`
	Author    string `json:"author"`
	Published string `json:"published"`
	Fetched   string `json:"fetched"`
	Lang      string `json:"lang"`
	Cluster   string `json:"cluster"`
}

func (d document) entry() news.Entry {
	e := news.Entry{
		GUID: d.ID, Title: d.Title, URL: d.URL, Summary: d.Summary, Content: d.HTML, Published: when(d.Published),
		Source: news.Reference{Title: d.Feed}, Language: d.Lang,
	}
	if e.Content == "" {
		e.Content = d.Text
	}
	if d.Author != "" {
		e.Authors = []string{d.Author}
	}
	return e
}

func when(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// set is a set of documents with what people or programs said of its pairs.
type set struct {
	name    string
	docs    []document
	at      map[string]int
	pairs   [numLevels]map[pairKey]label
	cluster bool     // pairs within and across clusters are labels of events
	read    []string // the files that were read, with their sums
}

// gather compares the pairs of every set and gives those that have a label.
func gather(folder string, out *strings.Builder) ([]sample, error) {
	var all []sample
	for _, name := range []string{"wire16", "wire26", "rumours", "headlines"} {
		s, err := load(folder, name)
		if err != nil {
			return nil, err
		}
		for _, file := range s.read {
			fmt.Fprintln(out, "read", file)
		}
		got, err := s.samples(out)
		if err != nil {
			return nil, err
		}
		all = append(all, got...)
	}
	return all, nil
}

func load(folder, name string) (*set, error) {
	s := &set{name: name, at: map[string]int{}, cluster: name == "rumours" || name == "headlines"}
	for i := range s.pairs {
		s.pairs[i] = map[pairKey]label{}
	}
	docs := filepath.Join(folder, name, "docs.jsonl")
	if _, err := os.Stat(docs); err != nil {
		docs += ".gz"
	}
	err := s.lines(docs, func(line []byte) error {
		var d document
		if err := json.Unmarshal(line, &d); err != nil {
			return err
		}
		s.at[d.ID] = len(s.docs)
		s.docs = append(s.docs, d)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, s.labels(folder)
}

// labels reads the pairs that were judged, by people and by program.
func (s *set) labels(folder string) error {
	if !s.cluster {
		err := s.table(filepath.Join(folder, s.name, "pairs.tsv"), func(a, b string, same bool, kind string) {
			s.say(story, a, b, same, 1, kind)
			if same {
				s.say(event, a, b, true, 1, kind)
			}
		})
		if err != nil {
			return err
		}
	}
	if s.name == "wire26" {
		if err := s.newsroom(folder); err != nil {
			return err
		}
	}
	if s.name == "headlines" {
		return nil
	}
	return s.table(filepath.Join(folder, "judged", s.name+".tsv"), func(a, b string, same bool, kind string) {
		s.say(story, a, b, same, judged, kind)
		s.say(event, a, b, same || kind == "event", judged, kind)
	})
}

// newsroom reads what an editor says of what a newsroom shows together, and who wrote what is shown.
func (s *set) newsroom(folder string) error {
	for _, file := range []string{"wire26/origins.jsonl", "newsroom/origins.jsonl"} {
		if err := s.originals(filepath.Join(folder, file)); err != nil {
			return err
		}
	}
	for l, file := range [numLevels]string{"stories.tsv", "events.tsv"} {
		err := s.table(filepath.Join(folder, "newsroom", file), func(a, b string, same bool, kind string) {
			s.say(level(l), a, b, same, edited[l], kind)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// judged is the weight of a label that a person gave after reading to a pair that was picked for being hard, beside 1 of one that
// a program gave; edited is that of a pair as a newsroom shows it, by level.
const judged = 4

var edited = [numLevels]float64{story: 4, event: 2}

// originals labels each rerun with its original.
func (s *set) originals(file string) error {
	return s.lines(file, func(line []byte) error {
		var o struct {
			ID        string   `json:"id"`
			Originals []string `json:"originals"`
		}
		if err := json.Unmarshal(line, &o); err != nil {
			return err
		}
		for _, id := range o.Originals {
			if id == o.ID {
				continue
			}
			s.say(story, o.ID, id, true, 1, "rerun")
			s.say(event, o.ID, id, true, 1, "rerun")
		}
		return nil
	})
}

func (s *set) say(l level, a, b string, same bool, weight float64, kind string) {
	i, ok := s.at[a]
	j, ok2 := s.at[b]
	if !ok || !ok2 {
		return
	}
	s.pairs[l][keyOf(a, b)] = label{same, weight, s.held(i) || s.held(j), kind}
}

// held says whether a document belongs to the part that is held out: the later part of a set that has dates, by story,
// and half of the stories of one that has none.
func (s *set) held(i int) bool {
	d := s.docs[i]
	switch s.name {
	case "wire16":
		return d.Published >= "2016-12-05"
	case "wire26":
		return d.Published >= "2026-08-19"
	case "headlines":
		return d.Published >= "2021-07-20"
	}
	h := fnv.New32a()
	h.Write([]byte(d.Cluster))
	return h.Sum32()%2 == 0
}

// samples compares the candidates of every document as grouping does.
func (s *set) samples(out *strings.Builder) ([]sample, error) {
	registry, err := outlets.Load(feeds.Agencies())
	if err != nil {
		return nil, err
	}
	bench := stream.New(stream.Options{Outlets: registry, Model: &group.Model{}}) // none is needed to compare
	for _, d := range s.docs {
		seen := when(d.Fetched)
		if seen.IsZero() {
			seen = when(d.Published)
		}
		if err := bench.Add(d.entry(), d.Feed, seen); err != nil {
			return nil, err
		}
	}
	size := map[string]float64{}
	for _, d := range s.docs {
		size[d.Cluster]++
	}
	var all []sample
	done := map[[2]int64]bool{}
	bench.Window().Compare(func(a, b group.Item, f *group.Features, regime int) {
		k := [2]int64{min(a.Article.ID, b.Article.ID), max(a.Article.ID, b.Article.ID)}
		if done[k] {
			return
		}
		done[k] = true
		da, db := s.docs[a.Article.ID-1], s.docs[b.Article.ID-1]
		for l := range numLevels {
			if lab, ok := s.label(l, da, db, size); ok {
				all = append(all, sample{*f, l, regime, lab.same, lab.weight, lab.held, s.name + " " + lab.kind, keyOf(da.ID, db.ID)})
			}
		}
	})
	var missed []string
	for l := range numLevels {
		for k, lab := range s.pairs[l] {
			if i, j := s.at[k[0]], s.at[k[1]]; lab.same && !done[[2]int64{int64(min(i, j) + 1), int64(max(i, j) + 1)}] {
				missed = append(missed, fmt.Sprintf("%s, %s, %s: %s and %s were never compared", s.name, levelNames[l], lab.kind, k[0], k[1]))
			}
		}
	}
	slices.Sort(missed)
	for _, line := range missed {
		fmt.Fprintln(out, line)
	}
	return all, nil
}

// clusterShare is the summed weight that the cluster labels of a set get, beside the single pairs.
const clusterShare = .02

func (s *set) label(l level, a, b document, size map[string]float64) (label, bool) {
	if lab, ok := s.pairs[l][keyOf(a.ID, b.ID)]; ok {
		return lab, true
	}
	if !s.cluster || a.Lang != b.Lang {
		return label{}, false
	}
	same := a.Cluster == b.Cluster
	if l == story && (same || sameTitle(a, b)) {
		return label{}, false // one event says nothing about one text
	}
	i, j := s.at[a.ID], s.at[b.ID]
	if s.held(i) != s.held(j) {
		return label{}, false
	}
	kind := "other"
	if same {
		kind = "cluster"
	}
	w := clusterShare * 10 / math.Sqrt(size[a.Cluster]*size[b.Cluster])
	return label{same, w, s.held(i), kind}, true
}

func sameTitle(a, b document) bool { return a.Title != "" && strings.EqualFold(a.Title, b.Title) }

// table reads lines of id, id, 1 or 0, kind.
func (s *set) table(file string, each func(a, b string, same bool, kind string)) error {
	return s.lines(file, func(line []byte) error {
		f := strings.Split(string(line), "\t")
		if len(f) < 4 || f[2] != "0" && f[2] != "1" {
			return fmt.Errorf("%q is not: id, id, 1 or 0, kind", line)
		}
		each(f[0], f[1], f[2] == "1", f[3])
		return nil
	})
}

// lines gives the lines of a file, unpacked where its name ends in .gz, and notes what was read.
func (s *set) lines(file string, each func([]byte) error) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	sum := sha256.New()
	in := io.TeeReader(f, sum)
	if strings.HasSuffix(file, ".gz") {
		if in, err = gzip.NewReader(in); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	scan := bufio.NewScanner(in)
	scan.Buffer(make([]byte, 1<<16), 16<<20)
	n := 0
	for scan.Scan() {
		n++
		if err := each(scan.Bytes()); err != nil {
			return fmt.Errorf("%s:%d: %w", file, n, err)
		}
	}
	s.read = append(s.read, fmt.Sprintf("%s/%s: %d lines, sha256 %x", filepath.Base(filepath.Dir(file)), filepath.Base(file), n, sum.Sum(nil)[:6]))
	return scan.Err()
}
