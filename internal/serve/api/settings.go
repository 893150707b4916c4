package api

import (
	"context"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"headwater/internal/news"
	"headwater/internal/serve/access"
)

// settings are those of a user. An empty text is the default.
type settings struct {
	Theme     string `json:"theme" doc:"the colours of pages: light, dark or sepia; empty is as the system"`
	TextSize  string `json:"text_size" doc:"small, large or largest; empty is normal"`
	Width     string `json:"width" doc:"the lines of an article: narrow or wide; empty is normal"`
	Font      string `json:"font" doc:"of headlines and articles: sans; empty is with serifs"`
	Density   string `json:"density" doc:"of lists: compact; empty is normal"`
	Language  string `json:"language" doc:"the language of pages, such as de; empty is what the browser asks for"`
	TimeZone  string `json:"time_zone" doc:"by its name in the IANA database; empty is that of the browser"`
	Clock     string `json:"clock" doc:"24 or 12 hours: 24 or 12; empty is as usual in the region"`
	Lists     string `json:"lists" doc:"what lists of unread articles show: article; empty is one article of each story"`
	Order     string `json:"order" doc:"of lists of articles: oldest; empty is the newest first"`
	Opening   bool   `json:"opening" doc:"mark what is opened as read"`
	Scrolling bool   `json:"scrolling" doc:"mark what was scrolled past as read"`
	Keys      bool   `json:"keys" doc:"single keys do something on pages"`
	Swiping   bool   `json:"swiping" doc:"swiping a headline marks it"`
}

func settingsOf(s news.Settings) settings {
	return settings{
		string(s.Theme), string(s.TextSize), string(s.Width), string(s.Font), string(s.Density), s.Language, s.TimeZone, string(s.Clock), string(s.Lists), string(s.Order),
		s.Opening.On(), s.Scrolling.On(), s.Keys.On(), s.Swiping.On(),
	}
}

// changedSettings has what is to be different; what is left out stays.
type changedSettings struct {
	Body struct {
		Theme     *string `json:"theme,omitempty" maxLength:"100" doc:"the colours of pages: light, dark or sepia; empty is as the system"`
		TextSize  *string `json:"text_size,omitempty" maxLength:"100" doc:"small, large or largest; empty is normal"`
		Width     *string `json:"width,omitempty" maxLength:"100" doc:"the lines of an article: narrow or wide; empty is normal"`
		Font      *string `json:"font,omitempty" maxLength:"100" doc:"of headlines and articles: sans; empty is with serifs"`
		Density   *string `json:"density,omitempty" maxLength:"100" doc:"of lists: compact; empty is normal"`
		Language  *string `json:"language,omitempty" maxLength:"100" doc:"the language of pages, such as de; empty is what the browser asks for"`
		TimeZone  *string `json:"time_zone,omitempty" maxLength:"100" example:"Europe/Berlin" doc:"by its name in the IANA database; empty is that of the browser"`
		Clock     *string `json:"clock,omitempty" maxLength:"100" doc:"24 or 12 hours: 24 or 12; empty is as usual in the region"`
		Lists     *string `json:"lists,omitempty" maxLength:"100" doc:"what lists of unread articles show: article; empty is one article of each story"`
		Order     *string `json:"order,omitempty" maxLength:"100" doc:"of lists of articles: oldest; empty is the newest first"`
		Opening   *bool   `json:"opening,omitempty" doc:"mark what is opened as read"`
		Scrolling *bool   `json:"scrolling,omitempty" doc:"mark what was scrolled past as read"`
		Keys      *bool   `json:"keys,omitempty" doc:"single keys do something on pages"`
		Swiping   *bool   `json:"swiping,omitempty" doc:"swiping a headline marks it"`
	}
}

func (s *server) settings(ctx context.Context, _ *struct{}) (*body[settings], error) {
	stored, err := s.backend.UserSettings(ctx, access.ViewerOf(ctx).User.ID)
	if err != nil {
		return nil, s.fail(err, "settings", "/settings")
	}
	return &body[settings]{settingsOf(stored)}, nil
}

func (s *server) changeSettings(ctx context.Context, q *changedSettings) (*body[settings], error) {
	user := access.ViewerOf(ctx).User.ID
	chosen, err := s.backend.UserSettings(ctx, user)
	if err != nil {
		return nil, s.fail(err, "settings", "/settings")
	}
	b := q.Body
	set(&chosen.Theme, b.Theme)
	set(&chosen.TextSize, b.TextSize)
	set(&chosen.Width, b.Width)
	set(&chosen.Font, b.Font)
	set(&chosen.Density, b.Density)
	set(&chosen.Language, b.Language)
	set(&chosen.TimeZone, b.TimeZone)
	set(&chosen.Clock, b.Clock)
	set(&chosen.Lists, b.Lists)
	set(&chosen.Order, b.Order)
	for to, on := range map[*news.DefaultOn]*bool{&chosen.Opening: b.Opening, &chosen.Keys: b.Keys, &chosen.Swiping: b.Swiping} {
		if on != nil {
			*to = map[bool]news.DefaultOn{true: "", false: news.TurnedOff}[*on]
		}
	}
	if b.Scrolling != nil {
		chosen.Scrolling = map[bool]news.DefaultOff{true: news.TurnedOn, false: ""}[*b.Scrolling]
	}
	if err := chosen.Check(); err != nil {
		var wrong []error
		for line := range strings.SplitSeq(err.Error(), "\n") {
			name, problem, _ := strings.Cut(line, ": ")
			wrong = append(wrong, &huma.ErrorDetail{Location: "body." + name, Message: problem})
		}
		return nil, huma.Error422UnprocessableEntity("validation failed", wrong...)
	}
	if err := s.backend.SetUserSettings(ctx, user, chosen); err != nil {
		return nil, s.fail(err, "settings", "/settings")
	}
	return &body[settings]{settingsOf(chosen)}, nil
}

// set changes a setting to what was sent, if anything was.
func set[T ~string](to *T, sent *string) {
	if sent != nil {
		*to = T(strings.TrimSpace(*sent))
	}
}
