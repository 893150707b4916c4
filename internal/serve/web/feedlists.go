package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"

	"headwater/feeds"
	"headwater/internal/intake/discover"
	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/opml"
	"headwater/internal/serve/access"
	"headwater/internal/serve/publish"
)

const (
	maxList    = 20 << 20 // bytes of an OPML list, as package opml reads
	maxListed  = 200      // notes of an import that are shown
	opmlName   = "headwater.opml"
	opmlAction = "/feeds/opml"
)

// importView is the page on which a list is imported, and the report of that.
type importView struct {
	Text   string
	Error  string
	Report *importReport
}

type importReport struct {
	Feeds, KnownFeeds   string
	Topics, KnownTopics string
	Folders             []folderLink
	Left, Mended        []news.ImportNote
	More                int // notes that are not listed
	NothingNew          bool
}

type folderLink struct{ Name, Page string }

// importPage shows the forms for a list.
func (s *server) importPage(w http.ResponseWriter, r *http.Request) error {
	return s.showImport(w, r, http.StatusOK, importView{})
}

func (s *server) showImport(w http.ResponseWriter, r *http.Request, status int, v importView) error {
	return s.write(w, r, status, "feedimport", page{Title: s.locale(r).Text("Import and export feeds"), Nav: "feeds", Body: v})
}

// importList takes over a list from a file or from text.
func (s *server) importList(w http.ResponseWriter, r *http.Request) error {
	l := s.locale(r)
	data, text, err := uploadedList(r)
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return s.showImport(w, r, http.StatusRequestTimeout, importView{Error: l.Text("The list did not arrive in time. Split it, or send it again.")})
	case errors.As(err, &large):
		return s.showImport(w, r, http.StatusRequestEntityTooLarge, importView{Error: l.Text("The list is larger than %d MB. Split it.", maxList>>20)})
	case err != nil:
		return s.showImport(w, r, http.StatusBadRequest, importView{Error: l.Text("The form could not be read. Open the page again.")})
	case len(bytes.TrimSpace(data)) == 0:
		return s.showImport(w, r, http.StatusUnprocessableEntity, importView{Error: l.Text("There is no list. Choose a file, or paste the text of one.")})
	}
	done, err := s.backend.ReadOPML(r.Context(), bytes.NewReader(data), s.viewer(r).May(access.Editor))
	var refused *news.RefusedError
	switch {
	case errors.As(err, &refused):
		return s.showImport(w, r, http.StatusUnprocessableEntity, importView{Text: text, Error: sentence(l, refused)})
	case err != nil:
		return fmt.Errorf("import a list: %w", err)
	}
	return s.showImport(w, r, http.StatusOK, importView{Report: importReportOf(done, l)})
}

// uploadedList reads a list from the field "file" or "text" of a form. What was typed is returned, to be shown again.
func uploadedList(r *http.Request) (data []byte, text string, err error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // what is malformed is no form with a file
	if kind != "multipart/form-data" {
		if err := r.ParseForm(); err != nil {
			return nil, "", err
		}
		text = r.PostForm.Get("text")
		return []byte(text), text, nil
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, "", err
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return data, text, nil
		}
		if err != nil {
			return nil, "", err
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, "", err
		}
		switch name := part.FormName(); {
		case name == "file" && len(content) > 0:
			data = content
		case name == "text" && len(bytes.TrimSpace(content)) > 0 && len(data) == 0:
			data, text = content, string(content)
		}
	}
}

func importReportOf(done news.Imported, l *locale.Locale) *importReport {
	report := &importReport{
		Feeds: l.Text("%d feeds added", done.Feeds), KnownFeeds: l.Text("%d were there already", done.KnownFeeds), NothingNew: done.Feeds+done.Topics == 0,
	}
	if done.Topics+done.KnownTopics > 0 {
		report.Topics, report.KnownTopics = l.Text("%d topics added", done.Topics), l.Text("%d were there already", done.KnownTopics)
	}
	for _, name := range done.Folders {
		report.Folders = append(report.Folders, folderLink{publish.Cut(name, maxFolderName), folderPath(name)})
	}
	for i, n := range done.Notes {
		if n.Text = publish.Cut(l.Known(publish.Line(n.Text)), 3*longestFeed); !strings.HasPrefix(n.Text, "http") { // an address stays as it is
			n.Text = fullSentence(n.Text)
		}
		switch {
		case i >= maxListed:
			report.More++
		case n.Mended:
			report.Mended = append(report.Mended, n)
		default:
			report.Left = append(report.Left, n)
		}
	}
	return report
}

// exportList sends all feeds and everybody's topics as a file.
func (s *server) exportList(w http.ResponseWriter, r *http.Request) error {
	var b bytes.Buffer
	if err := s.backend.WriteOPML(r.Context(), &b, s.title, s.mayChangeFeeds(r)); err != nil {
		return fmt.Errorf("export the feeds: %w", err)
	}
	w.Header().Set("Content-Type", "text/x-opml; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+opmlName+`"`)
	_, err := w.Write(b.Bytes())
	return err
}

// startView offers the lists that the program has.
type startView struct {
	Subjects, Languages []starterList
	None                bool // there is no feed yet
	Error               string
}

type starterList struct {
	ID, Title, Lang string
	Feeds           []starterFeed
	Fresh           int // those that are not subscribed
	Sample          string
}

type starterFeed struct {
	Title, URL, Host string
	Known            bool
}

// starters are the lists of package feeds, read once.
func loadStarters() (all []starterList) {
	for _, name := range feeds.Lists() {
		data, err := feeds.List(name)
		if err != nil {
			panic(fmt.Sprintf("web: embedded list %s: %v", name, err))
		}
		list, _, err := opml.Read(bytes.NewReader(data))
		if err != nil {
			panic(fmt.Sprintf("web: embedded list %s: %v", name, err))
		}
		one := starterList{ID: name, Title: list.Title, Lang: feeds.Language(name)}
		for _, f := range list.Feeds {
			one.Feeds = append(one.Feeds, starterFeed{Title: f.Title, URL: f.URL, Host: hostText(f.URL)})
		}
		all = append(all, one)
	}
	return all
}

// startPage offers the lists to begin with.
func (s *server) startPage(w http.ResponseWriter, r *http.Request) error {
	return s.showStart(w, r, http.StatusOK, "")
}

func (s *server) showStart(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	l := s.locale(r)
	have, err := s.backend.Feeds(r.Context())
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, f := range have {
		known[discover.Key(f.URL)] = true
	}
	v := startView{None: len(have) == 0, Error: problem}
	for _, list := range s.starters {
		list.Feeds = slices.Clone(list.Feeds)
		var names []string
		for i := range list.Feeds {
			f := &list.Feeds[i]
			if f.Known = known[discover.Key(f.URL)]; !f.Known {
				list.Fresh++
			}
			if len(names) < 4 {
				names = append(names, f.Title)
			}
		}
		list.Sample = strings.Join(names, ", ")
		if list.Lang == "en" {
			v.Subjects = append(v.Subjects, list)
		} else {
			v.Languages = append(v.Languages, list)
		}
	}
	return s.write(w, r, status, "feedstart", page{Title: l.Text("Feeds to begin with"), Nav: "feeds", Body: v})
}

// addStarters adds the lists and feeds that a form chose.
func (s *server) addStarters(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	var chosen []news.Feed
	for _, list := range s.starters {
		whole := slices.Contains(r.PostForm["list"], list.ID)
		for _, f := range list.Feeds {
			if whole || slices.Contains(r.PostForm["feed"], f.URL) {
				chosen = append(chosen, news.Feed{URL: f.URL, Title: f.Title, Folder: list.Title})
			}
		}
	}
	if len(chosen) == 0 {
		return s.showStart(w, r, http.StatusUnprocessableEntity, s.locale(r).Text("Nothing is chosen. Choose a list, or some of its feeds."))
	}
	added, err := s.backend.AddFeeds(r.Context(), chosen)
	if err != nil {
		return fmt.Errorf("add feeds to begin with: %w", err)
	}
	return redirect(w, r, withDone("/feeds", "started", len(added), 0))
}
