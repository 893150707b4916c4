package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"headwater/internal/intake/discover"
	"headwater/internal/news"
	"headwater/internal/serve/access"
	"headwater/internal/serve/view"
)

type feedList struct {
	Total int         `json:"total" doc:"how many there are"`
	Feeds []view.Feed `json:"feeds" nullable:"false" doc:"all feeds, in the order in which they were added"`
}

type newFeed struct {
	Body struct {
		URL    string `json:"url" minLength:"1" maxLength:"2000" example:"https://feeds.example/world.xml" doc:"its address or that of its site; without http:// or https:// both are tried"`
		Title  string `json:"title,omitempty" maxLength:"300" doc:"what to call it; empty is what it calls itself"`
		Folder string `json:"folder,omitempty" maxLength:"300" doc:"the folder to put it into, or empty"`
		AsIs   bool   `json:"as_is,omitempty" doc:"add the address as it is, without looking for a feed there"`
		Force  bool   `json:"force,omitempty" doc:"add it even where no feed is found or none can be read now"`

		FullText string `json:"full_text,omitempty" enum:"auto,always,never" doc:"whether the pages of its items are read; left out, as the settings say"`
	}
}

type newNewsletter struct {
	Body struct {
		Title  string `json:"title" minLength:"1" maxLength:"300" example:"Harbour Letter" doc:"what to call it"`
		Folder string `json:"folder,omitempty" maxLength:"300" doc:"the folder to put it into, or empty"`
	}
}

type changedFeed struct {
	ID   int64 `path:"id" minimum:"1" doc:"its number"`
	Body struct {
		Title    *string `json:"title,omitempty" maxLength:"300" doc:"what to call it"`
		Folder   *string `json:"folder,omitempty" maxLength:"300" doc:"the folder to put it into, or empty"`
		FullText *string `json:"full_text,omitempty" enum:"auto,always,never," doc:"whether the pages of its items are read; empty is as the settings say"`
		Site     *string `json:"site,omitempty" maxLength:"2000" doc:"the address of its home page"`
		Pictures *string `json:"pictures,omitempty" enum:"proxy,direct,hide," doc:"how pictures of its articles are shown; empty is as the settings say"`
		Lang     *string `json:"lang,omitempty" maxLength:"35" doc:"the language of its articles from now on, such as de; empty detects it"`
		Paused   *bool   `json:"paused,omitempty" doc:"whether it is not polled until this is false again"`
	}
}

type refreshed struct {
	At time.Time `json:"at" doc:"when it is polled: now, or when its last poll is some minutes ago, or when its host wants to be asked again"`
}

type pollRun struct {
	First    time.Time      `json:"first" doc:"the first of these polls"`
	Last     time.Time      `json:"last" doc:"and the last"`
	Polls    int            `json:"polls" doc:"how many there were"`
	State    news.FeedState `json:"state" doc:"how they ended"`
	Cause    news.Cause     `json:"cause" doc:"why they failed, such as 503 or refused; empty where they did not, or where state says all"`
	Problem  string         `json:"problem" doc:"what happened and what to do; empty when all is well"`
	Articles int            `json:"articles" doc:"articles that were new"`
}

type pollHistory struct {
	Runs []pollRun `json:"runs" nullable:"false" doc:"polls in a row that ended alike, the newest first"`
}

// feedFor shows feeds to the viewer of a request. Who may not change feeds does not see the secrets in their addresses.
func (s *server) feedFor(ctx context.Context) func(news.Feed) view.Feed {
	return func(f news.Feed) view.Feed {
		shown := view.FeedOf(f, s.mailDomain)
		if !access.ViewerOf(ctx).May(access.Feeds) {
			shown = shown.WithoutSecrets()
		}
		return shown
	}
}

func feedPath(id int64) string { return fmt.Sprintf("%s/feeds/%d", root, id) }

func (s *server) feeds(ctx context.Context, _ *struct{}) (*body[feedList], error) {
	list, err := s.backend.Feeds(ctx)
	if err != nil {
		return nil, s.fail(err, "list of feeds", "/feeds")
	}
	return &body[feedList]{feedList{len(list), view.All(list, s.feedFor(ctx))}}, nil
}

func (s *server) feed(ctx context.Context, q *byID) (*body[view.Feed], error) {
	f, err := s.backend.Feed(ctx, q.ID)
	if err != nil {
		return nil, s.fail(err, fmt.Sprintf("feed %d", q.ID), "/feeds")
	}
	return &body[view.Feed]{s.feedFor(ctx)(f)}, nil
}

// addFeed looks for the feed behind the address. Where there are several the client has to choose, and where there is none,
// or none can be read now, to insist.
func (s *server) addFeed(ctx context.Context, q *newFeed) (*created[view.Feed], error) {
	b := q.Body
	known := func(id int64) error {
		return huma.Error409Conflict(fmt.Sprintf("%s is among the feeds already, as %s", b.URL, feedPath(id)))
	}
	addresses, err := discover.Typed(b.URL)
	if err != nil {
		return nil, invalid("body.url", b.URL, err.Error())
	}
	address := addresses[0]
	if !b.AsIs {
		found, err := s.backend.FindFeeds(ctx, b.URL)
		switch {
		case err != nil:
			return nil, s.fail(err, "feed "+b.URL, "/feeds")
		case len(found.Feeds) == 1 && found.Feeds[0].Known != 0:
			return nil, known(found.Feeds[0].Known)
		case found.Problem != "" && !b.Force:
			return nil, invalid("body.url", b.URL, found.Problem+"; it is not added, but is with force")
		case found.Problem == "" && len(found.Feeds) != 1:
			var choices []error
			for _, f := range found.Feeds {
				choices = append(choices, &huma.ErrorDetail{Location: "body.url", Value: f.URL, Message: "is one of several feeds of " + b.URL + "; give one of their addresses"})
			}
			return nil, huma.Error422UnprocessableEntity("validation failed", choices...)
		}
		address = found.Insisted()
	}
	f, err := s.backend.AddFeed(ctx, news.Feed{URL: address, Title: b.Title, Folder: b.Folder, FullText: b.FullText})
	if errors.Is(err, news.ErrExists) {
		return nil, known(f.ID)
	}
	if err != nil {
		return nil, s.failFeed(err, "feed "+b.URL)
	}
	return &created[view.Feed]{feedPath(f.ID), view.FeedOf(f, s.mailDomain)}, nil
}

// addNewsletter makes a mail address for a newsletter.
func (s *server) addNewsletter(ctx context.Context, q *newNewsletter) (*created[view.Feed], error) {
	b := q.Body
	f, err := s.backend.AddNewsletter(ctx, news.Feed{Title: b.Title, Folder: b.Folder})
	if errors.Is(err, news.ErrExists) {
		return nil, huma.Error409Conflict(fmt.Sprintf("the newsletter %s is among the feeds already, as %s", b.Title, feedPath(f.ID)))
	}
	if err != nil {
		return nil, s.failFeed(err, "newsletter "+b.Title)
	}
	return &created[view.Feed]{feedPath(f.ID), view.FeedOf(f, s.mailDomain)}, nil
}

func (s *server) changeFeed(ctx context.Context, q *changedFeed) (*body[view.Feed], error) {
	b := q.Body
	e := news.FeedEdit{Title: b.Title, Folder: b.Folder, FullText: b.FullText, Site: b.Site, Pictures: b.Pictures, Lang: b.Lang, Paused: b.Paused}
	if err := s.backend.ChangeFeed(ctx, q.ID, e); err != nil {
		return nil, s.failFeed(err, fmt.Sprintf("feed %d", q.ID))
	}
	return s.feed(ctx, &byID{q.ID})
}

func (s *server) removeFeed(ctx context.Context, q *byID) (*struct{}, error) {
	if err := s.backend.RemoveFeed(ctx, q.ID); err != nil {
		return nil, s.fail(err, fmt.Sprintf("feed %d", q.ID), "/feeds")
	}
	return nil, nil
}

// failFeed says why a feed is not as it was asked for.
func (s *server) failFeed(err error, what string) error {
	var refused *news.RefusedError
	if errors.As(err, &refused) {
		return huma.Error422UnprocessableEntity(refused.Text)
	}
	return s.fail(err, what, "/feeds")
}

// removedFeeds lists what can be restored.
func (s *server) removedFeeds(ctx context.Context, _ *struct{}) (*body[feedList], error) {
	const most = 1000
	list, err := s.backend.RemovedFeeds(ctx, most)
	if err != nil {
		return nil, s.fail(err, "list of removed feeds", "/feeds")
	}
	return &body[feedList]{feedList{len(list), view.All(list, s.feedFor(ctx))}}, nil
}

func (s *server) restoreFeed(ctx context.Context, q *byID) (*body[view.Feed], error) {
	restored, err := s.backend.RestoreFeeds(ctx, []int64{q.ID})
	if err == nil && len(restored) == 0 {
		err = news.ErrNotFound
	}
	if err != nil {
		return nil, s.fail(err, fmt.Sprintf("removed feed %d", q.ID), "/removed-feeds")
	}
	return s.feed(ctx, q)
}

// refreshFeed says when a feed is polled. A paused one is not.
func (s *server) refreshFeed(ctx context.Context, q *byID) (*body[refreshed], error) {
	f, err := s.backend.Feed(ctx, q.ID)
	if err != nil {
		return nil, s.fail(err, fmt.Sprintf("feed %d", q.ID), "/feeds")
	}
	at, err := s.backend.RefreshFeeds(ctx, []int64{f.ID})
	if err != nil {
		return nil, s.fail(err, fmt.Sprintf("feed %d", q.ID), "/feeds")
	}
	when, ok := at[f.ID]
	if !ok {
		return nil, huma.Error409Conflict(fmt.Sprintf("feed %d is paused; PATCH it with paused false", f.ID))
	}
	return &body[refreshed]{refreshed{when}}, nil
}

func (s *server) feedHistory(ctx context.Context, q *byID) (*body[pollHistory], error) {
	if _, err := s.backend.Feed(ctx, q.ID); err != nil {
		return nil, s.fail(err, fmt.Sprintf("feed %d", q.ID), "/feeds")
	}
	runs, err := s.backend.FeedHistory(ctx, q.ID)
	if err != nil {
		return nil, s.fail(err, fmt.Sprintf("history of feed %d", q.ID), "/feeds")
	}
	whole := access.ViewerOf(ctx).May(access.Feeds)
	return &body[pollHistory]{pollHistory{view.All(runs, func(r news.PollRun) pollRun {
		problem := r.Problem
		if !whole {
			problem = view.ProblemWithoutSecrets(problem)
		}
		return pollRun{r.First, r.Last, r.Polls, r.State, r.Cause, problem, r.Articles}
	})}}, nil
}

const (
	pathOPML = root + "/opml"
	typeOPML = "text/x-opml"
	maxOPML  = 20 << 20 // as much as package opml reads
)

func (s *server) writeOPML(w http.ResponseWriter, r *http.Request) {
	if refuse(w, rejectUnknown(r)) {
		return
	}
	var b bytes.Buffer
	if err := s.backend.WriteOPML(r.Context(), &b, "Headwater", access.ViewerOf(r.Context()).May(access.Feeds)); err != nil {
		cannot(w, s.log, err, "the list of feeds cannot be written")
		return
	}
	w.Header().Set("Content-Type", typeOPML+"; charset=utf-8")
	_, _ = w.Write(b.Bytes()) // a reader that left needs no answer
}

type imported struct {
	Feeds       int      `json:"feeds" doc:"feeds that are new"`
	KnownFeeds  int      `json:"known_feeds" doc:"feeds that were there before"`
	Topics      int      `json:"topics" doc:"topics that are new"`
	KnownTopics int      `json:"known_topics" doc:"topics of a name that there was before, which stay as they are"`
	Problems    []string `json:"problems" nullable:"false" doc:"what was left out, and why"`
}

func (s *server) readOPML(w http.ResponseWriter, r *http.Request) {
	if refuse(w, rejectUnknown(r)) {
		return
	}
	done, err := s.backend.ReadOPML(r.Context(), http.MaxBytesReader(w, r.Body, maxOPML), access.ViewerOf(r.Context()).May(access.Editor))
	var large *http.MaxBytesError
	var refused *news.RefusedError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		problem(w, http.StatusRequestTimeout, "the list did not arrive in time; split it")
		return
	case errors.As(err, &large):
		problem(w, http.StatusRequestEntityTooLarge, "the list is too large; split it")
		return
	case errors.As(err, &refused):
		problem(w, http.StatusUnprocessableEntity, "the list cannot be read: "+refused.Text)
		return
	case err != nil:
		cannot(w, s.log, err, "the list cannot be taken over")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	out := imported{done.Feeds, done.KnownFeeds, done.Topics, done.KnownTopics, view.All(done.Notes, news.ImportNote.String)}
	_ = json.NewEncoder(w).Encode(out) // a reader that left needs no answer
}
