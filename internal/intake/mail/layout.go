package mail

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Newsletters are laid out with tables, since mail programs know little else, and begin with a hidden line for lists of mails. On a
// page, which has a layout of its own, these tables would be boxes within boxes and the line would be read. So a table becomes
// blocks, unless it has header cells (<th>) and no other table in it, and what is hidden (display:none) is left out. The result is
// not safe to show: package clean sees to that.

// readableHTML undoes the layout of a mail. Where everything is hidden, or an element that is hidden does not end, nothing is left out.
func readableHTML(src string) string {
	data := dataTables(src)
	out, whole := rewrite(src, data, true)
	if !whole || !hasContent(out) {
		out, _ = rewrite(src, data, false)
	}
	if !hasContent(out) {
		return ""
	}
	return out
}

// dataTables says for each table, in the order of their begins, whether it holds data.
func dataTables(src string) []bool {
	var data, outer []bool
	var open []int
	z := html.NewTokenizer(strings.NewReader(src))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			for i := range data {
				data[i] = data[i] && !outer[i]
			}
			return data
		}
		name, _ := z.TagName()
		tag, begins := atom.Lookup(name), kind == html.StartTagToken
		switch {
		case tag == atom.Table && begins:
			if len(open) > 0 {
				outer[open[len(open)-1]] = true
			}
			open, data, outer = append(open, len(data)), append(data, false), append(outer, false)
		case tag == atom.Th && begins && len(open) > 0:
			data[open[len(open)-1]] = true
		case tag == atom.Table && kind == html.EndTagToken && len(open) > 0:
			open = open[:len(open)-1]
		}
	}
}

// rewrite writes blocks for the tables of a layout, and leaves out what is hidden where hide says so. It reports whether everything
// that is hidden has an end.
func rewrite(src string, data []bool, hide bool) (out string, whole bool) {
	var b strings.Builder
	var open []bool // tables, whether they hold data
	next := 0
	var hidden atom.Atom // the element that is left out
	depth := 0           // how many of its kind are open
	z := html.NewTokenizer(strings.NewReader(src))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return b.String(), hidden == 0
		}
		raw := slices.Clone(z.Raw()) // reading the name changes it
		begins, ends := kind == html.StartTagToken, kind == html.EndTagToken
		if !begins && !ends {
			if hidden == 0 && kind != html.CommentToken && kind != html.DoctypeToken {
				b.Write(raw)
			}
			continue
		}
		name, hasAttributes := z.TagName()
		tag := atom.Lookup(name)
		if tag == atom.Table && begins {
			open, next = append(open, next < len(data) && data[next]), next+1
		}
		layout := len(open) > 0 && !open[len(open)-1] // the table that this tag is of
		if tag == atom.Table && ends && len(open) > 0 {
			open = open[:len(open)-1]
		}
		switch {
		case hidden != 0:
			if tag == hidden && begins {
				depth++
			} else if tag == hidden {
				depth--
			}
			if depth == 0 {
				hidden = 0
			}
		case hide && begins && hasAttributes && tag != 0 && !isVoid(tag) && isHidden(z):
			hidden, depth = tag, 1
		case !layout:
			b.Write(raw)
		default:
			switch tag {
			case atom.Table, atom.Tr, atom.Td, atom.Th, atom.Caption:
				if begins {
					b.WriteString("<div>")
				} else {
					b.WriteString("</div>")
				}
			case atom.Tbody, atom.Thead, atom.Tfoot, atom.Col, atom.Colgroup:
			default:
				b.Write(raw)
			}
		}
	}
}

// isHidden reads the attributes of a tag, and reports whether mail programs show its element.
func isHidden(z *html.Tokenizer) bool {
	for {
		key, value, more := z.TagAttr()
		if string(key) == "style" {
			style := bytes.ToLower(bytes.Join(bytes.Fields(value), nil))
			if bytes.Contains(style, []byte("display:none")) {
				return true
			}
		}
		if !more {
			return false
		}
	}
}

func isVoid(tag atom.Atom) bool {
	switch tag {
	case atom.Img, atom.Br, atom.Hr, atom.Input, atom.Meta, atom.Link, atom.Col, atom.Area, atom.Base, atom.Embed, atom.Source, atom.Track, atom.Wbr:
		return true
	}
	return false
}

// hasContent reports whether HTML has words or pictures.
func hasContent(src string) bool {
	z := html.NewTokenizer(strings.NewReader(src))
	for skip := false; ; {
		switch z.Next() {
		case html.ErrorToken:
			return false
		case html.TextToken:
			if !skip && len(bytes.TrimSpace(z.Text())) > 0 {
				return true
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			tag := atom.Lookup(name)
			if skip = tag == atom.Style || tag == atom.Script || tag == atom.Title; tag == atom.Img {
				return true
			}
		case html.EndTagToken:
			skip = false
		}
	}
}
