package origin

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/internal/news"
	"headwater/internal/stories/outlets"
	"headwater/internal/stories/prints"
)

// Claims returns an article's credits to other outlets, and to its own if it signs as an agency, strongest first.
func (r *Reader) Claims(a news.Article) []news.Claim {
	a.Marks = r.unwrapped(a.Marks)
	x := &reading{article: a}
	x.outlets = articleOutlets{r.outlets, &x.article}
	x.signatures()
	x.markCredits()
	body := a.Body()
	subjects := x.titleCredits()
	x.sentenceCredits(body, subjects)
	if a.Text != "" && a.Summary != "" {
		x.sentenceCredits(a.Summary, subjects)
	}
	x.titleSignatures()
	x.closingCredits()
	x.claims.assignParts(body)
	return x.claims.withoutRivalShapes(a.Outlet).distinct()
}

// signatures finds datelines and authors that are outlets.
func (r *reading) signatures() {
	for _, text := range []string{r.article.Text, r.article.Summary} {
		if m, ok := r.outlets.Dateline(text); ok {
			m.Outlet = r.outlets.Local(m.Outlet, text[m.Start:m.End])
			r.claims.add(news.ClaimDateline, m.Outlet, "", text[:closed(text, m.End)], spanIn(r.article, text, m), 1)
			break
		}
	}
	for _, author := range r.article.Authors {
		if !ofPhoto(author) {
			r.addByline(r.readByline(author), author)
		}
	}
	r.standaloneBylines()
}

// closed returns the offset after the bracket that closes at the end of a dateline's sign, or end where none does.
func closed(text string, end int) int {
	rest := strings.TrimLeft(text[end:], " ")
	for _, bracket := range []string{")", "]", "】", "）", "］"} {
		if strings.HasPrefix(rest, bracket) {
			return len(text) - len(rest) + len(bracket)
		}
	}
	return end
}

// ofPhoto reports whether a line in the position of a byline is a photo credit: "(Photo: Jane Doe, AP)".
func ofPhoto(line string) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimLeft(line, "( ")), "photo")
}

// markCredits reads the marks that cleaning made: sources, canonical links, bylines and links.
func (r *reading) markCredits() {
	for _, m := range r.article.Marks {
		switch m.Kind {
		case news.MarkSource, news.MarkVia:
			r.sourceCredit(m)
		case news.MarkCanonical:
			if o, ok := r.byURL(m.URL); ok && !same(o, r.article.Outlet) && pathOf(m.URL) != "" {
				r.claims.add(news.ClaimCanonical, o, m.URL, "canonical address "+m.URL, news.Span{}, 1)
			}
		case news.MarkByline, news.MarkRights:
			r.lineCredits(m)
		case news.MarkLink:
			o, ok := r.byURL(m.URL)
			if !ok || same(o, r.article.Outlet) || o.Domain == "" || !article(m.URL) || m.End == 0 { // at 0, 0 the link is outside the text
				continue
			}
			r.claims.add(news.ClaimLink, o, m.URL, m.Text, news.Span{Start: m.Start, End: m.End}, 1)
			r.claims.last().place, r.claims.last().offset = inBody, m.Start
		}
	}
}

// sourceCredit reads an item's <source>, a "via" link or an "Original Source" line. If it names the outlet that cleaning took
// for the publisher of an aggregator's item, it confirms the publisher. A line without an address may name several outlets.
func (r *reading) sourceCredit(m news.Mark) {
	var all []news.Outlet
	if o, ok := r.outlets.ByName(m.Text); ok {
		all = append(all, o)
	} else if all = distinctOutlets(r.outlets.Mentions(m.Text)); m.URL != "" && len(all) > 1 {
		all = all[:1]
	}
	if o, ok := r.byURL(m.URL); ok && len(all) == 0 {
		all = append(all, o)
	}
	for _, o := range all {
		if same(o, r.article.Outlet) {
			r.claims.add(news.ClaimPublisher, o, "", m.Text, news.Span{}, 1)
			continue
		}
		r.claims.add(news.ClaimSource, o, m.URL, m.Text, news.Span{Start: m.Start, End: m.End}, 1)
		r.claims.last().share(len(all))
	}
}

// lineCredits reads a byline or copyright line that cleaning took out of the text: "Reporting by Jane Doe in Oslo for Reuters;
// additional reporting by AFP".
func (r *reading) lineCredits(m news.Mark) {
	if ofPhoto(m.Text) {
		return
	}
	lower := strings.ToLower(m.Text)
	bracketed := strings.HasPrefix(lower, "[") && strings.HasSuffix(lower, "]") // the source of one item in a round-up
	if m.Kind == news.MarkByline && !bracketed {
		if b := r.readByline(strings.Trim(m.Text, "—–-() ")); b.only && len(b.outlets) > 0 {
			r.addByline(b, m.Text)
			return
		}
	}
	if len(r.outlets.Mentions(m.Text)) == 0 { // "(Reporting by Jane Doe; Editing by John Roe)" names no outlet, and its shape shows the agency
		for _, x := range r.outlets.Credits(m.Text) {
			if bracketed {
				x.Kind = news.ClaimPart
			}
			if !same(x.Outlet, r.article.Outlet) {
				r.claims.add(x.Kind, x.Outlet, m.URL, m.Text, news.Span{}, 1)
				r.claims.last().shapeOnly = true
			}
		}
		return
	}
	for part := range strings.SplitSeq(m.Text, ";") {
		kind, lower := news.ClaimByline, strings.ToLower(part)
		switch {
		case bracketed || slices.ContainsFunc(cues.helped, func(w string) bool { return hasWords(lower, w) }):
			kind = news.ClaimPart
		case m.Kind == news.MarkRights:
			kind = news.ClaimRights
		}
		all := distinctOutlets(r.outlets.Mentions(part))
		for _, o := range all {
			if !same(o, r.article.Outlet) {
				r.claims.add(kind, o, m.URL, m.Text, news.Span{}, 1)
				r.claims.last().share(len(all))
			}
		}
	}
}

// article reports whether an address may be that of an article: its path is longer than that of a section.
func article(url string) bool {
	path := strings.ToLower(pathOf(url))
	for _, section := range []string{"topic/", "tag/", "tags/", "search/", "author/", "people/"} {
		if strings.HasPrefix(path, section) || strings.Contains(path, "/"+section) {
			return false
		}
	}
	return len(path) >= 12
}

// pathOf returns the part of an address after the host, or "" for a front page.
func pathOf(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	_, path, _ := strings.Cut(rest, "/")
	return strings.Trim(path, "/")
}

// closingBytes is the length of the end of a text in which closing lines of agencies are looked for.
const closingBytes = 600

// closingCredits reads the end of a text: "(Reporting by Jane Doe; Editing by John Roe)", "With inputs from PTI", "(c) 2026
// AFP".
func (r *reading) closingCredits() {
	body := r.article.Body()
	end := excerpt(body, max(len(body)-closingBytes, 0), len(body))
	for _, m := range r.outlets.Credits(end) {
		m.Outlet = r.outlets.Local(m.Outlet, end[m.Start:m.End])
		m.Start, m.End = m.Start+len(body)-len(end), m.End+len(body)-len(end)
		if same(m.Outlet, r.article.Outlet) || inQuotation(r.article.Marks, m) {
			continue
		}
		r.claims.add(m.Kind, m.Outlet, "", sentence(body, m), spanIn(r.article, body, m), 1)
		r.claims.last().shapeOnly = len(r.outlets.Mentions(body[m.Start:m.End])) == 0
	}
}

// slugStrength is the factor of a credit by an agency's slug before a headline. Other outlets use such slugs too.
const slugStrength = .7

// titleSignatures reads the signature in a headline. It may end with the outlet of a listed item ("Ferries stop - Reuters"),
// begin with an agency's slug, or end with its agency, as on Japanese portals: "headline（ロイター）".
func (r *reading) titleSignatures() {
	if o, ok := r.wholeName(tailOf(r.article.Title)); ok && !same(o, r.article.Outlet) {
		r.claims = slices.DeleteFunc(r.claims, func(f foundClaim) bool { return f.place == inTitle && same(f.Credited(), o) }) // the same words
		if len(strings.Fields(r.article.Body())) < shortProse {
			r.claims.add(news.ClaimSource, o, "", r.article.Title, news.Span{}, 1)
		} else { // the report is that outlet's, but not the text
			r.claims.add(news.ClaimReport, o, "", r.article.Title, news.Span{}, 1/strengths[news.ClaimReport])
		}
	}
	t := strings.TrimSpace(r.article.Title)
	if agency, _ := prints.Slug(t); agency != "" {
		if o, ok := r.outlets.ByName(agency); ok && !same(o, r.article.Outlet) {
			r.claims.add(news.ClaimByline, o, "", t, news.Span{}, slugStrength)
		}
	}
	for _, b := range [][2]string{{"（", "）"}, {"(", ")"}, {"［", "］"}, {"[", "]"}} {
		i := strings.LastIndex(t, b[0])
		if i < 0 || !strings.HasSuffix(t, b[1]) {
			continue
		}
		name := strings.TrimSuffix(t[i+len(b[0]):], b[1])
		if o, ok := r.outlets.ByName(name); ok && !same(o, r.article.Outlet) {
			r.claims.add(news.ClaimByline, o, "", t, news.Span{}, 1)
		}
	}
}

// wholeName returns the outlet whose name or domain is the whole text.
func (r *reading) wholeName(name string) (news.Outlet, bool) {
	if strings.Contains(name, ".") && !strings.Contains(name, " ") {
		return r.outlets.ByName(name)
	}
	found := r.outlets.Mentions(name)
	if len(found) != 1 || found[0].Start != 0 || found[0].End != len(name) {
		return news.Outlet{}, false
	}
	return found[0].Outlet, true
}

// byline is the content of a byline: "By Jane Doe, Reuters", "AFP in Paris", "Staff with AP".
type byline struct {
	outlets []news.Outlet
	others  bool // the outlet's own staff, or unnamed agencies, wrote part of the text
	with    bool // the outlets only helped: "Jane Doe with AP"
	only    bool // the line has nothing else but a place and a date
}

// maxByline is the maximum length of a byline, in bytes.
const maxByline = 160

// readByline reads a byline. A part of the line is an outlet if it has only the outlet's name and words for a role. A person
// with the name of an outlet is not an outlet.
func (r *reading) readByline(line string) byline {
	var b byline
	if len(line) > maxByline {
		return b
	}
	parts := bylineParts(strings.TrimLeft(line, "0123456789 "))
	b.only = len(parts) > 0
	named := map[string]bool{}
	for i, p := range parts {
		o, ok := r.bylineOutlet(p.text, len(parts) == 1)
		switch {
		case ok && !named[o.Key()]:
			named[o.Key()] = true
			b.outlets = append(b.outlets, o)
			b.with = b.with || p.after == "with"
			if p.after == "and" && i > 0 {
				_, ofOutlet := r.bylineOutlet(parts[i-1].text, false)
				b.others = b.others || !ofOutlet
			}
		case ok:
		case isStaff(p.text):
			b.others = true
		case p.after != "in" && !isDate(p.text):
			b.only = false
		}
	}
	if len(b.outlets) > 0 && !named[r.article.Outlet.Key()] && slices.ContainsFunc(r.outlets.Mentions(line), func(m outlets.Mention) bool { return same(m.Outlet, r.article.Outlet) }) {
		b.others = true
	}
	return b
}

// bylinePart is a part of a byline. after is the word before it: "and", "with", "in", or "" for a comma and similar marks.
type bylinePart struct{ text, after string }

// bylineParts splits a byline at commas and at words such as "and" and "with".
func bylineParts(line string) []bylinePart {
	for _, w := range cues.bylineStarts {
		if len(line) > len(w) && strings.EqualFold(line[:len(w)], w) && line[len(w)] == ' ' {
			line = line[len(w)+1:]
			break
		}
	}
	var parts []bylinePart
	after, word := "", ""
	put := func(next string) {
		if word != "" {
			parts = append(parts, bylinePart{word, after})
		}
		after, word = next, ""
	}
	for _, w := range strings.FieldsFunc(line, unicode.IsSpace) {
		for {
			i := strings.IndexAny(w, ",|/()·•–—;、／（）[]")
			if i < 0 {
				break
			}
			word = strings.TrimSpace(word + " " + w[:i])
			put("")
			_, size := utf8.DecodeRuneInString(w[i:])
			w = w[i+size:]
		}
		if kind, ok := cues.bylineLinks[strings.ToLower(w)]; ok {
			put(kind)
			continue
		}
		word = strings.TrimSpace(word + " " + w)
	}
	put("")
	return parts
}

// bylineOutlet returns the outlet that a part of a byline names. A name that is also a word or a person's name counts if it
// stands alone, spelled as the outlet spells it, or if it is in capitals.
func (r *reading) bylineOutlet(part string, alone bool) (news.Outlet, bool) {
	for p := strings.Trim(part, ".:* "); p != ""; {
		if o, ok := r.outlets.ByName(p); ok {
			m := r.outlets.Mentions(p)
			whole := len(m) == 1 && m[0].Start == 0 && m[0].End == len(p)
			if alone || whole || o.Agency && strings.ToUpper(p) == p {
				return r.outlets.Local(o, p), true
			}
		}
		shorter, ok := withoutRole(p)
		if !ok {
			break
		}
		p = shorter
	}
	return news.Outlet{}, false
}

// withoutRole removes the last word if it is a role ("Reuters Staff"), or the first word if it is a kind of outlet ("Agencia
// EFE").
func withoutRole(p string) (string, bool) {
	if i := strings.LastIndexByte(p, ' '); i > 0 && (cues.roles[strings.ToLower(p[i+1:])] || isDate(p[i+1:])) {
		return strings.TrimRight(p[:i], ". "), true
	}
	if first, rest, ok := strings.Cut(p, " "); ok && (cues.articles[strings.ToLower(first)] || cues.roles[strings.ToLower(first)]) {
		return rest, true
	}
	return p, false
}

// isStaff reports whether a part of a line means the outlet's own staff, or unnamed agencies.
func isStaff(part string) bool {
	words := strings.Fields(strings.ToLower(part))
	return len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !cues.roles[strings.Trim(w, ".")] })
}

// isDate reports whether a part of a line is a date or a time: figures, months and days.
func isDate(part string) bool {
	for _, w := range strings.Fields(strings.ToLower(part)) {
		w = strings.Trim(w, ".,:")
		if w == "" || w[0] >= '0' && w[0] <= '9' || cues.dates[w] {
			continue
		}
		return false
	}
	return true
}

// addByline adds the credits of a byline. Each outlet gets its share of the text.
func (r *reading) addByline(b byline, text string) {
	writers := len(b.outlets)
	if b.others {
		writers++
	}
	for _, o := range b.outlets {
		if same(o, r.article.Outlet) {
			continue
		}
		kind := news.ClaimByline
		if b.with {
			kind = news.ClaimPart
		}
		r.claims.add(kind, o, "", text, news.Span{}, 1)
		r.claims.last().share(writers)
	}
}

// standaloneBylines reads the first and last lines of a text that only name writers, one of them an agency: "AFP in Paris".
func (r *reading) standaloneBylines() {
	body := r.article.Body()
	lines := paragraphsOf(body)
	if len(lines) < 2 {
		return
	}
	for i, at := range lines {
		line := body[at.Start:at.End]
		if i > 1 && i < len(lines)-1 || len(line) > maxByline/2 {
			continue
		}
		first, _ := utf8.DecodeRuneInString(line)
		isSentence := strings.HasSuffix(line, "!") || strings.HasSuffix(line, "?") || strings.HasSuffix(line, "。") ||
			strings.HasSuffix(line, ".") && len(strings.Fields(line)) > 3
		if !unicode.IsLetter(first) && !strings.ContainsRune("(—–-[", first) || isSentence {
			continue
		}
		b := r.readByline(strings.Trim(line, "—–-[]() "))
		if b.only && slices.ContainsFunc(b.outlets, func(o news.Outlet) bool { return o.Agency }) {
			r.addByline(b, line)
		}
	}
}
