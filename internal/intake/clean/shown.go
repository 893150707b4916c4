package clean

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"headwater/internal/news"
)

// Shown returns the text in an article's summary and HTML that its title and body lack: list items, captions, table cells,
// bylines, alt texts. Each block is a line. Lines that every page of a site has are left out. The text is for the search index
// and not for grouping.
func Shown(a news.Article) string {
	body := a.Body()
	l := lineWriter{known: make(wordPairs, (len(a.Title)+len(body))/3)}
	l.known.add(a.Title, wordSpans(a.Title))
	l.known.add(body, wordSpans(body))
	l.add(a.Summary)
	z := newTokenizer(a.HTML)
	for l.out.Len() < maxText {
		if !z.next() {
			l.end()
			break
		}
		switch z.kind {
		case html.TextToken:
			text := string(z.Text())
			if l.inLink {
				text = withoutKind(text)
			}
			l.line.WriteString(text)
		case html.StartTagToken, html.SelfClosingTagToken:
			if z.tag == atom.Img {
				p := pictureIn(z)
				l.add(p.alt)
				l.add(p.title)
			}
			l.endLineAt(z.tag)
			l.inLink = z.tag == atom.A
		case html.EndTagToken:
			l.endLineAt(z.tag)
			l.inLink = false
		}
	}
	return cutAt(l.out.String(), maxText)
}

// lineWriter writes the lines that contain text not seen yet.
type lineWriter struct {
	known wordPairs
	line  strings.Builder
	out   strings.Builder

	inLink bool // the next text begins a link
}

func (l *lineWriter) endLineAt(tag atom.Atom) {
	if tag == atom.Br || tag == atom.Td || tag == atom.Th || isBlock(tag) {
		l.end()
	}
}

func (l *lineWriter) end() {
	if l.line.Len() > 0 {
		l.add(l.line.String())
		l.line.Reset()
	}
}

// add writes the new parts of a line: runs of words whose adjacent pairs are not in the text. If the new parts are most of the
// line, it writes the whole line, so that phrase queries match.
func (l *lineWriter) add(line string) {
	line = foldLine(line)
	if line == "" || isReadMore(line) || isCounter(line) || isAppeal(line) || isCommentsHeading(line) {
		return
	}
	words := wordSpans(line)
	known := l.known.adjacent(line, words)
	fresh := 0
	for _, k := range known {
		if !k {
			fresh++
		}
	}
	if 2*fresh > len(known) {
		clear(known)
	}
	for i := 0; i < len(known); i++ {
		if known[i] {
			continue
		}
		from := i
		for i < len(known) && !known[i] {
			i++
		}
		if l.out.Len() > 0 {
			l.out.WriteByte('\n')
		}
		l.out.WriteString(line[words[from].Start:words[min(i, len(words)-1)].End])
	}
	l.known.add(line, words)
}

// wordPairs holds the hashes of the words and of the adjacent word pairs of a text.
type wordPairs map[uint64]struct{}

func (p wordPairs) add(text string, words []news.Span) {
	before := uint64(0)
	for i, w := range words {
		h := hashOfWord(text[w.Start:w.End])
		p[h] = struct{}{}
		if i > 0 {
			p[before*31+h] = struct{}{}
		}
		before = h
	}
}

// adjacent reports for each pair of adjacent words of a line whether the text has the pair. For a line of one word it reports
// whether the text has the word.
func (p wordPairs) adjacent(line string, words []news.Span) []bool {
	if len(words) == 0 {
		return nil
	}
	known := make([]bool, max(len(words)-1, 1))
	before := uint64(0)
	for i, w := range words {
		h := hashOfWord(line[w.Start:w.End])
		switch {
		case len(words) == 1:
			_, known[0] = p[h]
		case i > 0:
			_, known[i-1] = p[before*31+h]
		}
		before = h
	}
	return known
}

// hashOfWord is FNV-1a, so that the hash is the same in every process.
func hashOfWord(w string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(w) {
		h = (h ^ uint64(w[i])) * 1099511628211
	}
	return h
}

// wordSpans returns the runs of letters and digits.
func wordSpans(text string) []news.Span {
	spans := make([]news.Span, 0, len(text)/6+1)
	start := -1
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(text[i:])
		}
		in := r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r))
		switch {
		case in && start < 0:
			start = i
		case !in && start >= 0:
			spans = append(spans, news.Span{Start: start, End: i})
			start = -1
		}
		i += n
	}
	if start >= 0 {
		spans = append(spans, news.Span{Start: start, End: len(text)})
	}
	return spans
}
