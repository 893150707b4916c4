package locale

import (
	"fmt"
	"html/template"
	"regexp"
	"strconv"
	"strings"
)

// Element is an element of HTML around some words of a text.
type Element struct{ open, close template.HTML }

// Link is a link to a page of ours or of the web. Other addresses lead nowhere.
func Link(address string, attributes ...string) Element {
	if !strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "#") && !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
		address = "#"
	}
	return Tag("a", append([]string{"href", address}, attributes...)...)
}

// Tag is an element with attributes: name, value, name, value. An attribute whose value is empty is left out.
func Tag(name string, attributes ...string) Element {
	var b strings.Builder
	b.WriteString("<" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		if attributes[i+1] != "" {
			fmt.Fprintf(&b, ` %s="%s"`, attributes[i], template.HTMLEscapeString(attributes[i+1]))
		}
	}
	b.WriteString(">")
	return Element{template.HTML(b.String()), template.HTML("</" + name + ">")} //nolint:gosec // escaped above
}

// tagShape is where an element begins or ends in a text.
var tagShape = regexp.MustCompile(`</?([1-9])>`)

// slot marks where an argument of Rich is put after the text was escaped. The characters are for private use; those that a text has
// itself lead to no argument.
const (
	slotOpen  = '\uE000'
	slotClose = '\uE001'
)

// Rich writes a text with elements around some of its words: Rich("Look at <1>all %d stories</1>", Link("/latest"), 7). The first
// element among the arguments is 1. The other arguments are those of Text. Text and arguments are escaped, but for what is
// template.HTML. A text whose elements are malformed is an error.
func (l *Language) Rich(key string, args ...any) (template.HTML, error) {
	var elements []Element
	var parts []template.HTML
	var rest []any
	for _, a := range args {
		switch a := a.(type) {
		case Element:
			elements = append(elements, a)
			continue
		case template.HTML:
			parts = append(parts, a)
		case string:
			parts = append(parts, template.HTML(template.HTMLEscapeString(a))) //nolint:gosec // escaped
		default:
			rest = append(rest, a)
			continue
		}
		rest = append(rest, string(slotOpen)+strconv.Itoa(len(parts)-1)+string(slotClose))
	}
	text := l.Text(key, rest...)
	var b strings.Builder
	open := []int{}
	for text != "" {
		at := tagShape.FindStringSubmatchIndex(text)
		if at == nil {
			break
		}
		b.WriteString(template.HTMLEscapeString(text[:at[0]]))
		n := int(text[at[2]] - '1')
		ends := text[at[0]+1] == '/'
		switch {
		case n >= len(elements):
			return "", fmt.Errorf("text %q: there is no element <%d>", key, n+1)
		case !ends:
			open = append(open, n)
			b.WriteString(string(elements[n].open))
		case len(open) == 0 || open[len(open)-1] != n:
			return "", fmt.Errorf("text %q: </%d> ends no open element", key, n+1)
		default:
			open = open[:len(open)-1]
			b.WriteString(string(elements[n].close))
		}
		text = text[at[1]:]
	}
	if len(open) > 0 {
		return "", fmt.Errorf("text %q: <%d> does not end", key, open[len(open)-1]+1)
	}
	b.WriteString(template.HTMLEscapeString(text))
	filled := slotShape.ReplaceAllStringFunc(b.String(), func(slot string) string {
		n, err := strconv.Atoi(strings.Trim(slot, string(slotOpen)+string(slotClose)))
		if err != nil || n >= len(parts) {
			return ""
		}
		return string(parts[n])
	})
	return template.HTML(filled), nil //nolint:gosec // every part of it is escaped
}

var slotShape = regexp.MustCompile(string(slotOpen) + `\d{1,3}` + string(slotClose))
