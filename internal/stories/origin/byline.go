package origin

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/internal/news"
	"headwater/internal/stories/outlets"
)

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
