package publish_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// node is any XML element, so that the checks see what a reader of the document would and not our own structs.
type node struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []node     `xml:",any"`
	Text     string     `xml:",chardata"`
}

const (
	atomNS    = "http://www.w3.org/2005/Atom"
	contentNS = "http://purl.org/rss/1.0/modules/content/"
	dcNS      = "http://purl.org/dc/elements/1.1/"
)

func (n node) all(space, name string) []node {
	var found []node
	for _, c := range n.Children {
		if c.XMLName.Space == space && c.XMLName.Local == name {
			found = append(found, c)
		}
	}
	return found
}

func (n node) text(space, name string) string {
	if found := n.all(space, name); len(found) > 0 {
		return found[0].Text
	}
	return ""
}

func (n node) attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// problems gathers what a document breaks.
type problems []string

func (p *problems) check(ok bool, format string, args ...any) {
	if !ok {
		*p = append(*p, fmt.Sprintf(format, args...))
	}
}

func (p *problems) once(n node, space, name string) string {
	p.check(len(n.all(space, name)) == 1, "%s has %d %s", n.XMLName.Local, len(n.all(space, name)), name)
	s := n.text(space, name)
	p.check(strings.TrimSpace(s) != "" || len(n.all(space, name)) == 1 && len(n.all(space, name)[0].Children) > 0, "%s: %s is empty", n.XMLName.Local, name)
	return s
}

func (p *problems) absolute(what, s string) {
	u, err := url.Parse(s)
	p.check(err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https"), "%s %q is no absolute address", what, s)
}

func (p *problems) id(s string, seen map[string]bool) {
	u, err := url.Parse(s)
	p.check(err == nil && u.IsAbs(), "id %q is no URI", s)
	p.check(!seen[s], "id %q stands twice", s)
	seen[s] = true
}

func (p *problems) date(layout, s string) {
	_, err := time.Parse(layout, s)
	p.check(err == nil, "date %q: %v", s, err)
}

func parseXML(data []byte) (root node, p problems) {
	err := xml.Unmarshal(data, &root)
	p.check(err == nil, "not well-formed: %v", err)
	return root, p
}

// validAtom checks what RFC 4287 requires, and that every address is absolute.
func validAtom(data []byte) problems {
	feed, p := parseXML(data)
	p.check(feed.XMLName == xml.Name{Space: atomNS, Local: "feed"}, "root is %v", feed.XMLName)
	seen := map[string]bool{}
	p.id(p.once(feed, atomNS, "id"), seen)
	p.once(feed, atomNS, "title")
	p.date(time.RFC3339, p.once(feed, atomNS, "updated"))
	p.atomLinks(feed, "self", "alternate")
	for _, e := range feed.all(atomNS, "entry") {
		p.id(p.once(e, atomNS, "id"), seen)
		p.once(e, atomNS, "title")
		p.date(time.RFC3339, p.once(e, atomNS, "updated"))
		p.date(time.RFC3339, p.once(e, atomNS, "published"))
		p.once(e, atomNS, "author")
		p.content(p.once(e, atomNS, "content"))
		p.atomLinks(e, "alternate")
		for _, a := range e.all(atomNS, "author") {
			p.once(a, atomNS, "name")
		}
		for _, s := range e.all(atomNS, "source") {
			p.once(s, atomNS, "id")
			p.once(s, atomNS, "title")
			p.date(time.RFC3339, p.once(s, atomNS, "updated"))
		}
	}
	return p
}

func (p *problems) atomLinks(n node, wanted ...string) {
	count := map[string]int{}
	for _, l := range n.all(atomNS, "link") {
		p.absolute("link", l.attr("href"))
		count[l.attr("rel")]++
	}
	for _, rel := range wanted {
		p.check(count[rel] == 1, "%s has %d links rel=%s", n.XMLName.Local, count[rel], rel)
	}
}

// content checks the HTML of an entry: nothing that a browser runs or asks the reader by, and only absolute addresses.
func (p *problems) content(text string) {
	z := html.NewTokenizer(strings.NewReader(text))
	for z.Next() != html.ErrorToken {
		t := z.Token()
		if t.Type == html.TextToken {
			continue
		}
		switch t.Data {
		case "script", "style", "iframe", "object", "embed", "form", "input", "button", "link", "meta", "base":
			*p = append(*p, "content has <"+t.Data+">")
		}
		for _, a := range t.Attr {
			p.check(!strings.HasPrefix(a.Key, "on") && a.Key != "style", "content has the attribute %s", a.Key)
			if a.Key == "href" || a.Key == "src" {
				p.absolute("content's "+a.Key, a.Val)
			}
		}
	}
}

const rfc822 = "Mon, 02 Jan 2006 15:04:05 MST"

// validRSS checks what the RSS 2.0 specification and the RSS Board's profile require.
func validRSS(data []byte) problems {
	root, p := parseXML(data)
	p.check(root.XMLName.Local == "rss" && root.attr("version") == "2.0", "root is %v %v", root.XMLName, root.Attrs)
	channels := root.all("", "channel")
	if len(channels) != 1 {
		return append(p, "no channel")
	}
	c := channels[0]
	for _, name := range []string{"title", "link", "description"} {
		p.once(c, "", name)
	}
	p.absolute("link", c.text("", "link"))
	p.date(rfc822, p.once(c, "", "lastBuildDate"))
	p.atomLinks(c, "self")
	seen := map[string]bool{}
	for _, it := range c.all("", "item") {
		p.once(it, "", "title")
		p.absolute("link", p.once(it, "", "link"))
		p.id(p.once(it, "", "guid"), seen)
		p.check(it.all("", "guid")[0].attr("isPermaLink") == "false", "guid claims to be an address")
		p.date(rfc822, p.once(it, "", "pubDate"))
		p.once(it, dcNS, "creator")
		p.content(p.once(it, contentNS, "encoded"))
		p.atomLinks(it)
		for _, s := range it.all("", "source") {
			p.absolute("source", s.attr("url"))
			p.check(s.Text != "", "source without a name")
		}
	}
	return p
}

// validJSON checks what JSON Feed 1.1 requires.
func validJSON(data []byte) problems {
	var p problems
	var feed struct {
		Version, Title string
		Home           string `json:"home_page_url"`
		Self           string `json:"feed_url"`
		Items          []struct {
			ID, URL   string
			HTML      string `json:"content_html"`
			Published string `json:"date_published"`
			Modified  string `json:"date_modified"`
			Authors   []struct{ Name, URL string }
		}
	}
	d := json.NewDecoder(bytes.NewReader(data))
	err := d.Decode(&feed)
	p.check(err == nil, "not JSON: %v", err)
	p.check(feed.Version == "https://jsonfeed.org/version/1.1", "version %q", feed.Version)
	p.check(feed.Title != "", "no title")
	p.check(feed.Items != nil, "items is missing or null")
	p.absolute("home_page_url", feed.Home)
	p.absolute("feed_url", feed.Self)
	seen := map[string]bool{}
	for _, it := range feed.Items {
		p.id(it.ID, seen)
		p.absolute("url", it.URL)
		p.check(it.HTML != "", "%s has no content", it.ID)
		p.content(it.HTML)
		p.date(time.RFC3339, it.Published)
		p.date(time.RFC3339, it.Modified)
		p.check(len(it.Authors) > 0 && it.Authors[0].Name != "", "%s has no author", it.ID)
	}
	return p
}

// TestValidatorsFindFaults keeps the checks above honest: each must object to a document that lacks something.
func TestValidatorsFindFaults(t *testing.T) {
	atom := string(write(t, "atom", channel(owned())))
	rss := string(write(t, "rss", channel(owned())))
	jsonFeed := string(write(t, "json", channel(owned())))
	cases := []struct {
		name     string
		validate func([]byte) problems
		document string
		old, new string
	}{
		{"atom without updated", validAtom, atom, "<updated>", "<updated/><x>"},
		{"atom relative link", validAtom, atom, `href="https://copyist.example`, `href="`},
		{"atom empty title", validAtom, atom, "<title>Headwater</title>", "<title/>"},
		{"atom same id", validAtom, atom, "</entry>", "</entry><entry><id>urn:x:1</id></entry>"},
		{"atom script", validAtom, atom, "&lt;ul&gt;", "&lt;script&gt;x()&lt;/script&gt;&lt;ul&gt;"},
		{"atom event handler", validAtom, atom, "&lt;ul&gt;", "&lt;ul onclick=x()&gt;"},
		{"rss relative address in content", validRSS, rss, `a href=&#34;https://copyist.example`, `a href=&#34;`},
		{"rss bad date", validRSS, rss, "Tue, 18 Aug", "18. August"},
		{"rss guid as permalink", validRSS, rss, `isPermaLink="false"`, `isPermaLink="true"`},
		{"rss without link", validRSS, rss, "<link>http://news.example:8080/</link>", ""},
		{"json version", validJSON, jsonFeed, "version/1.1", "version/1"},
		{"json no author", validJSON, jsonFeed, `"authors"`, `"writers"`},
		{"json cut off", validJSON, jsonFeed, "}\n", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			broken := strings.Replace(c.document, c.old, c.new, 1)
			if c.name == "json no author" || c.name == "rss bad date" {
				broken = strings.ReplaceAll(c.document, c.old, c.new)
			}
			if broken == c.document {
				t.Fatalf("%q does not stand in the document", c.old)
			}
			if found := c.validate([]byte(broken)); len(found) == 0 {
				t.Error("the fault was not found")
			}
		})
	}
}
