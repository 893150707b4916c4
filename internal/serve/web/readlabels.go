package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"headwater/internal/news"
)

// LabelStore keeps the labels that a user gives to articles.
type LabelStore interface {
	Labels(ctx context.Context, user int64) ([]string, error)
	// LabelCounts gives the labels with how many articles have them; "" is the star.
	LabelCounts(ctx context.Context, user int64) ([]news.LabelCount, error)
	// MoveLabel renames a label; an empty name removes it.
	MoveLabel(ctx context.Context, user int64, name, to string) error
}

type labelsView struct {
	Notice string
	Labels []countedLink
}

func linkLabel(name string) link { return link{Name: name, URL: "/label/" + url.PathEscape(name)} }

// labels lists the viewer's labels, each with forms to rename and remove it.
func (s *server) labels(w http.ResponseWriter, r *http.Request) error {
	counts, err := s.backend.LabelCounts(r.Context(), s.viewer(r).User.ID)
	if err != nil {
		return fmt.Errorf("labels: %w", err)
	}
	l := s.locale(r)
	var view labelsView
	switch q := r.URL.Query(); {
	case q.Has("removed"):
		view.Notice = l.Text("The label %s is removed. Its articles stay.", q.Get("removed"))
	case q.Has("renamed"):
		view.Notice = l.Text("The label is called %s now.", q.Get("renamed"))
	}
	for _, c := range counts {
		if c.Label != "" {
			view.Labels = append(view.Labels, countedLink{linkLabel(c.Label), l.Text("%d articles", c.Articles)})
		}
	}
	return s.write(w, r, http.StatusOK, "labels", page{Title: l.Text("Labels"), Nav: "read", Body: view})
}

// changeLabel renames a label, or removes it.
func (s *server) changeLabel(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	name, to := r.PathValue("name"), r.PostForm.Get("name")
	said := url.Values{"removed": {name}}
	if r.PostForm.Has("remove") {
		to = ""
	} else {
		if err := news.CheckName(to); err != nil {
			return badRequest(sentence(s.locale(r), err))
		}
		said = url.Values{"renamed": {to}}
	}
	err := s.backend.MoveLabel(r.Context(), s.viewer(r).User.ID, name, to)
	if errors.Is(err, news.ErrNotFound) {
		return notFound("No article of yours has this label.")
	}
	if err != nil {
		return fmt.Errorf("label %q: %w", name, err)
	}
	http.Redirect(w, r, "/labels?"+said.Encode(), http.StatusSeeOther)
	return nil
}

// labelArticle gives labels to an article, or takes them.
func (s *server) labelArticle(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := readForm(r); err != nil {
		return err
	}
	m := news.Marking{Articles: []int64{id}, AddLabels: r.PostForm["add"], DropOff: r.PostForm["remove"]}
	for _, name := range slices.Concat(m.AddLabels, m.DropOff) {
		if err := news.CheckName(name); err != nil {
			return badRequest(sentence(s.locale(r), err))
		}
	}
	if _, err := s.backend.MarkItems(r.Context(), s.viewer(r).User.ID, m); err != nil {
		return fmt.Errorf("labels of article %d: %w", id, err)
	}
	back := backOf(r)
	back.Fragment = "labels"
	if back.Path != articlePath(id) {
		back.Fragment = "a" + strconv.FormatInt(id, 10)
	}
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
	return nil
}
