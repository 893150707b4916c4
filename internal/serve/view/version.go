package view

import (
	"time"

	"headwater/internal/news"
)

// Version is one version of a running report.
type Version struct {
	ID        int64     `json:"id" doc:"the article's number"`
	URL       string    `json:"url" doc:"its address"`
	Title     string    `json:"title" doc:"its headline"`
	Published time.Time `json:"published" doc:"the best guess at when it came out"`
	Again     []int64   `json:"again,omitempty" nullable:"false" doc:"articles that are the same version, listed again"`
	Changed   *Changes  `json:"changed,omitempty" doc:"from the version before it; left out of the first"`
}

// Changes is what a version tells otherwise than the one before it.
type Changes struct {
	Headline *HeadlineChange `json:"headline,omitempty" doc:"left out where it is the same"`
	Figures  []FigureChange  `json:"figures" nullable:"false" doc:"the first of the figures that changed, each with a word beside it"`
	Added    []string        `json:"added" nullable:"false" doc:"the first of the sentences that are new"`
	Dropped  []string        `json:"dropped" nullable:"false" doc:"the first of the sentences that are gone"`
	Adds     int             `json:"adds" doc:"how many sentences are new"`
	Drops    int             `json:"drops" doc:"how many sentences are gone"`
}

// HeadlineChange is two headlines.
type HeadlineChange struct {
	Before  string   `json:"before" doc:"the headline of the version before"`
	After   string   `json:"after" doc:"the headline of this version"`
	Dropped []string `json:"dropped" nullable:"false" doc:"words that only the one before has"`
	Added   []string `json:"added" nullable:"false" doc:"words that only this one has"`
}

// FigureChange is a figure that changed.
type FigureChange struct {
	Before string `json:"before" doc:"such as: 3 dead"`
	After  string `json:"after" doc:"such as: 12 dead"`
}

// AddVersions tells of a story's running reports: the newest version lists all, newest first, and the others name it.
func (s *Story) AddVersions(reports []news.Report) {
	place := make(map[int64]*Member, len(s.Members))
	for i := range s.Members {
		place[s.Members[i].Article] = &s.Members[i]
	}
	for _, r := range reports {
		newest := place[r.Newest().Article.ID]
		if newest == nil {
			continue
		}
		for _, v := range r.Versions {
			ids := []int64{v.Member.Article.ID}
			for _, m := range v.Again {
				ids = append(ids, m.Article.ID)
			}
			for _, id := range ids {
				if m := place[id]; m != nil && m != newest {
					m.ReplacedBy = newest.Article
				}
			}
			if len(r.Versions) > 1 {
				newest.Versions = append(newest.Versions, versionOf(v))
			}
		}
	}
}

func versionOf(v news.Version) Version {
	a := v.Member.Article
	out := Version{ID: a.ID, URL: a.URL, Title: a.Headline(), Published: a.Time(), Changed: changesOf(v.Changed)}
	for _, m := range v.Again {
		out.Again = append(out.Again, m.Article.ID)
	}
	return out
}

func changesOf(c *news.Changes) *Changes {
	if c == nil {
		return nil
	}
	out := &Changes{
		Figures: All(c.Figures, func(f news.FigureChange) FigureChange { return FigureChange(f) }),
		Added:   filled(c.Added), Dropped: filled(c.Dropped), Adds: c.Adds, Drops: c.Drops,
	}
	if h := c.Headline; h != nil {
		out.Headline = &HeadlineChange{Before: h.Before, After: h.After, Dropped: words(h.Before, h.Dropped), Added: words(h.After, h.Added)}
	}
	return out
}

func words(text string, spans []news.Span) []string {
	return All(spans, func(s news.Span) string { return text[s.Start:s.End] })
}
