// Package clean turns the entries of a feed into articles. An article gets plain text in paragraphs without captions, bylines
// and page furniture, the marks that claims of origin may rest on, a canonical URL, a language, and HTML that is safe to show.
//
// clean.go runs the steps in order. Its walk reads HTML once (tokens.go) for text and display: math.go first turns formulas
// into text for both, scan.go makes a page of blocks and links (page.go), and sanitize.go makes the HTML for display, with
// media.go, players.go and picture.go for embedded content. classify.go gives each block a role by its words (lines.go).
// furniture.go finds blocks that a feed repeats and appeals, and prune.go drops labels and headlines around the prose. marks.go
// assembles the text and its marks. The other fields of an article come from url.go (Canonical, Keys), address.go (web
// addresses), language.go, outlet.go (Outlet, Title) and roundup.go. shown.go gives the search index the text that the HTML
// shows and the article's text lacks. readable.go makes of the stored HTML what readers are shown, without boilerplate.go's lines.
//
// HTML is read again only where the input is another one: bluemonday reads what sanitize.go wrote, so that safety does not
// depend on it; shown.go reads the stored HTML of articles of any version; other packages read whole web pages, titles, and
// HTML that they show with proxied pictures.
//
// The hash of an article covers title, text and summary before furniture is removed. A change in how HTML is sanitised
// therefore revises no article: stored articles keep their HTML.
//
// A post without a title keeps an empty title, which grouping ignores. news.Article.Headline returns what is shown instead. It
// uses the opening words, which cleaning stores as the summary because lists of articles do not load the text; or the alt text
// of a picture that cleaning has made an enclosure; or the file name of a recording, the address, the outlet and the date.
package clean

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"headwater/internal/news"
)

// Options configure a Cleaner. The zero value works.
type Options struct {
	Outlets Outlets

	// TextOnly leaves Article.HTML empty, for callers that never show it.
	TextOnly bool
}

// Cleaner turns entries into articles. It holds no state and may be used by many goroutines.
type Cleaner struct {
	opt Options
}

// New makes a Cleaner.
func New(opt Options) *Cleaner { return &Cleaner{opt: opt} }

// draft is an entry on its way to an article, before the furniture of the document is known.
type draft struct {
	entry       news.Entry
	title       string // as shown
	compared    string // title for comparing
	context     itemContext
	outlet      news.Outlet
	body        *page  // source of the text
	teaser      *page  // source of the summary; may be nil
	isText      bool   // body has enough prose to be the text
	html        string // for display, of content or summary
	contentHash uint64 // of body before furniture was removed
	teaserHash  uint64 // of teaser before furniture was removed
}

// Title returns a title for comparing: NFKC, straight quotes, without prefixes such as "Report:" and "UPDATE 2-", and without a
// trailing name of a known outlet or one of names. Letters keep their case.
func (c *Cleaner) Title(title string, names ...string) string {
	return outletNames{c.opt.Outlets}.title(title, names...)
}

// Articles cleans a document without knowledge of earlier ones: blocks that are repeated across its items are furniture.
func (c *Cleaner) Articles(doc news.Document, feed news.Feed, now time.Time) []news.Article {
	articles, _ := c.Learn(doc, feed, news.Furniture{}, now)
	return articles
}

// Learn cleans a document of a feed with the furniture remembered from earlier documents of the feed. A block is furniture if
// it was so before, or if these items share it with remembered items. The second result is the furniture to remember for the
// next document.
func (c *Cleaner) Learn(doc news.Document, feed news.Feed, before news.Furniture, now time.Time) ([]news.Article, news.Furniture) {
	drafts := make([]draft, len(doc.Entries))
	items, sites := make([]news.ItemBlocks, len(drafts)), make([]string, len(drafts))
	for i, e := range doc.Entries {
		drafts[i] = c.draft(e, doc, feed)
		items[i], sites[i] = drafts[i].shown(), hostOf(e.URL)
	}
	known, shown := furniture(items, sites, before)
	idle := findConstantParameters(doc.Entries)
	out := make([]news.Article, len(drafts))
	for i := range drafts {
		out[i] = c.finish(&drafts[i], doc, feed, known, now)
		for _, l := range drafts[i].entry.Links {
			if strings.EqualFold(l.Rel, "canonical") && out[i].Canonical == "" {
				out[i].Canonical = canonicalURL(l.URL, idle)
			}
		}
		if out[i].Canonical == "" {
			out[i].Canonical = canonicalURL(drafts[i].entry.URL, idle)
		}
	}
	return out, shown
}

// Article cleans one entry by itself, without furniture.
func (c *Cleaner) Article(e news.Entry, feed news.Feed, now time.Time) news.Article {
	return c.Articles(news.Document{Entries: []news.Entry{e}}, feed, now)[0]
}

// Read returns what HTML gives without knowledge of its item: the HTML for display (see Sanitize), the prose, and the marks.
// Plain text has blank lines between paragraphs. Marks of links and quotations hold byte offsets into the prose. Marks of removed
// blocks have no offsets.
func Read(html string) (shown, text string, marks []news.Mark) {
	p, shown := walk(html, true, true)
	p.classify(itemContext{})
	p.prune(itemContext{})
	text, marks = p.assemble()
	return shown, text, marks
}

// Sanitize makes HTML safe to show. It keeps text markup, tables, links and pictures (an address, two texts and a size each).
// It removes scripts, styles, forms and everything else that could load or run. Frames and players become links, and formulas
// become text. Links get rel="nofollow noreferrer noopener". Open elements are closed and unmatched end tags are removed, so
// that the surrounding page stays intact. Plain text is escaped and put into paragraphs. The policy of bluemonday runs last, so
// safety does not depend on the balancer.
func Sanitize(src string) string {
	_, shown := walk(src, false, true)
	return shown
}

// walk reads HTML once for both of its readers: the scanner, which makes the page of blocks, and the balancer, which makes the
// HTML for display. Each is left out if it is not wanted. No tree is built, so neither depth nor size is a danger. The walk is
// repeated, for the scanner alone, if an element that the scanner leaves out was never closed.
func walk(src string, text, display bool) (p *page, shown string) {
	if src = src[:min(len(src), maxInput)]; !utf8.ValidString(src) {
		src = strings.ToValidUTF8(src, "\ufffd")
	}
	src = mathToText(src)
	z := newTokenizer(src)
	var s *scanner
	var b *balancer
	if text {
		s = newScanner(z, !hasBlocks(src), false)
	}
	if display {
		b = newBalancer(z, src[:min(len(src), maxHTML)])
	}
	for (text || display) && z.next() {
		if display { // first, because the scanner decodes the token in place
			display = b.read()
		}
		if text {
			text = s.read()
		}
		if text && display && b.unclosedNoscript { // to the scanner the rest is in the noscript element
			s.skipped.seen += len(src) - z.at
			text = false
		}
	}
	if b != nil {
		shown = b.finish()
	}
	if s == nil {
		return nil, shown
	}
	s.close()
	if s.skipped.tag != 0 && s.skipped.seen > 400 || s.labelled.tag != 0 && len(s.buf)-s.labelled.from > 400 {
		z = newTokenizer(src)
		s = newScanner(z, s.plainLines, true)
		for z.next() && s.read() {
		}
		s.close()
	}
	return &s.page, shown
}

func (c *Cleaner) draft(e news.Entry, doc news.Document, feed news.Feed) draft {
	d := draft{entry: e}
	d.outlet = outletNames{c.opt.Outlets}.outlet(e, doc, feed)
	d.title = shownTitle(e)
	d.compared = comparableTitle(d.title)
	d.context = itemContext{
		title:    foldKey(d.title),
		compared: foldKey(d.compared),
		self:     PageURL(e.URL),
		site:     hostOf(feed.Site),
		outlet:   d.outlet,
		outlets:  c.opt.Outlets,
	}
	longer := len(strings.TrimSpace(e.Content)) >= len(strings.TrimSpace(e.Summary))
	d.body, d.html = walk(e.Content, true, longer && !c.opt.TextOnly)
	d.body.classify(d.context)
	wordless := len(d.body.buf) == 0 // only pictures and players, after which the summary is shown
	if strings.TrimSpace(e.Summary) != "" {
		var summary string
		d.teaser, summary = walk(e.Summary, true, (wordless || !longer) && !c.opt.TextOnly)
		d.teaser.classify(d.context)
		switch {
		case c.opt.TextOnly:
		case wordless:
			if !longer {
				d.html = Sanitize(e.Content)
			}
			if strings.HasPrefix(summary, d.html) {
				d.html = ""
			}
			d.html += summary
		case !longer:
			d.html = summary
		}
	}
	d.choose()
	d.contentHash = d.body.hash()
	if d.teaser != nil {
		d.teaserHash = d.teaser.hash()
	}
	return d
}

// choose decides whether content or summary is the text. The summary is the text if it is longer than the content and long
// enough to be one. If it is longer but still short, both are teasers.
func (d *draft) choose() {
	d.isText = d.body.hasProse()
	if d.teaser == nil || d.teaser.weight() <= d.body.weight() {
		return
	}
	d.isText = false
	if n := d.teaser.weight(); n >= 600 || n >= 400 && d.teaser.paragraphs() >= 2 {
		_, marks := d.body.assemble()
		for _, m := range marks {
			if m.End == 0 {
				d.teaser.inheritedMarks = append(d.teaser.inheritedMarks, m)
			}
		}
		d.body, d.teaser, d.isText = d.teaser, nil, true
	}
}

func (c *Cleaner) finish(d *draft, doc news.Document, feed news.Feed, known blockSet, now time.Time) news.Article {
	e := d.entry
	a := news.Article{
		FeedID: feed.ID, URL: e.URL, Title: d.title, Authors: authors(e.Authors),
		Outlet: d.outlet, Published: dropFuture(e.Published, now), Updated: dropFuture(e.Updated, now), Seen: now,
		Categories: e.Categories, Enclosures: e.Enclosures, HTML: d.html,
	}
	d.body.remove(known)
	d.body.prune(d.context)
	text, marks := d.body.assemble()
	if d.isText {
		a.Text = text
	} else {
		marks = slices.DeleteFunc(marks, func(m news.Mark) bool { return m.End > 0 })
	}
	if d.teaser != nil {
		d.teaser.remove(known)
		d.teaser.prune(d.context)
		s, _ := d.teaser.assemble()
		if s = strings.ReplaceAll(s, "\n\n", " "); !d.repeatsTitle(s) {
			a.Summary = s
		}
	} else if first, _, more := strings.Cut(a.Text, "\n\n"); more && strings.TrimSpace(e.Content) == "" {
		a.Summary = first
	}
	if a.Title == "" && a.Summary == "" { // lists do not load the text, and show its opening words as a title
		a.Summary = news.Opening(a.Text)
	}
	a.Marks = append(entryMarks(e, a.Authors), marks...)
	if len(a.Marks) > maxMarks {
		a.Marks = a.Marks[:maxMarks]
	}
	if a.Title == "" && a.Summary == "" { // lists do not load the HTML either; the alt text is not compared with other articles
		a.Enclosures = withPicture(a.Enclosures, a.HTML)
	}
	body := a.Body()
	a.Lang = language(a.Title+". "+body[:min(len(body), languageSample)], cmp.Or(e.Language, doc.Language))
	a.Roundup = isRoundup(a.Title, a.URL, d.body)
	// The hash covers title, text and summary before furniture is removed. The set of repeated blocks changes from poll to
	// poll, and such a change is no revision of this item.
	seen := append([]byte(a.Title), 0)
	seen = binary.LittleEndian.AppendUint64(seen, d.contentHash)
	seen = binary.LittleEndian.AppendUint64(seen, d.teaserHash)
	sum := sha256.Sum256(seen)
	a.Hash = hex.EncodeToString(sum[:16])
	a.GUID = strings.TrimSpace(e.GUID)
	a.Keys = news.ItemKeys{ID: foldID(e.GUID), Address: itemAddress(e.URL)}
	if d.body.hasProse() || d.teaser != nil && d.teaser.hasProse() {
		a.Keys.Text = fmt.Sprintf("%016x%016x", d.contentHash, d.teaserHash)
	}
	return a
}

// repeatsTitle reports whether a summary only repeats the title and the outlet's name, as in Google News.
func (d *draft) repeatsTitle(summary string) bool {
	s := foldKey(summary)
	for _, t := range []string{"", foldKey(d.entry.Title), foldKey(d.title)} { // a title on a line of its own is already removed
		rest, ok := strings.CutPrefix(s, t)
		if ok && (rest == "" || rest == foldKey(d.entry.Source.Title) || rest == foldKey(d.outlet.Name) || rest == foldKey(d.outlet.Domain)) {
			return true
		}
	}
	return false
}

func entryMarks(e news.Entry, authors []string) []news.Mark {
	var out []news.Mark
	for _, a := range authors {
		out = append(out, news.Mark{Kind: news.MarkAuthor, Text: clipMark(a)})
	}
	if e.Source != (news.Reference{}) {
		out = append(out, news.Mark{Kind: news.MarkSource, Text: clipMark(foldLine(e.Source.Title)), URL: e.Source.URL})
	}
	if r := foldLine(e.Rights); r != "" {
		out = append(out, news.Mark{Kind: news.MarkRights, Text: clipMark(r)})
	}
	kinds := map[string]news.MarkKind{
		"canonical": news.MarkCanonical, "via": news.MarkVia, "related": news.MarkRelated,
	}
	for _, l := range e.Links {
		if k, ok := kinds[strings.ToLower(l.Rel)]; ok && len(out) < maxMarks/2 {
			out = append(out, news.Mark{Kind: k, Text: clipMark(foldLine(l.Title)), URL: l.URL})
		}
	}
	return out
}

func authors(names []string) []string {
	var out []string
	for _, n := range names {
		n = foldLine(n)
		if n == "" || strings.HasPrefix(n, "http://") || strings.HasPrefix(n, "https://") || slices.Contains(out, n) {
			continue
		}
		out = append(out, n)
	}
	return out
}

func dropFuture(t, now time.Time) time.Time {
	if t.After(now.Add(maxFuture)) {
		return time.Time{}
	}
	return t
}

// shown returns the item's blocks, which are compared with those of the feed's other items.
func (d *draft) shown() news.ItemBlocks {
	var it news.ItemBlocks
	for w := range strings.FieldsSeq(strings.ToLower(d.title)) {
		if len(w) >= 4 {
			it.Words = append(it.Words, blockHash(w))
		}
	}
	h := fnv.New64a()
	h.Write([]byte(cmp.Or(strings.TrimSpace(d.entry.GUID), d.entry.URL, d.title)))
	it.Key = h.Sum64()
	if d.title != "" {
		it.Title = blockHash(d.compared)
	}
	if d.body.hasProse() {
		it.Content = d.contentHash
	}
	once := blockSet{}
	for _, p := range []*page{d.body, d.teaser} {
		if p == nil {
			continue
		}
		for _, b := range p.blocks {
			if b.role == prose && !once.addSeen(b.hash) {
				it.Blocks = append(it.Blocks, news.Block{Hash: b.hash, Words: b.words})
			}
		}
	}
	return it
}
