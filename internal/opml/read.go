package opml

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"headwater/internal/news"
)

const (
	maxBytes = 20 << 20
	maxDepth = 50
)

// Read reads a list. Errors in single outlines are returned as problems, and the other outlines are kept. An error means
// that the file is no list at all.
func Read(r io.Reader) (List, []news.ImportNote, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return List{}, nil, fmt.Errorf("reading the list: %w", err)
	}
	if len(data) > maxBytes {
		return List{}, nil, fmt.Errorf("the list is larger than %d MB; split it", maxBytes>>20)
	}
	data = toUTF8(data)
	if len(bytes.TrimSpace(data)) == 0 {
		return List{}, nil, errors.New("the file is empty; expected an OPML list of feeds")
	}
	rd := reader{seen: map[string]int{}, hasEndTags: feedsHaveEndTags(data)}
	for sc := (scanner{doc: data}); ; {
		t, more := sc.next()
		if !more {
			break
		}
		if err := rd.handleTag(t, &sc); err != nil {
			return List{}, nil, err
		}
	}
	rd.list.Title = strings.Join(strings.Fields(rd.list.Title), " ")
	if !rd.hasRoot {
		return List{}, nil, errors.New("the file is no OPML list: it holds no <opml> element")
	}
	return rd.list, rd.problems, nil
}

// feedsHaveEndTags reports whether feeds have end tags. They do if each outline that needs an end tag has one, or if no
// outline is open where another begins.
func feedsHaveEndTags(data []byte) bool {
	open, bare := 0, false
	for sc := (scanner{doc: data}); ; {
		t, more := sc.next()
		switch {
		case !more:
			return open <= 0 || !bare
		case t.name != "outline" || t.empty:
		case t.close:
			open--
		default:
			open++
			bare = bare || address(t.attrs) != "" && !sc.isLeaf(t)
		}
	}
}

// toUTF8 converts a list to UTF-8 and removes characters that XML forbids.
func toUTF8(data []byte) []byte {
	if enc, name, certain := charset.DetermineEncoding(data[:min(len(data), 3)], ""); certain && name != "utf-8" {
		if decoded, err := enc.NewDecoder().Bytes(data); err == nil {
			data = decoded
		}
	}
	for bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		data = data[3:]
	}
	return bytes.Map(dropForbidden, decodeDeclared(data))
}

// decodeDeclared converts a file that is not UTF-8 from the encoding that it declares. Without a usable one, it decodes
// the invalid bytes as Windows-1252. Valid UTF-8 is taken as such, whatever the file declares.
func decodeDeclared(data []byte) []byte {
	for start, wide := range map[string]encoding.Encoding{
		"<\x00": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "\x00<": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	} {
		if !bytes.HasPrefix(data, []byte(start)) {
			continue
		}
		if decoded, err := wide.NewDecoder().Bytes(data); err == nil {
			return decoded
		}
	}
	if utf8.Valid(data) {
		return data
	}
	head, _, _ := bytes.Cut(data[:min(len(data), 200)], []byte("?>"))
	if _, after, found := bytes.Cut(bytes.ToLower(head), []byte("encoding")); found {
		label := strings.Trim(string(bytes.TrimSpace(after)), "= \"'?")
		enc, name := charset.Lookup(label)
		if enc != nil && !strings.HasPrefix(name, "utf-") && name != "replacement" {
			if decoded, err := enc.NewDecoder().Bytes(data); err == nil {
				return decoded
			}
		}
	}
	var out []byte
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			r = charmap.Windows1252.DecodeByte(data[0])
		}
		out, data = utf8.AppendRune(out, r), data[size:]
	}
	return out
}

// reader walks the tags of a list without recursion.
type reader struct {
	list       List
	problems   []news.ImportNote
	line       int            // of the current tag
	seen       map[string]int // the line of each feed, by the feed's key
	open       []bool         // for each open outline, whether it is a folder
	folders    []string       // names of the open folders
	hasEndTags bool           // feeds have their end tags
	hasRoot    bool
	inTitle    bool
}

func (r *reader) problem(format string, args ...any) {
	r.problems = append(r.problems, news.ImportNote{Line: r.line, Text: fmt.Sprintf(format, args...)})
}

func (r *reader) handleTag(t tag, s *scanner) error {
	r.line = t.line
	switch {
	case t.name == "":
		if r.inTitle {
			r.list.Title += t.text
		}
	case t.close:
		r.close(t.name)
	case !r.hasRoot:
		switch t.name {
		case "opml", "outlinedocument":
			r.hasRoot = true
		case "rss", "rdf", "feed":
			return errors.New("the file is a feed, not a list of feeds; subscribe to its address instead (feed add)")
		case "html":
			return errors.New("the file is an HTML page, not an OPML list; export the list again, or check its address")
		default:
			return fmt.Errorf("the file is no OPML list: its root element is <%.40s>, not <opml>", t.name)
		}
	case t.name == "title":
		r.inTitle = len(r.open) == 0 && !t.empty
	case t.name == "outline":
		return r.outline(t, s.isLeaf(t))
	}
	return nil
}

// isLeaf reports whether an outline is empty.
func (s *scanner) isLeaf(t tag) bool {
	rest := bytes.TrimLeft(s.doc[s.pos:], " \t\r\n")
	return t.empty || bytes.HasPrefix(bytes.ToLower(rest[:min(len(rest), 9)]), []byte("</outline"))
}

// outline reads an outline, and opens it if others may be in it.
func (r *reader) outline(t tag, leaf bool) error {
	if t.isCut {
		r.problem("%q was left out: the list breaks off in it", label(t.attrs))
		return nil
	}
	folder, isFolder := "", false
	before := len(r.problems)
	// An outline with a query is a topic, even if other programs take it for a feed.
	if _, hasQuery := t.attrs["headwaterquery"]; hasQuery || t.attrs["type"] == topicType {
		r.topic(t.attrs)
	} else {
		trimmed := make(map[string]string, len(t.attrs)) // white space is kept only in our own attributes
		for name, value := range t.attrs {
			trimmed[name] = strings.TrimSpace(value)
		}
		folder, isFolder = r.item(trimmed, leaf)
	}
	if t.mended != "" && len(r.problems) == before {
		r.problem("%q was mended: %s", label(t.attrs), t.mended)
		r.problems[before].Mended = true
	}
	switch {
	case t.empty, !isFolder && !r.hasEndTags: // a missing end tag is more likely than outlines in a feed
		return nil
	case isFolder && len(r.folders) >= maxDepth:
		return fmt.Errorf("the list nests outlines deeper than %d; no list of feeds needs that", maxDepth)
	}
	if r.open = append(r.open, isFolder); isFolder {
		r.folders = append(r.folders, folder)
	}
	return nil
}

func (r *reader) close(name string) {
	switch last := len(r.open) - 1; {
	case name == "outline" && last >= 0:
		if r.open[last] {
			r.folders = r.folders[:len(r.folders)-1]
		}
		r.open = r.open[:last]
	case name == "title":
		r.inTitle = false
	}
}

// label returns the name of an outline for problems.
func label(a map[string]string) string {
	return strings.Join(strings.Fields(cmp.Or(a["title"], a["text"], address(a), a["htmlurl"], "an outline")), " ")
}

// address returns a feed's address from one of the attributes that programs use for it; "" if there is none.
func address(a map[string]string) string {
	feed := cmp.Or(a["xmlurl"], a["xml_url"], a["xml-url"], a["xmluri"], a["feedurl"], a["feed_url"], a["rssurl"])
	if kind := strings.ToLower(a["type"]); feed == "" && kind != "link" && kind != "include" {
		feed = a["url"]
	}
	return feed
}

// topic reads a topic. The caller checks whether its query is valid.
func (r *reader) topic(a map[string]string) {
	t := news.Topic{Name: a["text"], Query: a["headwaterquery"]}
	if t.Name == "" || t.Query == "" {
		r.problem("a topic without a name (text) or a query (headwaterQuery) was left out")
		return
	}
	leftOut := func(attribute, value, want string) {
		r.problem("the topic %q was left out: %s is %q; write %s", t.Name, attribute, value, want)
	}
	var err error
	o := &t.Options
	if o.Originals, err = strconv.ParseBool(cmp.Or(a["headwateroriginals"], "false")); err != nil {
		leftOut("headwaterOriginals", a["headwateroriginals"], "true or false")
		return
	}
	if o.MinOutlets, err = strconv.Atoi(cmp.Or(a["headwaterminoutlets"], "0")); err != nil {
		leftOut("headwaterMinOutlets", a["headwaterminoutlets"], "a number such as 3")
		return
	}
	if err := json.Unmarshal([]byte(cmp.Or(a["headwaterlangs"], "null")), &o.Langs); err != nil {
		leftOut("headwaterLangs", a["headwaterlangs"], `a list such as ["en", "es"]`)
		return
	}
	if err := json.Unmarshal([]byte(cmp.Or(a["headwatermuted"], "null")), &o.Muted); err != nil {
		leftOut("headwaterMuted", a["headwatermuted"], `a list such as ["The Sun", "example.org"]`)
		return
	}
	r.list.Topics = append(r.list.Topics, t)
}

// item reads a feed, or returns the name of a folder. A leaf whose title is an address, and that has nothing else, is a
// feed.
func (r *reader) item(a map[string]string, leaf bool) (folder string, isFolder bool) {
	kind := strings.ToLower(a["type"])
	isFeed := kind == "rss" || kind == "atom" || kind == "feed"
	name := strings.Join(strings.Fields(cmp.Or(a["title"], a["text"])), " ")
	feed := address(a)
	if called := cmp.Or(a["text"], a["title"]); feed == "" && a["htmlurl"] == "" && (leaf || isFeed) && kind != "link" && kind != "include" {
		if lower := strings.ToLower(called); strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "feed:") {
			feed = called
		}
	}
	switch {
	case feed != "":
		r.feed(feed, name, a)
	case isFeed || a["htmlurl"] != "":
		r.problem("%q has no xmlUrl, so it cannot be fetched; add the feed's address", label(a))
	case kind == "include" || kind == "link":
		r.problem("%q points to another list or page (%s), which is not followed; import it by itself", name, a["url"])
	default:
		return folderPath(cmp.Or(a["text"], a["title"])), true
	}
	return "", false
}

func (r *reader) feed(address, name string, a map[string]string) {
	tidy, err := feedURL(address)
	if err != nil {
		r.problem("%q was left out: %v", name, err)
		return
	}
	k := feedKey(tidy)
	if line, ok := r.seen[k]; ok {
		r.problem("%s is in the list already, in line %d; it was taken once", tidy, line)
		return
	}
	r.seen[k] = r.line
	o := Outline{URL: tidy, Title: name, Site: a["htmlurl"], Folder: folderPath(strings.Join(r.folders, "/"))}
	if mode := a["headwaterfulltext"]; mode == "auto" || mode == "always" || mode == "never" {
		o.FullText = mode
	}
	if o.Folder == "" {
		category, _, _ := strings.Cut(a["category"], ",")
		o.Folder = folderPath(category)
	}
	if o.Title == o.URL || o.Title == address {
		o.Title = ""
	}
	r.list.Feeds = append(r.list.Feeds, o)
}
