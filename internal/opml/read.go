package opml

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"

	"headwater/internal/news"
)

const (
	maxBytes = 20 << 20
	maxDepth = 50
)

// Read reads a list. What is wrong with single outlines is returned as problems, and the others are kept; an error
// means that the file is no list at all.
func Read(r io.Reader) (List, []Problem, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return List{}, nil, fmt.Errorf("reading the list: %w", err)
	}
	if len(data) > maxBytes {
		return List{}, nil, fmt.Errorf("the list is larger than %d MB; split it", maxBytes>>20)
	}
	data = text(data)
	if len(bytes.TrimSpace(data)) == 0 {
		return List{}, nil, errors.New("the file is empty; expected an OPML list of feeds")
	}
	rd := reader{dec: xml.NewDecoder(bytes.NewReader(data)), seen: map[string]int{}}
	rd.dec.Strict = false
	rd.dec.Entity = xml.HTMLEntity
	rd.dec.CharsetReader = charsetReader
	if err := rd.read(); err != nil {
		return List{}, nil, err
	}
	return rd.list, rd.problems, nil
}

// text makes UTF-8 of what begins with a byte order mark, and leaves out what XML forbids.
func text(data []byte) []byte {
	if enc, name, certain := charset.DetermineEncoding(data, ""); certain && name != "utf-8" {
		if decoded, err := enc.NewDecoder().Bytes(data); err == nil {
			data = decoded
		}
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	return bytes.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, asUTF8(data))
}

// asUTF8 makes UTF-8 of a file that is not, by the encoding that it declares; else it replaces the bytes that are
// wrong. A file that is valid UTF-8 is taken for that, whatever it declares.
func asUTF8(data []byte) []byte {
	head, _, _ := bytes.Cut(data[:min(len(data), 200)], []byte("?>"))
	head = bytes.ToLower(head)
	if utf8.Valid(data) || !bytes.Contains(head, []byte("encoding")) || bytes.Contains(head, []byte("utf")) {
		return bytes.ToValidUTF8(data, []byte("\ufffd"))
	}
	_, after, _ := bytes.Cut(head, []byte("encoding"))
	label := strings.Trim(string(bytes.TrimSpace(after)), "= \"'?")
	enc, _ := charset.Lookup(label)
	if enc == nil {
		return bytes.ToValidUTF8(data, []byte("\ufffd"))
	}
	decoded, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return bytes.ToValidUTF8(data, []byte("\ufffd"))
	}
	return decoded
}

// charsetReader passes what text has decoded already.
func charsetReader(_ string, r io.Reader) (io.Reader, error) { return r, nil }

// reader walks the tokens of a list without recursion.
type reader struct {
	dec      *xml.Decoder
	list     List
	problems []Problem
	seen     map[string]int // line of each feed by its key
	folders  []string       // names of the open outlines; "" for those that are feeds
	rooted   bool
	inTitle  bool
}

func (r *reader) read() error {
	for {
		t, err := r.dec.Token()
		switch {
		case errors.Is(err, io.EOF):
			return r.end(nil)
		case err != nil:
			return r.end(err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if err := r.open(t); err != nil {
				return err
			}
		case xml.EndElement:
			r.close(strings.ToLower(t.Name.Local))
		case xml.CharData:
			if r.inTitle {
				r.list.Title += string(t)
			}
		}
	}
}

// end checks what was read. A file that breaks off is good as far as it goes.
func (r *reader) end(err error) error {
	r.list.Title = strings.Join(strings.Fields(r.list.Title), " ")
	switch {
	case !r.rooted && err != nil:
		return fmt.Errorf("the file is no OPML list: %w", err)
	case !r.rooted:
		return errors.New("the file is no OPML list: it holds no <opml> element")
	case err != nil:
		r.problem("the file is broken here, and what follows was not read: %v", err)
	}
	return nil
}

func (r *reader) problem(format string, args ...any) {
	line, _ := r.dec.InputPos()
	r.problems = append(r.problems, Problem{Line: line, What: fmt.Sprintf(format, args...)})
}

func (r *reader) open(t xml.StartElement) error {
	name := strings.ToLower(t.Name.Local)
	if !r.rooted {
		r.rooted = name == "opml" || name == "outlinedocument"
		if !r.rooted {
			return notAList(name)
		}
		return nil
	}
	switch name {
	case "outline":
		if len(r.folders) >= maxDepth {
			return fmt.Errorf("the list nests outlines deeper than %d; no list of feeds needs that", maxDepth)
		}
		if a := plainAttributes(t); isTopic(a) {
			r.topic(a)
			r.folders = append(r.folders, "")
			return nil
		}
		r.folders = append(r.folders, r.outline(attributes(t)))
	case "title":
		r.inTitle = len(r.folders) == 0
	}
	return nil
}

func (r *reader) close(name string) {
	switch {
	case name == "outline" && len(r.folders) > 0:
		r.folders = r.folders[:len(r.folders)-1]
	case name == "title":
		r.inTitle = false
	}
}

// notAList says what a file with that root element is instead.
func notAList(root string) error {
	switch root {
	case "rss", "rdf", "feed":
		return errors.New("the file is a feed, not a list of feeds; subscribe to its address instead (feed add)")
	case "html":
		return errors.New("the file is an HTML page, not an OPML list; export the list again, or check its address")
	}
	return fmt.Errorf("the file is no OPML list: its root element is <%.40s>, not <opml>", root)
}

// attributes gives an outline's attributes by their lower-case names.
func attributes(t xml.StartElement) map[string]string {
	all := map[string]string{}
	for _, a := range t.Attr {
		all[strings.ToLower(a.Name.Local)] = strings.TrimSpace(a.Value)
	}
	return all
}

// plainAttributes are those of an outline of ours, with every space.
func plainAttributes(t xml.StartElement) map[string]string {
	all := map[string]string{}
	for _, a := range t.Attr {
		all[strings.ToLower(a.Name.Local)] = a.Value
	}
	return all
}

// isTopic says whether an outline is a topic. One that other programs take for a feed has a query, too.
func isTopic(a map[string]string) bool {
	_, asks := a["headwaterquery"]
	return asks || a["type"] == topicType
}

// topic takes over a topic. What is wrong with its query the newsroom says.
func (r *reader) topic(a map[string]string) {
	t := news.Topic{Name: a["text"], Query: a["headwaterquery"]}
	if t.Name == "" || t.Query == "" {
		r.problem("a topic without a name (text) or a query (headwaterQuery) was left out")
		return
	}
	var err error
	if t.Options, err = options(a); err != nil {
		r.problem("the topic %q was left out: %v", t.Name, err)
		return
	}
	r.list.Topics = append(r.list.Topics, t)
}

// options reads those of a topic, and says of the first that it cannot read how to write it.
func options(a map[string]string) (o news.TopicOptions, err error) {
	if o.Originals, err = strconv.ParseBool(first(a["headwateroriginals"], "false")); err != nil {
		return o, fmt.Errorf("headwaterOriginals is %q; write true or false", a["headwateroriginals"])
	}
	if o.MinOutlets, err = strconv.Atoi(first(a["headwaterminoutlets"], "0")); err != nil {
		return o, fmt.Errorf("headwaterMinOutlets is %q; write a number such as 3", a["headwaterminoutlets"])
	}
	if err := json.Unmarshal([]byte(first(a["headwaterlangs"], "null")), &o.Langs); err != nil {
		return o, fmt.Errorf(`headwaterLangs is %q; write a list such as ["en", "es"]`, a["headwaterlangs"])
	}
	if err := json.Unmarshal([]byte(first(a["headwatermuted"], "null")), &o.Muted); err != nil {
		return o, fmt.Errorf(`headwaterMuted is %q; write a list such as ["The Sun", "example.org"]`, a["headwatermuted"])
	}
	return o, nil
}

// outline takes over a feed, and returns the name of a folder.
func (r *reader) outline(a map[string]string) (folder string) {
	address, kind := a["xmlurl"], strings.ToLower(a["type"])
	isFeed := kind == "rss" || kind == "atom" || kind == "feed"
	if address == "" && isFeed {
		address = a["url"]
	}
	label := strings.Join(strings.Fields(first(a["title"], a["text"])), " ")
	switch {
	case address != "":
		r.feed(address, label, a)
	case isFeed || a["htmlurl"] != "":
		r.problem("%q has no xmlUrl, so it cannot be fetched; add the feed's address", first(label, a["htmlurl"], "an outline"))
	case kind == "include" || kind == "link":
		r.problem("%q points to another list or page (%s), which is not followed; import it by itself", label, a["url"])
	default:
		return path(first(a["text"], a["title"]))
	}
	return ""
}

func (r *reader) feed(address, label string, a map[string]string) {
	address, err := feedURL(address)
	if err != nil {
		r.problem("%q was left out: %v", label, err)
		return
	}
	k := key(address)
	if line, ok := r.seen[k]; ok {
		r.problem("%s is in the list already, in line %d; it was taken once", address, line)
		return
	}
	line, _ := r.dec.InputPos()
	r.seen[k] = line
	o := Outline{URL: address, Title: label, Site: a["htmlurl"], Folder: r.folder(), FullText: fullText(a["headwaterfulltext"])}
	if o.Folder == "" {
		category, _, _ := strings.Cut(a["category"], ",")
		o.Folder = path(category)
	}
	if o.Title == o.URL {
		o.Title = ""
	}
	r.list.Feeds = append(r.list.Feeds, o)
}

func (r *reader) folder() string { return path(strings.Join(r.folders, "/")) }

func first(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

// fullText drops a mode that is none.
func fullText(mode string) string {
	switch mode {
	case "auto", "always", "never":
		return mode
	}
	return ""
}
