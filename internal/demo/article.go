package demo

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"headwater/internal/news"
)

// alone is the folder of the articles that are stories by themselves.
const alone = "alone"

// header stands above the text of an article's file; newsroom/README.md explains it.
type header struct {
	By         string `yaml:"outlet"`
	Title      string
	Author     string
	Hours      float64
	Role       news.Role
	Event      string
	Lang       string
	Topics     []string
	Photo      string
	Related    []string
	Source     string
	SourceName string `yaml:"source_name"`
	SourceURL  string `yaml:"source_url"`
	Origin     string
	OriginURL  string `yaml:"origin_url"`
}

// article is one file of the newsroom.
type article struct {
	header
	key        string // folder/file without the extension
	story      string
	paragraphs []string // plain, with [text](address) links

	outlet  outlet
	url     string
	guid    string
	time    time.Time
	source  *reference
	summary string // plain
	html    string // the whole page, with all that surrounds the text
}

// reference is where an article says that it comes from: another article, or an outlet without a feed.
type reference struct {
	name, site, url string
}

func (a *article) publisher() string {
	if a.outlet.Aggregator {
		return a.source.name
	}
	return a.outlet.Name
}

func (a *article) event() string { return cmp.Or(a.Event, a.story) }

func loadArticles(fsys fs.FS, outlets []outlet, now time.Time) ([]*article, error) {
	names, err := fs.Glob(fsys, "newsroom/*/*.md")
	if err != nil {
		return nil, fmt.Errorf("demo articles: %w", err)
	}
	desk := newDesk(outlets, now)
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("demo articles: %w", err)
		}
		if err := desk.take(name, data); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return desk.print()
}

// desk gathers the articles, since pages link to each other.
type desk struct {
	now      time.Time
	outlets  map[string]outlet
	articles map[string]*article
}

func newDesk(outlets []outlet, now time.Time) *desk {
	d := &desk{now: now, outlets: make(map[string]outlet), articles: make(map[string]*article)}
	for _, o := range outlets {
		d.outlets[o.ID] = o
	}
	return d
}

func (d *desk) take(name string, data []byte) error {
	a, err := parseArticle(data)
	if err != nil {
		return err
	}
	var ok bool
	if a.outlet, ok = d.outlets[a.By]; !ok {
		return fmt.Errorf("outlet %q is not in outlets.yaml", a.By)
	}
	folder, file := path.Split(strings.TrimSuffix(strings.TrimPrefix(name, "newsroom/"), ".md"))
	a.key = folder + file
	a.story = path.Clean(folder)
	if a.story == alone {
		a.story = file
	}
	a.Role = cmp.Or(a.Role, news.RoleOriginal)
	a.time = d.now.Add(-time.Duration(a.Hours * float64(time.Hour))).Truncate(time.Second).UTC()
	a.url = a.fill(a.outlet.Link)
	a.guid = a.fill(cmp.Or(a.outlet.GUID, a.outlet.Link))
	d.articles[a.key] = a
	return nil
}

func parseArticle(data []byte) (*article, error) {
	parts := bytes.SplitN(data, []byte("---\n"), 3)
	if len(parts) != 3 || len(parts[0]) > 0 {
		return nil, errors.New("no header: a file begins with --- and the text follows a second ---")
	}
	a := new(article)
	dec := yaml.NewDecoder(bytes.NewReader(parts[1]))
	dec.KnownFields(true)
	if err := dec.Decode(&a.header); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	for p := range strings.SplitSeq(string(parts[2]), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			a.paragraphs = append(a.paragraphs, strings.ReplaceAll(p, "\n", " "))
		}
	}
	return a, nil
}

// print resolves what the articles say about each other and sets their pages.
func (d *desk) print() ([]*article, error) {
	var list []*article
	for _, a := range d.articles {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b *article) int {
		return cmp.Or(b.time.Compare(a.time), cmp.Compare(a.key, b.key))
	})
	for _, a := range list {
		if err := d.set(a); err != nil {
			return nil, fmt.Errorf("newsroom/%s.md: %w", a.key, err)
		}
	}
	return list, nil
}

func (d *desk) set(a *article) error {
	if err := d.credit(a); err != nil {
		return err
	}
	page, err := d.page(a)
	if err != nil {
		return err
	}
	a.html = page
	a.summary = d.summary(a)
	return nil
}

func (d *desk) credit(a *article) error {
	switch {
	case a.SourceName != "":
		a.source = &reference{name: a.SourceName, site: a.SourceURL, url: a.SourceURL}
	case a.Origin != "" && a.Source == a.OriginURL:
		a.source = &reference{name: a.Origin, url: a.Source}
	case a.Source != "":
		from, ok := d.articles[a.Source]
		if !ok {
			return fmt.Errorf("source: there is no article %q", a.Source)
		}
		a.source = &reference{name: from.outlet.Name, site: "https://www." + from.outlet.Domain, url: from.url}
	case a.outlet.Aggregator:
		return errors.New("an aggregator's item needs source, or source_name and source_url")
	}
	return nil
}

// fill replaces the words in braces of a pattern of outlets.yaml by the article's.
func (a *article) fill(pattern string) string {
	sum := sha256.Sum256([]byte(a.key))
	return strings.NewReplacer(
		"{slug}", slug(a.Title, path.Base(a.key)),
		"{number}", strconv.Itoa(10_000+int(crc32.ChecksumIEEE([]byte(a.key))%90_000)),
		"{code}", "CBM"+base64.RawURLEncoding.EncodeToString(sum[:24]),
	).Replace(pattern)
}

// slug is what content systems make of a headline, or instead where it has no Latin letters.
func slug(title, instead string) string {
	folded := strings.NewReplacer("á", "a", "é", "e", "í", "i", "ó", "o", "ú", "u", "ñ", "n", "'", "").
		Replace(strings.ToLower(title))
	words := strings.FieldsFunc(folded, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	if len(words) < 2 {
		return instead
	}
	return strings.Join(words[:min(len(words), 9)], "-")
}
