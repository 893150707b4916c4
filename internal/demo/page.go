package demo

import (
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
)

var (
	linkMark = regexp.MustCompile(`\[([^\]]+)\]\(([^)\s]+)\)`)
	dayMark  = regexp.MustCompile(`\{day([+-]\d)?\}`)
)

// page is the article as its feed carries it: the text, and all that a page has around it.
func (d *desk) page(a *article) (string, error) {
	var b strings.Builder
	if a.Author != "" {
		b.WriteString(a.surround(a.outlet.Before))
	}
	if a.Photo != "" {
		fmt.Fprintf(&b, "<figure><figcaption>%s</figcaption></figure>\n", html.EscapeString(a.Photo))
	}
	for i, p := range a.paragraphs {
		text, err := d.paragraph(a, p)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "<p>%s</p>\n", text)
		if i == 2 && a.outlet.Teaser != "" {
			if err := d.teasers(&b, a); err != nil {
				return "", err
			}
		}
	}
	if a.source != nil {
		a.creditLine(&b)
	}
	if a.outlet.Teaser == "" {
		if err := d.related(&b, a); err != nil {
			return "", err
		}
	}
	b.WriteString(a.surround(a.outlet.After))
	return b.String(), nil
}

func (a *article) creditLine(b *strings.Builder) {
	label := a.outlet.Credit
	if label == "" {
		label = "Original Source"
	}
	fmt.Fprintf(b, "<p>%s: %s</p>\n", label, anchor(a.source.url, a.source.name))
}

// paragraph sets one paragraph in HTML.
func (d *desk) paragraph(a *article, p string) (string, error) {
	p = d.dated(p)
	if a.outlet.Typographic {
		p = curl(p)
	}
	var missing string
	text := linkMark.ReplaceAllStringFunc(html.EscapeString(p), func(m string) string {
		part := linkMark.FindStringSubmatch(m)
		target, ok := d.address(a, part[2])
		if !ok {
			missing = part[2]
		}
		return `<a href="` + html.EscapeString(target) + `">` + part[1] + "</a>"
	})
	if missing != "" {
		return "", fmt.Errorf("link to %q: there is no such article", missing)
	}
	return text, nil
}

func (d *desk) address(a *article, target string) (string, bool) {
	if target == "self:" {
		return a.url, true
	}
	key, ok := strings.CutPrefix(target, "link:")
	if !ok {
		return target, strings.HasPrefix(target, "https://")
	}
	to, ok := d.articles[key]
	if !ok {
		return "", false
	}
	return to.url, true
}

// dated names the weekdays that a text gives as {day-1}.
func (d *desk) dated(text string) string {
	return dayMark.ReplaceAllStringFunc(text, func(m string) string {
		// A mark without a number is today; Atoi gives 0 for it.
		n, _ := strconv.Atoi(dayMark.FindStringSubmatch(m)[1])
		return d.now.AddDate(0, 0, n).Weekday().String()
	})
}

// teasers puts links to other stories into mid-page, where they are hardest to tell from the text.
func (d *desk) teasers(b *strings.Builder, a *article) error {
	return d.eachRelated(a, func(to *article) {
		fmt.Fprintf(b, "<p><strong>%s:</strong> %s</p>\n", a.outlet.Teaser, anchor(to.url, to.Title))
	})
}

func (d *desk) related(b *strings.Builder, a *article) error {
	if len(a.Related) == 0 {
		return nil
	}
	b.WriteString("<h3>Related stories</h3>\n<ul>\n")
	err := d.eachRelated(a, func(to *article) {
		fmt.Fprintf(b, "<li>%s</li>\n", anchor(to.url, to.Title))
	})
	b.WriteString("</ul>\n")
	return err
}

func (d *desk) eachRelated(a *article, each func(*article)) error {
	for _, key := range a.Related {
		to, ok := d.articles[key]
		if !ok {
			return fmt.Errorf("related: there is no article %q", key)
		}
		each(to)
	}
	return nil
}

// summary is the plain text that stands for the article in lists.
func (d *desk) summary(a *article) string {
	if len(a.paragraphs) == 0 {
		return ""
	}
	text := a.paragraphs[0]
	if a.outlet.SummaryOnly {
		text = strings.Join(a.paragraphs, " ")
	}
	text = linkMark.ReplaceAllString(d.dated(text), "$1")
	if a.outlet.Typographic {
		text = curl(text)
	}
	words := strings.Fields(text)
	if n := a.outlet.Excerpt; n > 0 && len(words) > n {
		return strings.Join(words[:n], " ") + " […]"
	}
	return text
}

// surround fills in what an outlet repeats on each page.
func (a *article) surround(pattern string) string {
	return strings.NewReplacer(
		"{link}", html.EscapeString(a.url),
		"{title}", html.EscapeString(a.Title),
		"{author}", html.EscapeString(a.Author),
	).Replace(pattern)
}

func anchor(url, text string) string {
	return `<a href="` + html.EscapeString(url) + `">` + html.EscapeString(text) + "</a>"
}

// curl turns typewriter quotation marks and apostrophes into typographic ones.
func curl(s string) string {
	var b strings.Builder
	before := ' '
	for _, r := range s {
		opens := strings.ContainsRune(" (\"'", before)
		switch {
		case r == '"' && opens:
			b.WriteRune('“')
		case r == '"':
			b.WriteRune('”')
		case r == '\'' && opens:
			b.WriteRune('‘')
		case r == '\'':
			b.WriteRune('’')
		default:
			b.WriteRune(r)
		}
		before = r
	}
	return b.String()
}
