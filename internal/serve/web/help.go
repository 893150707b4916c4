package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"headwater"
	"headwater/internal/locale"
	"headwater/internal/serve/help"
)

// helpPath is where the help is served. Its pages hold no secrets, so everybody may read them, also who is not logged in yet.
const helpPath = "/help"

// helpView is a page of the help. The pages are in English, whatever the language of the reader.
type helpView struct {
	Page  help.Page
	HTML  template.HTML
	Pages []link
	Site  string // set for files alone
	// Foreign: the reader is written to in another language than the page's.
	Foreign bool
}

// helpAddress is where a page of the help is served.
func helpAddress(name string) string { return strings.TrimSuffix(helpPath+"/"+name, "/") }

// helpBook makes the pages when the first of them is asked for. It panics where one has a link that leads nowhere, which no input can
// bring about.
var helpBook = sync.OnceValue(func() help.Book {
	book, err := help.Load(headwater.Docs, help.Addresses{
		Page:    helpAddress,
		Picture: func(name string) string { return helpPath + "/pictures/" + name },
	})
	if err != nil {
		panic(fmt.Sprintf("web: help: %v", err))
	}
	return book
})

// viewOfHelp shows a page of a book whose pages are at the addresses that address gives.
func viewOfHelp(book help.Book, p help.Page, address func(name string) string) helpView {
	v := helpView{Page: p, HTML: template.HTML(p.HTML)} //nolint:gosec // made of docs/help, without HTML of its own
	for _, other := range book.Pages {
		v.Pages = append(v.Pages, link{Name: other.Title, URL: address(other.Name), Current: other.Name == p.Name})
	}
	return v
}

func (s *server) helpPage(w http.ResponseWriter, r *http.Request) error {
	book := helpBook()
	p, ok := book.Page(r.PathValue("name"))
	if !ok {
		return notFound("There is no page at this address.")
	}
	v := viewOfHelp(book, p, helpAddress)
	v.Foreign = s.locale(r).Tag != "en"
	return s.write(w, r, http.StatusOK, "help", page{Title: p.Title, Nav: "help", Body: v})
}

func (s *server) helpPicture(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("file")
	data, ok := helpBook().Pictures[name]
	if !ok {
		return notFound("There is no page at this address.")
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Cache-Control", "public, max-age=86400")
	_, _ = w.Write(data) // an error here means that the client has gone
	return nil
}

//go:embed site
var siteFiles embed.FS

// WriteHelp writes the pages of the help into a folder, as files that a browser opens from a disk and any web server can serve.
func WriteHelp(dir string) error {
	address := func(name string) string {
		if name == "" {
			name = "index"
		}
		return name + ".html"
	}
	book, err := help.Load(headwater.Docs, help.Addresses{Page: address, Picture: func(name string) string { return "pictures/" + name }})
	if err != nil {
		return err
	}
	files := map[string][]byte{}
	for name, data := range book.Pictures {
		files["pictures/"+name] = data
	}
	for _, name := range []string{"style.css", "icon.svg"} {
		if files[name], err = staticFiles.ReadFile("static/" + name); err != nil {
			return err
		}
	}
	t, err := template.New("site").Funcs(wording(locale.Languages()[0])).ParseFS(templateFiles, "templates/help.html")
	if err != nil {
		return err
	}
	if t, err = t.ParseFS(siteFiles, "site/layout.html"); err != nil {
		return err
	}
	for _, p := range book.Pages {
		var b bytes.Buffer
		v := viewOfHelp(book, p, address)
		v.Site = "Headwater"
		if err := t.ExecuteTemplate(&b, "site", v); err != nil {
			return fmt.Errorf("page %s: %w", p.Name, err)
		}
		files[address(p.Name)] = b.Bytes()
	}
	for name, data := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // for everybody to read
			return err
		}
		if err := os.WriteFile(file, data, 0o644); err != nil { //nolint:gosec // for everybody to read
			return err
		}
	}
	return nil
}
