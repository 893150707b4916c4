// Package mail turns mails into entries of feeds: bytes of RFC 5322 with MIME in, a news.Document with one entry out. It is for
// newsletters, which are mails that were meant for a web page.
//
// mail.go reads a mail and says what the fields of its entry are. header.go reads headers, body.go the parts of MIME, layout.go
// undoes what mail programs need of HTML and readers do not, plain.go makes HTML of plain text.
//
// Mails are read as they come. What is wrong with one costs that part alone: a header without a colon, a part whose end is missing,
// an encoding that does not exist, bytes that are not of it. Only a reader that fails makes Read fail, so that a mail that was cut
// off by its connection is not stored as if it were whole. Everything is bounded, and what is beyond the limits is read and dropped.
//
// # Which text
//
// Of alternatives it is the last with HTML, else the last with plain text. Other multiparts are read in order. A mail within a mail
// counts as its text. Attachments, and pictures that a mail brings along (cid:), are dropped: an article has addresses of
// pictures, and these have none.
//
// # Which id
//
// The id is that of the mail (Message-ID) and a hash of sender, subject and text. A mail that is delivered twice is one article, and
// mails that share a Message-ID but not the text are an article each. A mail without a Message-ID has the hash and its date.
package mail

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"io"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"headwater/internal/news"
	"headwater/internal/text"
	"headwater/internal/weburl"
)

// Limits of a mail.
const (
	maxText   = 1 << 20 // bytes of HTML of its entry
	maxRaw    = 4 << 20 // bytes of one part before it is decoded
	maxParts  = 200     // parts, together
	maxDepth  = 12      // multiparts within each other
	maxField  = 16 << 10
	maxHeader = 1 << 20 // bytes of a header; fields behind them are dropped
)

// Read reads a mail. Its error is that of r. The document has one entry, which has an empty text if nothing in the mail can be read
// as one. Document.Repaired says what was left out or mended.
func Read(r io.Reader) (news.Document, error) {
	b := &body{}
	in := &input{r: r}
	lines := bufio.NewReader(in)
	h := readHeader(lines)
	found := b.part(h, lines, 0)
	if _, err := io.Copy(io.Discard, lines); err != nil {
		return news.Document{}, err
	}
	if in.err != io.EOF { //nolint:errorlint // Read returns it as it is
		return news.Document{}, in.err
	}
	e := news.Entry{Title: headerText(h.get("Subject")), Content: found.html, Published: dateOf(h), Language: language(h)}
	name, address := sender(h)
	if by := cmp.Or(name, address); by != "" {
		e.Authors = []string{by}
	}
	e.URL = ownPage(h)
	sum := sha256.New()
	for _, part := range []string{address, e.Title, e.Content} {
		_, _ = io.WriteString(sum, part+"\x00") // a hash takes all
	}
	id := strings.Trim(headerText(h.get("Message-Id")), " <>")
	if id == "" {
		id = "no id, " + e.Published.UTC().Format(time.RFC3339)
	}
	e.GUID = text.Cut(id, maxField) + " " + hex.EncodeToString(sum.Sum(nil)[:8])
	archive := webAddress(h.get("List-Archive"))
	return news.Document{
		Format: "mail", Link: cmp.Or(archive, siteOf(e.URL), siteOfAddress(address)), Language: e.Language, Repaired: b.faults, Entries: []news.Entry{e},
	}, nil
}

// input remembers the error that ended it, which those who read parts may have dropped, and returns it for ever.
type input struct {
	r   io.Reader
	err error
}

func (i *input) Read(p []byte) (int, error) {
	if i.err != nil {
		return 0, i.err
	}
	n, err := i.r.Read(p)
	i.err = err
	return n, err
}

// sender returns the name and the address of who wrote a mail, as far as it gives them.
func sender(h header) (name, address string) {
	for _, field := range []string{"From", "Sender", "Reply-To"} {
		raw := h.get(field)
		if raw == "" {
			continue
		}
		parser := mail.AddressParser{WordDecoder: wordDecoder()}
		if all, err := parser.ParseList(toUTF8(joinWords(raw))); err == nil && len(all) > 0 {
			return strings.TrimSpace(all[0].Name), strings.ToLower(all[0].Address)
		}
		text := headerText(raw) // a list that is written wrong still has its words
		before, after, bracket := strings.Cut(text, "<")
		if bracket {
			address, _, _ = strings.Cut(after, ">")
			return strings.Trim(before, " \t\""), strings.ToLower(strings.TrimSpace(address))
		}
		if strings.Count(text, "@") == 1 && !strings.Contains(text, " ") {
			return "", strings.ToLower(text)
		}
		return text, ""
	}
	return "", ""
}

// dateOf returns when a mail was written, or else when the last server received it; zero where neither can be read.
func dateOf(h header) time.Time {
	if t, err := mail.ParseDate(headerText(h.get("Date"))); err == nil {
		return t
	}
	if at := strings.LastIndexByte(h.get("Received"), ';'); at >= 0 {
		if t, err := mail.ParseDate(strings.TrimSpace(h.get("Received")[at+1:])); err == nil {
			return t
		}
	}
	return time.Time{}
}

func language(h header) string {
	first, _, _ := strings.Cut(h.get("Content-Language"), ",")
	return strings.TrimSpace(first)
}

// ownPage returns the address of the page that a mail is on, "" where no header names one. Archived-At is that of the mail (RFC 5064).
// List-Archive is that of the whole list (RFC 2369), so two mails of it would be taken for one story. List-Post is an address to write
// to, but Substack has the page of the mail there.
func ownPage(h header) string {
	if page := webAddress(h.get("Archived-At")); page != "" {
		return page
	}
	if post := h.get("List-Post"); strings.Count(post, "<") == 1 {
		if u, err := url.Parse(webAddress(post)); err == nil && strings.HasPrefix(u.Path, "/p/") {
			return u.String()
		}
	}
	return ""
}

// webAddress returns the first web address of a header that lists addresses in angle brackets, or is one; "" for none.
func webAddress(field string) string {
	for part := range strings.SplitSeq(field, ",") {
		part = strings.Trim(strings.Join(strings.Fields(part), ""), "<>")
		lower := strings.ToLower(part)
		if !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") {
			continue
		}
		if address := weburl.Encode(part); weburl.CheckLength(address) == nil && weburl.Host(address) != "" {
			return address
		}
	}
	return ""
}

//go:embed services.txt
var servicesText string

// services are the domains that send the mails of many publishers.
var services = func() map[string]bool {
	all := map[string]bool{}
	for line := range strings.Lines(servicesText) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			all[line] = true
		}
	}
	return all
}()

// siteOf returns the front page of an address, "" for none.
func siteOf(page string) string {
	if page == "" {
		return ""
	}
	return "https://" + weburl.Hostname(page) + "/"
}

// siteOfAddress returns the site of a sender's domain, "" where that sends the mails of many publishers.
func siteOfAddress(address string) string {
	_, domain, ok := strings.Cut(address, "@")
	domain = strings.Trim(domain, ".")
	registered, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if !ok || err != nil || services[registered] {
		return ""
	}
	return "https://" + registered + "/"
}
