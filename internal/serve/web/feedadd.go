package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"headwater/internal/intake/discover"
	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

// addView is the page on which a feed is found, looked at and added.
type addView struct {
	URL     string
	Error   string // why nothing is added
	Do      string // what to do about it
	Note    string // which address was used in place of the entered one
	Known   *knownFeed
	Choices []foundView // of an address with several feeds
	Preview *previewView
	Form    feedForm
	Names   []string // of folders
	Letter  letterForm
}

// letterForm is the form for the mail address of a newsletter.
type letterForm struct {
	Title, Folder string
	Error         string
	NoMail        bool
}

// knownFeed is a feed that is subscribed already.
type knownFeed struct{ Title, Page string }

type foundView struct {
	Title, URL string
	Known      string // page of the feed where it is subscribed
}

// previewView is what a feed would bring.
type previewView struct {
	Title, URL string
	Site       outLink
	Items      []previewItem
	Sure       bool // it was read; otherwise somebody insists on its address
}

type previewItem struct {
	Title string
	Time  timestamp
}

// feedForm are the options of a feed.
type feedForm struct {
	URL                     string // of a feed that is to be added
	Title, Folder, Site     string
	FullText, Pictures      string
	Lang                    string
	Error                   string
	TitleHint, LangHint     string
	FullTexts, PictureModes []feedOption
}

// feedOption is one of a <select>.
type feedOption struct {
	Value, Name string
	Selected    bool
}

// fill adds the choices of the form.
func (f *feedForm) fill(l *locale.Locale) {
	choices := func(chosen string, all ...[2]string) (options []feedOption) {
		for _, o := range all {
			options = append(options, feedOption{o[0], l.Text(o[1]), o[0] == chosen})
		}
		return options
	}
	f.FullTexts = choices(f.FullText,
		[2]string{"", locale.Key("as for all feeds")}, [2]string{"auto", locale.Key("where the feed has only part of the text")},
		[2]string{"always", locale.Key("always, from the page")}, [2]string{"never", locale.Key("never, the feed's text only")})
	f.PictureModes = choices(f.Pictures,
		[2]string{"", locale.Key("as for all feeds")}, [2]string{PicturesProxy, locale.Key("through this server")},
		[2]string{PicturesDirect, locale.Key("from their site")}, [2]string{PicturesHide, locale.Key("as links only")})
}

// feedFormOf reads the options from a form.
func feedFormOf(r *http.Request) feedForm {
	text := func(name string) string { return strings.ToValidUTF8(strings.TrimSpace(r.PostForm.Get(name)), "") }
	return feedForm{
		URL: text("url"), Title: text("title"), Folder: text("folder"), Site: text("site"), FullText: text("full_text"), Pictures: text("pictures"), Lang: text("lang"),
	}
}

// addPage shows the form for an address. ?url= fills it in, for bookmarks and extensions of browsers.
func (s *server) addPage(w http.ResponseWriter, r *http.Request) error {
	typed := strings.ToValidUTF8(strings.TrimSpace(r.URL.Query().Get("url")), "")
	return s.showAdd(w, r, http.StatusOK, addView{URL: publish.Cut(typed, maxQuery), Form: feedForm{Folder: r.URL.Query().Get("folder")}})
}

func (s *server) showAdd(w http.ResponseWriter, r *http.Request, status int, v addView) error {
	l := s.locale(r)
	var err error
	if v.Names, err = s.folderNames(r); err != nil {
		return err
	}
	v.Form.fill(l)
	v.Letter.NoMail = s.noMail
	return s.write(w, r, status, "feedadd", page{Title: l.Text("Add a feed"), Nav: "feeds", Body: v})
}

// addFeed looks for the feed behind an address and shows what it would bring; a form that comes from there has "found" and adds it.
func (s *server) addFeed(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	form := feedFormOf(r)
	if r.PostForm.Get("found") != "" || r.PostForm.Get("force") != "" {
		return s.addFound(w, r, form)
	}
	return s.findFeed(w, r, form)
}

func (s *server) findFeed(w http.ResponseWriter, r *http.Request, form feedForm) error {
	l := s.locale(r)
	v := addView{URL: form.URL, Form: form}
	if _, err := discover.Typed(form.URL); err != nil {
		v.Error = sentence(l, err)
		return s.showAdd(w, r, http.StatusBadRequest, v)
	}
	found, err := s.backend.FindFeeds(r.Context(), form.URL)
	if err != nil {
		return fmt.Errorf("find the feeds of %s: %w", form.URL, err)
	}
	v.Note = fullSentence(l.Known(publish.Line(found.Note)))
	switch {
	case len(found.Feeds) == 1 && found.Feeds[0].Known != 0:
		f, err := s.backend.Feed(r.Context(), found.Feeds[0].Known)
		if err != nil {
			return err
		}
		v.Known = &knownFeed{feedTitle(f), feedPath(f.ID)}
		return s.showAdd(w, r, http.StatusConflict, v)
	case found.Problem != "":
		v.Error, v.Do = findingText(found, l)
		if address := found.Insisted(); address != "" {
			v.Preview = &previewView{URL: address, Title: form.Title}
			v.Form.URL = address
		}
		return s.showAdd(w, r, http.StatusUnprocessableEntity, v)
	case len(found.Feeds) == 1:
		one := found.Feeds[0]
		v.Preview = &previewView{Title: publish.Line(one.Title), URL: one.URL, Site: outTo(one.Site), Sure: true}
		for _, it := range one.Items {
			title := publish.Line(it.Title)
			if title == "" {
				title = l.Text("Untitled")
			}
			v.Preview.Items = append(v.Preview.Items, previewItem{publish.Cut(title, longestFeed), timestampOf(it.Published, l)})
		}
		v.Form.URL, v.Form.TitleHint, v.Form.LangHint = one.URL, publish.Line(one.Title), one.Lang
		return s.showAdd(w, r, http.StatusOK, v)
	}
	for _, f := range found.Feeds {
		c := foundView{Title: publish.Line(f.Title), URL: f.URL}
		if f.Known != 0 {
			c.Known = feedPath(f.Known)
		}
		v.Choices = append(v.Choices, c)
	}
	return s.showAdd(w, r, http.StatusOK, v)
}

// findingText says in sentences why no feed was found, and what to do.
func findingText(f news.Finding, l *locale.Locale) (what, do string) {
	if t := news.TroubleOf(f.State, f.Cause); t.What != "" {
		if what = l.Text(t.What); t.Do != "" {
			do = l.Text(t.Do)
		}
		if f.At != "" && f.At != f.Address {
			what = publish.Cut(f.At, shownAddresses) + ": " + what
		}
		return what, do
	}
	return fullSentence(l.Known(publish.Line(f.Problem))), ""
}

func (s *server) addFound(w http.ResponseWriter, r *http.Request, form feedForm) error {
	l := s.locale(r)
	again := func(status int, text string) error {
		form.Error = text
		return s.showAdd(w, r, status, addView{URL: form.URL, Form: form, Preview: &previewView{URL: form.URL, Title: form.Title, Sure: true}})
	}
	addresses, err := discover.Typed(form.URL)
	if err != nil {
		return s.showAdd(w, r, http.StatusBadRequest, addView{URL: form.URL, Error: sentence(l, err), Form: form})
	}
	f, err := s.backend.AddFeed(r.Context(), news.Feed{
		URL: addresses[0], Title: cmp.Or(form.Title, publish.Line(r.PostForm.Get("called"))), Folder: form.Folder, FullText: form.FullText, Pictures: form.Pictures, Lang: form.Lang, Added: l.Now,
	})
	var refused *news.RefusedError
	switch {
	case errors.Is(err, news.ErrExists):
		return s.showAdd(w, r, http.StatusConflict, addView{URL: form.URL, Form: form, Known: &knownFeed{feedTitle(f), feedPath(f.ID)}})
	case errors.As(err, &refused):
		return again(http.StatusUnprocessableEntity, sentence(l, refused))
	case err != nil:
		return fmt.Errorf("add feed %s: %w", addresses[0], err)
	}
	return redirect(w, r, feedPath(f.ID)+"?done=added")
}

// addNewsletter makes a mail address for a newsletter, and leads to its page, which shows it.
func (s *server) addNewsletter(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	l, form := s.locale(r), feedFormOf(r)
	v := addView{Letter: letterForm{Title: form.Title, Folder: form.Folder}}
	f, err := s.backend.AddNewsletter(r.Context(), news.Feed{Title: form.Title, Folder: form.Folder, Added: l.Now})
	var refused *news.RefusedError
	switch {
	case errors.Is(err, news.ErrExists):
		v.Known = &knownFeed{feedTitle(f), feedPath(f.ID)}
		return s.showAdd(w, r, http.StatusConflict, v)
	case errors.As(err, &refused):
		v.Letter.Error = sentence(l, refused)
		return s.showAdd(w, r, http.StatusUnprocessableEntity, v)
	case err != nil:
		return fmt.Errorf("add newsletter %s: %w", form.Title, err)
	}
	return redirect(w, r, feedPath(f.ID)+"?done=added")
}

// folderNames lists the folders that there are, for fields in which a folder is chosen or named.
func (s *server) folderNames(r *http.Request) ([]string, error) {
	found, err := s.backend.FeedPage(r.Context(), news.FeedQuery{})
	if err != nil {
		return nil, err
	}
	return namesOf(found.Folders), nil
}

// namesOf returns the names of folders, without that of feeds in none.
func namesOf(folders []news.FolderCount) (names []string) {
	for _, f := range folders {
		if f.Name != "" {
			names = append(names, f.Name)
		}
	}
	return names
}
