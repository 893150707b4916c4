package help

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/png" // of the pictures
	"io/fs"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// markdown is CommonMark with tables. Each heading has an id, made of its words.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.Table),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
)

// renderer renders pages that link to one another.
type renderer struct {
	docs     fs.FS
	at       Addresses
	pages    map[string]*source // by the name of the file
	pictures map[string][]byte  // shown so far
}

// source is a page that has been parsed.
type source struct {
	file string // docs/help/x.md
	text []byte
	root ast.Node
	page Page            // without HTML
	ids  map[string]bool // of headings
}

func (r *renderer) parse(file string, data []byte) *source {
	s := &source{file: file, text: data, root: markdown.Parser().Parse(text.NewReader(data)), ids: map[string]bool{}}
	s.page.Name = nameOf(file)
	_ = s.each(func(n ast.Node) error {
		h, ok := n.(*ast.Heading)
		if !ok {
			return nil
		}
		id, _ := h.AttributeString("id")
		name, _ := id.([]byte)
		s.ids[string(name)] = true
		switch {
		case h.Level == 1 && s.page.Title == "":
			s.page.Title = s.plain(h)
		case h.Level == 2:
			s.page.Sections = append(s.page.Sections, Section{string(name), s.plain(h)})
		}
		return nil
	})
	return s
}

// each calls f for each node and joins what is wrong.
func (s *source) each(f func(ast.Node) error) error {
	var wrong []error
	_ = ast.Walk(s.root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			wrong = append(wrong, f(n))
		}
		return ast.WalkContinue, nil
	})
	return errors.Join(wrong...)
}

// plain is the text of a node without its marks.
func (s *source) plain(n ast.Node) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Segment.Value(s.text))
		} else {
			b.WriteString(s.plain(c))
		}
	}
	return b.String()
}

// linked are the files that a page links to, in order.
func (s *source) linked() (files []string) {
	_ = s.each(func(n ast.Node) error {
		if l, ok := n.(*ast.Link); ok {
			file, _, _ := strings.Cut(string(l.Destination), "#")
			files = append(files, file)
		}
		return nil
	})
	return files
}

// render writes a page, its links rewritten.
func (r *renderer) render(s *source) (Page, error) {
	err := s.each(func(n ast.Node) error {
		switch n := n.(type) {
		case *ast.Link:
			to, err := r.link(s, string(n.Destination))
			if err != nil {
				return fmt.Errorf("%s: link to %s: %w", s.file, n.Destination, err)
			}
			n.Destination = []byte(to)
		case *ast.Image:
			if err := r.picture(n); err != nil {
				return fmt.Errorf("%s: picture %s: %w", s.file, n.Destination, err)
			}
		}
		return nil
	})
	if s.page.Title == "" {
		err = errors.Join(err, fmt.Errorf("%s has no heading", s.file))
	}
	var b bytes.Buffer
	if e := markdown.Renderer().Render(&b, s.text, s.root); e != nil {
		err = errors.Join(err, fmt.Errorf("%s: %w", s.file, e))
	}
	page := s.page
	page.HTML = b.String()
	return page, err
}

// link is where a link of a page leads.
func (r *renderer) link(from *source, destination string) (string, error) {
	u, err := url.Parse(destination)
	if err != nil {
		return "", err
	}
	if u.IsAbs() {
		if u.Scheme != "https" {
			return "", errors.New("a link to another site begins with https://")
		}
		return destination, nil
	}
	to := from
	if u.Path != "" {
		to = r.pages[u.Path]
	}
	if to == nil {
		return "", errors.New("no such page of the help")
	}
	if u.Fragment != "" && !to.ids[u.Fragment] {
		return "", errors.New("no such heading")
	}
	if u.Path == "" {
		return "#" + u.EscapedFragment(), nil
	}
	address := r.at.Page(to.page.Name)
	if u.Fragment != "" {
		address += "#" + u.EscapedFragment()
	}
	return address, nil
}

// picture has an image show a file of docs/pictures. Its size keeps the text from moving when it arrives.
func (r *renderer) picture(n *ast.Image) error {
	file := path.Join(pagesFolder, string(n.Destination))
	if path.Dir(file) != picturesFolder {
		return fmt.Errorf("pictures stand in %s", picturesFolder)
	}
	data, err := fs.ReadFile(r.docs, file)
	if err != nil {
		return err
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return err
	}
	name := path.Base(file)
	r.pictures[name] = data
	n.Destination = []byte(r.at.Picture(name))
	n.SetAttributeString("width", []byte(strconv.Itoa(size.Width)))
	n.SetAttributeString("height", []byte(strconv.Itoa(size.Height)))
	n.SetAttributeString("loading", []byte("lazy"))
	return nil
}
