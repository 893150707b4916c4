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

// level is what a label is about.
type level int

const (
	story level = iota
	event
	numLevels
)

var levelNames = [numLevels]string{"story", "event"}

// label says whether a pair is one.
type label struct {
	same   bool
	weight float64
	held   bool // not trained on when the held-out figures are taken
	kind   string
}

// The weights of labels, beside 1 of one that a program gave.
const (
	judgedWeight  = 4   // a person gave it after reading, to a pair that was picked for being hard
	clusterWeight = .02 // all labels of a set together that follow from its clusters
)

// newsroomWeight is the weight of a label that an editor gave to a pair as a newsroom shows it.
var newsroomWeight = [numLevels]float64{story: 4, event: 2}

// sample is a compared pair with its label on one level.
type sample struct {
	label
	x      group.Features
	level  level
	regime int
	pair   pairKey
}

// pairKey is the ids of two documents in order.
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
		GUID: d.ID, Title: d.Title, URL: d.URL, Summary: d.Summary, Content: d.HTML, Published: parseTime(d.Published),
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

func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// set is a set of documents with the labels of its pairs.
type set struct {
	name      string
	docs      []document
	number    map[string]int // of each document in docs, by id
	pairs     [numLevels]map[pairKey]label
	clustered bool     // pairs within and across clusters are labels of events
	read      []string // the files that were read, with their sums
}

// loadSamples compares the pairs of every set and gives those that have a label. It prints what it read, and pairs of one story or
// event that grouping would not compare.
func loadSamples(folder string, out *strings.Builder) ([]sample, error) {
	var all []sample
	for _, name := range []string{"wire16", "wire26", "rumours", "headlines"} {
		s, err := loadSet(folder, name)
		if err != nil {
			return nil, err
		}
		for _, file := range s.read {
			fmt.Fprintln(out, "read", file)
		}
		samples, err := s.samples(out)
		if err != nil {
			return nil, err
		}
		all = append(all, samples...)
	}
	return all, nil
}

func loadSet(folder, name string) (*set, error) {
	s := &set{name: name, number: map[string]int{}, clustered: name == "rumours" || name == "headlines"}
	for i := range s.pairs {
		s.pairs[i] = map[pairKey]label{}
	}
	docs := filepath.Join(folder, name, "docs.jsonl")
	if _, err := os.Stat(docs); err != nil {
		docs += ".gz"
	}
	err := s.readLines(docs, func(line []byte) error {
		var d document
		if err := json.Unmarshal(line, &d); err != nil {
			return err
		}
		s.number[d.ID] = len(s.docs)
		s.docs = append(s.docs, d)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, s.loadLabels(folder)
}

// loadLabels reads the pairs that were judged, by people and by program. Of two labels of a pair the later counts.
func (s *set) loadLabels(folder string) error {
	if !s.clustered {
		err := s.readPairs(filepath.Join(folder, s.name, "pairs.tsv"), func(a, b string, same bool, kind string) {
			s.addLabel(story, a, b, same, 1, kind)
			if same {
				s.addLabel(event, a, b, true, 1, kind)
			}
		})
		if err != nil {
			return err
		}
	}
	if s.name == "wire26" {
		for _, file := range []string{"wire26/origins.jsonl", "newsroom/origins.jsonl"} {
			if err := s.loadOriginals(filepath.Join(folder, file)); err != nil {
				return err
			}
		}
		for l, file := range [numLevels]string{"stories.tsv", "events.tsv"} {
			err := s.readPairs(filepath.Join(folder, "newsroom", file), func(a, b string, same bool, kind string) {
				s.addLabel(level(l), a, b, same, newsroomWeight[l], kind)
			})
			if err != nil {
				return err
			}
		}
	}
	if s.name == "headlines" {
		return nil
	}
	return s.readPairs(filepath.Join(folder, "judged", s.name+".tsv"), func(a, b string, same bool, kind string) {
		s.addLabel(story, a, b, same, judgedWeight, kind)
		s.addLabel(event, a, b, same || kind == "event", judgedWeight, kind)
	})
}

// loadOriginals labels each rerun with its original.
func (s *set) loadOriginals(file string) error {
	return s.readLines(file, func(line []byte) error {
		var o struct {
			ID        string   `json:"id"`
			Originals []string `json:"originals"`
		}
		if err := json.Unmarshal(line, &o); err != nil {
			return err
		}
		for _, id := range o.Originals {
			if id != o.ID {
				s.addLabel(story, o.ID, id, true, 1, "rerun")
				s.addLabel(event, o.ID, id, true, 1, "rerun")
			}
		}
		return nil
	})
}

func (s *set) addLabel(l level, a, b string, same bool, weight float64, kind string) {
	i, ok := s.number[a]
	j, ok2 := s.number[b]
	if ok && ok2 {
		s.pairs[l][keyOf(a, b)] = label{same, weight, s.heldOut(i) || s.heldOut(j), kind}
	}
}

// heldOut says whether a document belongs to the part that is held out: the later part of a set that has dates, so that no story is in
// both, and half of the stories of one that has none.
func (s *set) heldOut(i int) bool {
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

// samples compares every document with its candidates as grouping does, and gives the pairs that have a label.
func (s *set) samples(out *strings.Builder) ([]sample, error) {
	registry, err := outlets.Load(feeds.Agencies())
	if err != nil {
		return nil, err
	}
	bench := stream.New(stream.Options{Outlets: registry, Model: &group.Model{}}) // none is needed to compare
	for _, d := range s.docs {
		seen := parseTime(d.Fetched)
		if seen.IsZero() {
			seen = parseTime(d.Published)
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
			if lab, ok := s.labelOf(l, da, db, size); ok {
				lab.kind = s.name + " " + lab.kind
				all = append(all, sample{lab, *f, l, regime, keyOf(da.ID, db.ID)})
			}
		}
	})
	var missed []string
	for l := range numLevels {
		for k, lab := range s.pairs[l] {
			if i, j := s.number[k[0]], s.number[k[1]]; lab.same && !done[[2]int64{int64(min(i, j) + 1), int64(max(i, j) + 1)}] {
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

// labelOf gives the label of a pair, or one that follows from its clusters. Size is the number of documents of each cluster.
func (s *set) labelOf(l level, a, b document, size map[string]float64) (label, bool) {
	if lab, ok := s.pairs[l][keyOf(a.ID, b.ID)]; ok {
		return lab, true
	}
	if !s.clustered || a.Lang != b.Lang {
		return label{}, false
	}
	same := a.Cluster == b.Cluster
	if l == story && (same || a.Title != "" && strings.EqualFold(a.Title, b.Title)) {
		return label{}, false // one event says nothing about one text
	}
	i, j := s.number[a.ID], s.number[b.ID]
	if s.heldOut(i) != s.heldOut(j) {
		return label{}, false
	}
	kind := "other"
	if same {
		kind = "cluster"
	}
	w := clusterWeight * 10 / math.Sqrt(size[a.Cluster]*size[b.Cluster])
	return label{same, w, s.heldOut(i), kind}, true
}

// readPairs reads lines of id, id, 1 or 0, kind, with tabs between.
func (s *set) readPairs(file string, each func(a, b string, same bool, kind string)) error {
	return s.readLines(file, func(line []byte) error {
		f := strings.Split(string(line), "\t")
		if len(f) < 4 || f[2] != "0" && f[2] != "1" {
			return fmt.Errorf("%q is not: id, id, 1 or 0, kind", line)
		}
		each(f[0], f[1], f[2] == "1", f[3])
		return nil
	})
}

// readLines gives the lines of a file, unpacked where its name ends in .gz, and notes what was read.
func (s *set) readLines(file string, each func([]byte) error) error {
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
