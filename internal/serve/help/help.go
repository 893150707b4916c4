// Package help turns docs/help into pages: Markdown with pictures goes in, HTML with a list of its sections comes out. It is the
// only importer of goldmark.
//
// A page is a file NAME.md; README.md is the first page. In the files, links lead to other files and to pictures, as viewers of
// Markdown need them. They are rewritten to where pages and pictures are served. A link that leads nowhere is an error of Load.
// HTML in the files is left out.
//
// help.go has the pages and their order, render.go the Markdown of one page.
package help

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

const (
	pagesFolder    = "docs/help"
	picturesFolder = "docs/pictures"
	firstPage      = "README"
)

// Page is a page of the help.
type Page struct {
	Name     string // of its file, without .md; "" is the first page
	Title    string // its first heading, as text
	Sections []Section
	HTML     string
}

// Section is a part of a page, below a heading of the second level.
type Section struct {
	ID, Title string
}

// Book has all pages, and the pictures that they show.
type Book struct {
	// Pages are in the order in which the first page links to them. Those that it does not link to come last, by name.
	Pages    []Page
	Pictures map[string][]byte // by the name of the file
}

// Page finds a page by its name.
func (b Book) Page(name string) (Page, bool) {
	i := slices.IndexFunc(b.Pages, func(p Page) bool { return p.Name == name })
	if i < 0 {
		return Page{}, false
	}
	return b.Pages[i], true
}

// Addresses says at which address a page or a picture is served, by its name.
type Addresses struct {
	Page, Picture func(name string) string
}

// Load reads the pages in docs/help and the pictures in docs/pictures that they show.
func Load(docs fs.FS, at Addresses) (Book, error) {
	files, err := fs.Glob(docs, path.Join(pagesFolder, "*.md"))
	if err != nil {
		return Book{}, err
	}
	r := renderer{docs: docs, at: at, pages: map[string]*source{}, pictures: map[string][]byte{}}
	for _, file := range files {
		text, err := fs.ReadFile(docs, file)
		if err != nil {
			return Book{}, err
		}
		r.pages[path.Base(file)] = r.parse(file, text)
	}
	first, ok := r.pages[firstPage+".md"]
	if !ok {
		return Book{}, fmt.Errorf("%s has no %s.md", pagesFolder, firstPage)
	}
	names := append([]string{firstPage + ".md"}, first.linked()...)
	for _, file := range files {
		names = append(names, path.Base(file))
	}
	b := Book{Pictures: r.pictures}
	var wrong []error
	done := map[string]bool{}
	for _, name := range names {
		s, ok := r.pages[name]
		if !ok || done[name] {
			continue
		}
		done[name] = true
		page, err := r.render(s)
		if err != nil {
			wrong = append(wrong, err)
		}
		b.Pages = append(b.Pages, page)
	}
	return b, errors.Join(wrong...)
}

// nameOf is the name of the page in a file.
func nameOf(file string) string {
	name := strings.TrimSuffix(path.Base(file), ".md")
	if name == firstPage {
		return ""
	}
	return name
}
