package parse

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"headwater/internal/news"
)

// readJSON reads JSON Feed 1.x. It does not use gofeed, since one field of the wrong type or a missing bracket at the end makes
// gofeed lose the whole feed. gofeed also cannot stop after a number of items.
func readJSON(ctx context.Context, doc []byte, o Options) (news.Document, error) {
	if deeperThan(doc, o.MaxDepth) {
		return news.Document{}, errTooDeep
	}
	seen := &itemSelection{max: o.MaxItems}
	r, err := readJSONOnce(ctx, doc, seen, o.Now)
	if seen.needsSecondPass() && ctx.Err() == nil {
		r, err = readJSONOnce(ctx, doc, seen, o.Now)
	}
	switch {
	case ctx.Err() != nil:
		return news.Document{}, ctx.Err()
	case err != nil && len(r.items) == 0 && !r.feed.isFeed():
		return news.Document{}, fail(news.FeedNotAFeed, "the document is JSON, or meant to be, but no JSON Feed: %w", err)
	case err == nil && !r.hasItems && !r.feed.isFeed():
		return news.Document{}, fail(news.FeedNotAFeed, "the document is JSON, but no JSON Feed: it has neither items nor a version of jsonfeed.org")
	}
	return r.document(ctx, err, o), ctx.Err()
}

// object is a JSON object in which any field may be missing or have any type.
type object map[string]any

func (o object) isFeed() bool { return strings.Contains(o.text("version"), "jsonfeed.org") }

// text returns a string. Numbers and booleans become strings.
func (o object) text(key string) string {
	switch v := o[key].(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func (o object) objects(key string) []object {
	list, _ := o[key].([]any)
	var all []object
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}

// jsonReader reads a feed item by item.
type jsonReader struct {
	dec       *json.Decoder
	feed      object
	items     []object
	hasItems  bool
	stopped   bool // the walk ended before the end, because the remaining items are not kept
	selection *itemSelection
	now       time.Time
}

// readJSONOnce walks the document and keeps the items that s selects. After an error it returns the items read before.
func readJSONOnce(ctx context.Context, doc []byte, s *itemSelection, now time.Time) (*jsonReader, error) {
	r := &jsonReader{dec: json.NewDecoder(&contextReader{ctx, doc}), feed: object{}, selection: s, now: now}
	r.dec.UseNumber()
	if _, err := r.dec.Token(); err != nil {
		return r, err
	}
	for r.dec.More() {
		key, err := r.dec.Token()
		if err != nil {
			return r, err
		}
		if key == "items" {
			err = r.readItems()
		} else {
			var v any
			err = r.dec.Decode(&v)
			if k, ok := key.(string); ok {
				r.feed[k] = v
			}
		}
		if err != nil || r.stopped {
			return r, err
		}
	}
	_, err := r.dec.Token()
	return r, err
}

func (r *jsonReader) readItems() error {
	open, err := r.dec.Token()
	if err != nil || open != json.Delim('[') {
		return errors.Join(err, errors.New(`"items" is no list`))
	}
	r.hasItems = true
	for r.dec.More() {
		if r.selection.lacksDates() {
			r.stopped = true
			return nil
		}
		if !r.selection.keepsNext() {
			// Only the date of an item that is not kept is read. An item of another JSON type has no date.
			var dated struct {
				Published any `json:"date_published"`
				Modified  any `json:"date_modified"`
			}
			var other *json.UnmarshalTypeError
			if err := r.dec.Decode(&dated); err != nil && !errors.As(err, &other) {
				return err
			}
			r.selection.add(object{"date_published": dated.Published, "date_modified": dated.Modified}.latest(r.now))
			continue
		}
		var v any
		if err := r.dec.Decode(&v); err != nil {
			return err
		}
		m, ok := v.(map[string]any)
		if ok {
			r.items = append(r.items, m)
		}
		r.selection.add(object(m).latest(r.now))
	}
	_, err = r.dec.Token()
	return err
}

func (o object) latest(now time.Time) time.Time {
	published, modified := readLoneDate(o.text("date_published"), now), readLoneDate(o.text("date_modified"), now)
	if modified.After(published) {
		return modified
	}
	return published
}

func (r *jsonReader) document(ctx context.Context, err error, o Options) news.Document {
	version := r.feed.text("version")
	doc := news.Document{
		Format:     strings.TrimSpace("json feed " + strings.TrimPrefix(version[strings.LastIndex(version, "/")+1:], "version")),
		Title:      plainText(r.feed.text("title")),
		Link:       safeAddress(join(parseBase(o.URL), r.feed.text("home_page_url"))),
		Language:   r.feed.text("language"),
		Incomplete: len(r.selection.dates) > r.selection.max, Newest: r.selection.keep != nil,
	}
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		doc.Repaired = append(doc.Repaired, "the document broke off; the items before that were read")
	}
	authors := jsonAuthors(r.feed)
	dates := newDates(o.Now, doc.Language, r.dateTexts)
	for _, i := range r.items {
		if ctx.Err() != nil {
			break
		}
		e := i.entry(parseBase(o.URL), dates)
		if len(e.Authors) == 0 {
			e.Authors = authors
		}
		doc.Entries = append(doc.Entries, e)
	}
	return doc
}

// The names of the date fields: first those of the format, then those that publishers use instead.
var (
	jsonPublished = []string{"date_published", "published", "date", "pubDate", "date_created", "created"}
	jsonUpdated   = []string{"date_modified", "date_updated", "modified", "updated"}
)

// date returns the first of these fields that is a date.
func (o object) date(dates *dates, names []string) time.Time {
	for _, n := range names {
		if t := dates.read(o.text(n)); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// dateTexts returns the texts of the document that may be dates: first those of the feed, then those of each item.
func (r *jsonReader) dateTexts() [][]string {
	var all [][]string
	for _, o := range append([]object{r.feed}, r.items...) {
		var texts []string
		for _, n := range slices.Concat(jsonPublished, jsonUpdated) {
			if text := o.text(n); text != "" {
				texts = append(texts, text)
			}
		}
		all = append(all, texts)
	}
	return all
}

func (o object) entry(docURL *url.URL, dates *dates) news.Entry {
	e := news.Entry{
		GUID:      o.text("id"),
		Title:     plainText(o.text("title")),
		URL:       safeAddress(join(docURL, first(o.text("url"), o.text("external_url")))),
		Published: o.date(dates, jsonPublished),
		Updated:   o.date(dates, jsonUpdated),
		Authors:   jsonAuthors(o),
		Summary:   escapeText(o.text("summary")),
		Content:   o.text("content_html"),
	}
	if e.URL == "" && isWebAddress(e.GUID) {
		e.URL = e.GUID
	}
	if e.Content == "" {
		e.Content = escapeText(o.text("content_text"))
	}
	base := docURL
	if page := parseBase(e.URL); page != nil {
		base = page
	}
	e.Content = resolveHTML(e.Content, base)
	if external := o.text("external_url"); external != "" {
		e.Links = []news.Link{{Rel: "related", URL: safeAddress(join(base, external))}}
	}
	tags, _ := o["tags"].([]any)
	for _, t := range tags {
		if s, ok := t.(string); ok {
			e.Categories = append(e.Categories, s)
		}
	}
	e.Categories = cleanList(e.Categories)
	for _, a := range o.objects("attachments") {
		e.Enclosures = append(e.Enclosures, news.Enclosure{
			URL: a.text("url"), Type: a.text("mime_type"), Length: size(a.text("size_in_bytes")),
			Duration: duration(a.text("duration_in_seconds")), Title: plainText(a.text("title")),
		})
	}
	if image := first(o.text("image"), o.text("banner_image")); image != "" {
		e.Enclosures = append(e.Enclosures, picture(image))
	}
	r := entryReader{docURL: base}
	e.Enclosures = r.media(e.Enclosures, "")
	if e.Published.IsZero() {
		e.Published = e.Updated
	}
	return e
}

// jsonAuthors reads the list of version 1.1, or the one author of version 1.
func jsonAuthors(o object) []string {
	list := o.objects("authors")
	if one, ok := o["author"].(map[string]any); ok {
		list = append(list, one)
	}
	var all []string
	for _, a := range list {
		all = append(all, person(a.text("name")))
	}
	return cleanList(all)
}

// deeperThan reports whether lists and objects are nested more than limit deep.
func deeperThan(doc []byte, limit int) bool {
	depth := 0
	quoted := false
	for i := 0; i < len(doc); i++ {
		switch c := doc[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
