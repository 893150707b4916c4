package api

import (
	"time"

	"headwater/internal/news"
)

// The shapes below are those that the command line prints with --json.

type story struct {
	ID      int64     `json:"id"`
	Event   int64     `json:"event" doc:"the event it tells of; stories of one event tell it independently"`
	Title   string    `json:"title"`
	Origin  origin    `json:"origin"`
	Outlets int       `json:"outlets" doc:"how many different outlets carry it"`
	First   time.Time `json:"first" doc:"its earliest member"`
	Latest  time.Time `json:"latest" doc:"its newest member"`
	Changed time.Time `json:"changed" doc:"when its members or its origin last changed"`
	Members []member  `json:"members" doc:"the original first, then by time"`
}

type origin struct {
	Name       string          `json:"name"`
	Domain     string          `json:"domain"`
	URL        string          `json:"url"`
	Article    int64           `json:"article" doc:"0 where the origin is only named by its members"`
	Level      string          `json:"level" enum:"Original,Likely original,Earliest seen"`
	Confidence float64         `json:"confidence" minimum:"0" maximum:"1"`
	Evidence   []news.Evidence `json:"evidence" nullable:"false"`
}

type member struct {
	Article  int64           `json:"article"`
	Title    string          `json:"title"`
	URL      string          `json:"url"`
	Outlet   news.Outlet     `json:"outlet"`
	Time     time.Time       `json:"time"`
	Role     news.Role       `json:"role" enum:"original,copy,rewrite,excerpt"`
	Share    float64         `json:"share" doc:"share of its own prose that stands in the origin"`
	Evidence []news.Evidence `json:"evidence" nullable:"false"`

	Comparison *news.Comparison `json:"comparison,omitempty" doc:"what it takes from the origin and adds; left out of lists and of an original"`
}

func storyOf(s news.Story) story {
	out := story{
		ID: s.ID, Event: s.Event, Title: s.Title, Outlets: s.Outlets, First: s.First, Latest: s.Latest, Changed: s.Changed,
		Origin: origin{
			Name: s.Origin.Name, Domain: s.Origin.Domain, URL: s.Origin.URL, Article: s.Origin.Article, Level: s.Origin.Level,
			Confidence: s.Origin.Confidence, Evidence: filled(s.Origin.Evidence),
		},
		Members: make([]member, 0, len(s.Members)),
	}
	for _, m := range s.Members {
		out.Members = append(out.Members, member{
			Article: m.Article.ID, Title: m.Article.Title, URL: m.Article.URL, Outlet: m.Article.Outlet, Time: m.Article.Time(),
			Role: m.Role, Share: m.Share, Evidence: filled(m.Evidence),
		})
	}
	return out
}

func storiesOf(list []news.Story) []story {
	out := make([]story, 0, len(list))
	for _, s := range list {
		out = append(out, storyOf(s))
	}
	return out
}

// filled makes an empty list out of none, so that readers need not tell them apart.
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

type article struct {
	ID        int64       `json:"id"`
	Story     int64       `json:"story,omitempty" doc:"left out in lists and while it is not settled"`
	Feed      int64       `json:"feed"`
	Title     string      `json:"title"`
	URL       string      `json:"url"`
	Outlet    news.Outlet `json:"outlet"`
	Authors   []string    `json:"authors" nullable:"false"`
	Lang      string      `json:"lang" doc:"ISO 639-1, or empty"`
	Published *time.Time  `json:"published" doc:"as claimed; null where unknown"`
	Seen      time.Time   `json:"seen" doc:"when it was first fetched"`
	Summary   string      `json:"summary"`
}

func articleOf(a news.Article) article {
	out := article{
		ID: a.ID, Feed: a.FeedID, Title: a.Title, URL: a.URL, Outlet: a.Outlet, Authors: filled(a.Authors), Lang: a.Lang,
		Seen: a.Seen, Summary: a.Summary,
	}
	if !a.Published.IsZero() {
		out.Published = &a.Published
	}
	return out
}

type claim struct {
	Kind   news.ClaimKind `json:"kind"`
	Outlet string         `json:"outlet"`
	Domain string         `json:"domain"`
	URL    string         `json:"url"`
	Text   string         `json:"text" doc:"the words that make the claim"`
}

type wholeArticle struct {
	article
	Text   string  `json:"text" doc:"plain text; paragraphs are separated by a blank line"`
	HTML   string  `json:"html" doc:"sanitised"`
	Claims []claim `json:"claims" nullable:"false"`
}

type span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

func spansOf(list []news.Span) []span {
	out := make([]span, 0, len(list))
	for _, s := range list {
		out = append(out, span(s))
	}
	return out
}

type found struct {
	ID        int64       `json:"id"`
	Story     int64       `json:"story" doc:"0 while it is not settled"`
	Title     string      `json:"title"`
	URL       string      `json:"url"`
	Outlet    news.Outlet `json:"outlet"`
	Published time.Time   `json:"published" doc:"the best guess at when it came out"`
	Score     float64     `json:"score"`
	InTitle   []span      `json:"in_title" nullable:"false" doc:"byte offsets of the words found, in title"`
	InText    []span      `json:"in_text" nullable:"false" doc:"byte offsets of the words found, in text, or in summary where there is no text"`
}

func foundOf(f news.FoundArticle) found {
	return found{
		ID: f.Article.ID, Story: f.Story, Title: f.Article.Title, URL: f.Article.URL, Outlet: f.Article.Outlet,
		Published: f.Article.Time(), Score: f.Score, InTitle: spansOf(f.Title), InText: spansOf(f.Body),
	}
}

type topic struct {
	Name  string    `json:"name"`
	Query string    `json:"query"`
	Added time.Time `json:"added"`
}

type feed struct {
	ID       int64          `json:"id"`
	URL      string         `json:"url"`
	Title    string         `json:"title"`
	Folder   string         `json:"folder"`
	State    news.FeedState `json:"state"`
	Problem  string         `json:"problem" doc:"what happened and what to do; empty when all is well"`
	Articles int            `json:"articles"`
	Checked  *time.Time     `json:"checked" doc:"null before the first poll"`
	Due      *time.Time     `json:"due" doc:"null means now"`
}

func feedOf(f news.Feed) feed {
	return feed{
		ID: f.ID, URL: f.URL, Title: f.Title, Folder: f.Folder, State: f.State, Problem: f.Problem, Articles: f.Articles,
		Checked: orNull(f.Checked), Due: orNull(f.Due),
	}
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
