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
	MoveLabel(ctx context.Context, user int64, name, to string) error
	// RemoveLabel takes a label from all articles, and returns what names the removal for RestoreLabel.
	RemoveLabel(ctx context.Context, user int64, name string) (removal int64, err error)
	// RestoreLabel undoes a removal. It gives news.ErrNotFound where that was undone before, or is too long ago.
	RestoreLabel(ctx context.Context, user, removal int64) error
}

type labelsView struct {
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
	for _, c := range counts {
		if c.Label != "" {
			view.Labels = append(view.Labels, countedLink{linkLabel(c.Label), l.Text("%d articles", c.Articles)})
		}
	}
	return s.write(w, r, http.StatusOK, "labels", page{Title: l.Text("Labels"), Nav: "read", Body: view, Done: sayRemoved(r.URL.Query(), l)})
}

// changeLabel renames a label, removes it, or takes a removal back.
func (s *server) changeLabel(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	name, user := r.PathValue("name"), s.viewer(r).User.ID
	var said url.Values
	var err error
	switch {
	case r.PostForm.Has("restore"):
		removal, bad := strconv.ParseInt(r.PostForm.Get("restore"), 10, 64)
		if bad != nil {
			return badRequest("The form does not say what to mark. Open the page again.")
		}
		said, err = url.Values{"restored": {name}}, s.backend.RestoreLabel(r.Context(), user, removal)
		if errors.Is(err, news.ErrNotFound) {
			return problem{Status: http.StatusGone, Heading: "Too late", Message: "This label was removed more than a day ago, or is back already."}
		}
	case r.PostForm.Has("remove"):
		var removal int64
		removal, err = s.backend.RemoveLabel(r.Context(), user, name)
		said = url.Values{"removed": {name}, "undo": {strconv.FormatInt(removal, 10)}}
	default:
		to := r.PostForm.Get("name")
		if err := news.CheckName(to); err != nil {
			return badRequest(sentence(s.locale(r), err))
		}
		said, err = url.Values{"renamed": {to}}, s.backend.MoveLabel(r.Context(), user, name, to)
	}
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
	did, err := s.backend.MarkItems(r.Context(), s.viewer(r).User.ID, m)
	if err != nil {
		return fmt.Errorf("labels of article %d: %w", id, err)
	}
	back := backWith(backOf(r), func(q url.Values) {
		if len(m.AddLabels) == 1 && len(m.DropOff) == 0 {
			doneWithLabel("label", id, m.AddLabels[0], did).addTo(q)
		} else if len(m.DropOff) == 1 && len(m.AddLabels) == 0 {
			doneWithLabel("unlabel", id, m.DropOff[0], did).addTo(q)
		}
	})
	back.Fragment = "labels"
	if back.Path != articlePath(id) {
		back.Fragment = "a" + strconv.FormatInt(id, 10)
	}
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
	return nil
}
