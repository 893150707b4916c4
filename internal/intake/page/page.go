// Package page reads a web page: its metadata (metadata.go) and the article in it. It is the only package that imports
// readability. Readability cannot be interrupted, so it only gets pages of limited size and depth.
package page

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
)

// Limits of a page. They keep readability's time short, because readability cannot be interrupted.
const (
	maxBytes = 4 << 20
	maxTags  = 40_000
	maxDepth = 150
	maxHTML  = 1 << 20 // of the article
)

// Fetched is a fetched page.
type Fetched struct {
	URL         string // after redirects
	ContentType string // the header; may be ""
	Body        []byte
}

// errLimit means that a page exceeds the limits of size or depth.
var errLimit = errors.New("the page is too large or nested too deep to be read")

// Read reads a page. A page without an article has empty HTML and Text, which is no error.
func Read(f Fetched) (p Page, err error) {
	defer func() {
		if r := recover(); r != nil { // a panic in a library, caused by the page
			p, err = Page{}, fmt.Errorf("page %s: reading it failed: %v", f.URL, r)
		}
	}()
	base, err := url.Parse(f.URL)
	if err != nil {
		return p, fmt.Errorf("page: its address %q is none: %w", f.URL, err)
	}
	doc, err := parse(f)
	if err != nil {
		return p, fmt.Errorf("page %s: %w", f.URL, err)
	}
	p = metadata(doc, base)
	if err := article(doc, base, &p); err != nil {
		return p, fmt.Errorf("page %s: %w", f.URL, err)
	}
	return p, nil
}

// parse builds the tree of a page in any encoding, within the limits.
func parse(f Fetched) (*html.Node, error) {
	if len(f.Body) > maxBytes {
		return nil, fmt.Errorf("%w: %d bytes", errLimit, len(f.Body))
	}
	// The encoding comes from a byte order mark, the header, a meta tag, or the bytes.
	body := f.Body
	if enc, name, _ := charset.DetermineEncoding(f.Body, f.ContentType); name != "utf-8" {
		if decoded, err := enc.NewDecoder().Bytes(f.Body); err == nil {
			body = decoded
		}
	}
	body = bytes.ToValidUTF8(bytes.TrimPrefix(body, []byte("\ufeff")), []byte("\ufffd"))
	z := html.NewTokenizer(bytes.NewReader(body))
	tags := 0 // checked before any recursive code runs
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		if kind == html.StartTagToken || kind == html.SelfClosingTagToken {
			tags++
		}
		if tags > maxTags {
			return nil, fmt.Errorf("%w: over %d tags", errLimit, maxTags)
		}
	}
	doc, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if d := depth(doc); d > maxDepth {
		return nil, fmt.Errorf("%w: %d elements deep", errLimit, d)
	}
	return doc, nil
}

// depth returns the depth of the deepest node. It does not recurse.
func depth(doc *html.Node) int {
	deepest, at := 0, 0
	for n := doc; n != nil; {
		if n.FirstChild != nil {
			n, at = n.FirstChild, at+1
			deepest = max(deepest, at)
			continue
		}
		for n != nil && n.NextSibling == nil {
			n, at = n.Parent, at-1
		}
		if n != nil {
			n = n.NextSibling
		}
	}
	return deepest
}

// article finds the article in a page and adds it to p. It modifies the tree.
func article(doc *html.Node, base *url.URL, p *Page) error {
	reader := readability.NewParser()
	reader.DisableJSONLD = true // metadata reads it, within limits
	a, err := reader.ParseAndMutate(doc, base)
	if err != nil {
		return fmt.Errorf("find the article: %w", err)
	}
	if p.Title == "" {
		p.Title = line(a.Title())
	}
	if p.Published.IsZero() {
		if t, err := a.PublishedTime(); err == nil {
			p.Published = t
		}
	}
	if a.Node == nil {
		return nil
	}
	var out, text strings.Builder
	if err := a.RenderHTML(&out); err != nil {
		return fmt.Errorf("write the article: %w", err)
	}
	if err := a.RenderText(&text); err != nil {
		return fmt.Errorf("write the article's text: %w", err)
	}
	if out.Len() > maxHTML {
		return fmt.Errorf("%w: an article of %d bytes", errLimit, out.Len())
	}
	p.HTML, p.Text = out.String(), strings.TrimSpace(text.String())
	return nil
}
