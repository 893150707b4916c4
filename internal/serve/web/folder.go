package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

type folderView struct {
	Name, Short string
	Page        string
	Feeds       string // "12 feeds"
	List        string // the feeds of it on the page of feeds
	Sick        string // "3 of them fail"
	Below       []folderLink
	Names       []string // of the others
	Reading     listView
	Error       string
	To          string // what was typed
	Notice      feedNotice
	May         bool
}

// folder shows the articles of a folder.
func (s *server) folder(w http.ResponseWriter, r *http.Request) error {
	return s.showFolder(w, r, http.StatusOK, "", "")
}

func (s *server) showFolder(w http.ResponseWriter, r *http.Request, status int, to, problem string) error {
	l, name := s.locale(r), r.PathValue("name")
	found, err := s.backend.FeedPage(r.Context(), news.FeedQuery{})
	if err != nil {
		return err
	}
	at := slices.IndexFunc(found.Folders, func(f news.FolderCount) bool { return f.Name == name })
	below := prefixed(found.Folders, name+"/")
	if name == "" || at < 0 && len(below) == 0 {
		return notFound("There is no folder of that name. It may have been renamed.")
	}
	v := folderView{
		Name: name, Short: publish.Cut(name, maxFolderName), Page: folderPath(name), List: "/feeds?folder=" + url.QueryEscape(name), Error: problem, To: to,
		May: s.mayChangeFeeds(r), Below: below, Feeds: l.Text("%d feeds", 0),
		Names: slices.DeleteFunc(namesOf(found.Folders), func(other string) bool { return other == name }),
	}
	if v.To == "" {
		v.To = name
	}
	if at >= 0 {
		v.Feeds = l.Text("%d feeds", found.Folders[at].Feeds)
		if sick := found.Folders[at].Sick; sick > 0 {
			v.Sick = l.Text("%d of them fail", sick)
		}
	}
	if v.Notice, err = s.feedNotice(r, l); err != nil {
		return err
	}
	if v.Reading, err = s.listOf(r.Context(), r, l, 0, name); err != nil {
		return err
	}
	p := page{Title: v.Short, Nav: "feeds", Feeds: feedLinks(v.Short, "/feeds/folder/"+url.PathEscape(name), ""), Body: v}
	return s.write(w, r, status, "folder", p)
}

// prefixed returns the folders whose names begin with a prefix, without it.
func prefixed(folders []news.FolderCount, prefix string) (below []folderLink) {
	for _, f := range folders {
		if len(f.Name) > len(prefix) && f.Name[:len(prefix)] == prefix {
			below = append(below, folderLink{publish.Cut(f.Name[len(prefix):], maxFolderName), folderPath(f.Name)})
		}
	}
	return below
}

// changeFolder renames a folder. Where there is one of that name, the two become one.
func (s *server) changeFolder(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	name, to := r.PathValue("name"), publish.Line(r.PostForm.Get("to"))
	if to == "" {
		return s.showFolder(w, r, http.StatusUnprocessableEntity, "", s.locale(r).Text("Give the folder a name. To do without it, remove it; its feeds stay."))
	}
	names, err := s.folderNames(r)
	if err != nil {
		return err
	}
	n, err := s.backend.MoveFolder(r.Context(), name, to)
	var refused *news.RefusedError
	switch {
	case errors.As(err, &refused):
		return s.showFolder(w, r, http.StatusUnprocessableEntity, to, sentence(s.locale(r), refused))
	case err != nil:
		return fmt.Errorf("rename folder %q: %w", name, err)
	case n == 0:
		return notFound("There is no folder of that name. It may have been renamed.")
	}
	done := "renamed"
	if slices.Contains(names, to) && to != name {
		done = "merged"
	}
	return redirect(w, r, withDone(folderPath(to), done, 0, 0))
}

// removeFolder leaves the feeds of a folder without one.
func (s *server) removeFolder(w http.ResponseWriter, r *http.Request) error {
	done, err := s.backend.RemoveFolder(r.Context(), r.PathValue("name"))
	switch {
	case errors.Is(err, news.ErrNotFound):
		return notFound("There is no folder of that name. It may have been renamed.")
	case err != nil:
		return refusedForm(err, s.locale(r), "/feeds")
	}
	return redirect(w, r, withDone("/feeds", "folder-removed", done.Feeds, done.Undo))
}

// restoreFolder undoes the removal of a folder.
func (s *server) restoreFolder(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	undo, err := strconv.ParseInt(r.PostForm.Get("folder"), 10, 64)
	if err != nil {
		return badRequest("The form has no action that is known here. Open the page again.")
	}
	n, err := s.backend.RestoreFolder(r.Context(), undo)
	switch {
	case errors.Is(err, news.ErrNotFound):
		return redirect(w, r, withDone("/feeds", "folder-gone", 0, 0))
	case err != nil:
		return fmt.Errorf("restore a folder: %w", err)
	}
	return redirect(w, r, withDone("/feeds", "folder-restored", n, 0))
}
