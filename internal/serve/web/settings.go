package web

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"headwater/internal/locale"
	"headwater/internal/news"
)

// SettingsStore keeps what users chose of how pages look and work.
type SettingsStore interface {
	// UserSettings gives the settings of a user, the defaults where the user has changed none.
	UserSettings(ctx context.Context, user int64) (news.Settings, error)
	// SetUserSettings returns what is wrong with the settings, and news.ErrNotFound for an unknown user.
	SetUserSettings(ctx context.Context, user int64, s news.Settings) error
}

type settingsView struct {
	Saved   bool
	Problem []string // what is wrong with what was sent
	Groups  []settingGroup
}

// settingGroup is a part of the form.
type settingGroup struct {
	Heading string
	Fields  []settingField
}

// settingField is a setting as the form shows it: radio buttons or a list of its options, or without options a text or a checkbox.
type settingField struct {
	Name, Label, Help string
	Options           []settingOption // that with the value "" is the default
	List              bool            // a list that opens, for many options
	On                bool            // of a checkbox
	Typed             bool            // a text
	Value             string          // of a text
	Suggestions       []string        // for a text

	get func(news.Settings) string
	set func(*news.Settings, string)
}

// known reports whether the form can show what is set.
func (f settingField) known(s news.Settings) bool {
	return len(f.Options) == 0 || slices.ContainsFunc(f.Options, func(o settingOption) bool { return o.Value == f.get(s) })
}

type settingOption struct {
	Value, Label string
	Chosen       bool
}

// settingOf makes the field of a setting that has one of some values. Options are values with their labels, in the order of the form.
func settingOf[T ~string](name, label string, at func(*news.Settings) *T, options ...settingOption) settingField {
	return settingField{
		Name: name, Label: label, Options: options,
		get: func(s news.Settings) string { return string(*at(&s)) },
		set: func(s *news.Settings, value string) { *at(s) = T(value) },
	}
}

func option[T ~string](value T, label string) settingOption {
	return settingOption{Value: string(value), Label: label}
}

//go:embed timezones.txt
var zonesFile string

// timeZones are names of time zones that the form suggests. Every other name works as well.
var timeZones = strings.Fields(zonesFile)

// settingGroups is the form, with what is set chosen.
func settingGroups(s news.Settings, l *locale.Locale) []settingGroup {
	groups := []settingGroup{
		{l.Text("Looks"), []settingField{
			settingOf("theme", l.Text("Theme"), func(s *news.Settings) *news.Theme { return &s.Theme },
				option(news.ThemeSystem, l.Text("As the system")), option(news.ThemeLight, l.Text("Light")), option(news.ThemeDark, l.Text("Dark")), option(news.ThemeSepia, l.Text("Sepia"))),
			settingOf("text_size", l.Text("Text size"), func(s *news.Settings) *news.TextSize { return &s.TextSize },
				option(news.TextSmall, l.Text("Small")), option(news.TextNormal, l.Text("Normal")), option(news.TextLarge, l.Text("Large")), option(news.TextLargest, l.Text("Largest"))),
			settingOf("font", l.Text("Font of headlines and articles"), func(s *news.Settings) *news.Font { return &s.Font },
				option(news.FontSerif, l.Text("With serifs")), option(news.FontSans, l.Text("As the system"))),
			settingOf("width", l.Text("Line length of articles"), func(s *news.Settings) *news.Width { return &s.Width },
				option(news.WidthNarrow, l.Text("Short")), option(news.WidthNormal, l.Text("Normal")), option(news.WidthWide, l.Text("Long"))),
			settingOf("density", l.Text("Lists"), func(s *news.Settings) *news.Density { return &s.Density },
				option(news.DensityNormal, l.Text("With pictures and first lines")), option(news.DensityCompact, l.Text("Headlines only"))),
		}},
		{l.Text("Language and times"), []settingField{
			settingOf("language", l.Text("Language"), func(s *news.Settings) *string { return &s.Language }, languageOptions(l)...),
			{
				Name: "time_zone", Label: l.Text("Time zone"), Help: l.Text("As in Europe/Berlin. Left empty it is that of the browser. It is %s now.", l.Full(l.Now)),
				Typed: true, Suggestions: timeZones,
				get: func(s news.Settings) string { return s.TimeZone },
				set: func(s *news.Settings, value string) { s.TimeZone = strings.TrimSpace(value) },
			},
			settingOf("clock", l.Text("Hours"), func(s *news.Settings) *locale.Clock { return &s.Clock },
				option(locale.ClockAuto, l.Text("As usual in the region")), option(locale.Clock24, l.Text("15:04")), option(locale.Clock12, l.Text("3:04 pm"))),
		}},
		readingSettings(l),
	}
	for _, g := range groups {
		for i := range g.Fields {
			f := &g.Fields[i]
			f.On, f.Value = f.get(s) == switchedOn, f.get(s)
			for k := range f.Options {
				f.Options[k].Chosen = f.Options[k].Value == f.get(s)
			}
		}
	}
	return groups
}

// languageOptions are the languages that there are catalogues of, by their own names.
func languageOptions(l *locale.Locale) []settingOption {
	options := []settingOption{{Label: l.Text("As the browser asks")}}
	for _, one := range locale.Languages() {
		options = append(options, settingOption{Value: one.Tag, Label: one.Name})
	}
	return options
}

// switchedOn is the value of a checkbox that is checked.
const switchedOn = "on"

func (s *server) settings(w http.ResponseWriter, r *http.Request) error {
	l := s.locale(r)
	view := settingsView{Saved: r.URL.Query().Has("saved"), Groups: settingGroups(s.viewer(r).Settings, l)}
	return s.write(w, r, http.StatusOK, "settings", page{Title: l.Text("Settings"), Nav: "settings", Body: view})
}

// problemsOf says what is wrong with each setting, by the names that the form gives them.
func problemsOf(err error, groups []settingGroup, l *locale.Locale) (all []string) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		name, problem, _ := strings.Cut(line, ": ")
		for _, g := range groups {
			if at := slices.IndexFunc(g.Fields, func(f settingField) bool { return f.Name == name }); at >= 0 {
				name = g.Fields[at].Label
			}
		}
		all = append(all, name+": "+fullSentence(l.Known(problem)))
	}
	return all
}

// setSettings changes the settings that the form has. What it does not have stays, so that a page of an older version of
// the program changes nothing that it does not know.
func (s *server) setSettings(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	v, l := s.viewer(r), s.locale(r)
	chosen := v.Settings
	for _, g := range settingGroups(chosen, l) {
		for _, f := range g.Fields {
			if values, sent := r.PostForm[f.Name]; sent {
				f.set(&chosen, values[len(values)-1])
			} else if !f.known(chosen) { // stored by a newer version of the program
				f.set(&chosen, "")
			}
		}
	}
	if err := chosen.Check(); err != nil {
		groups := settingGroups(chosen, l)
		view := settingsView{Problem: problemsOf(err, groups, l), Groups: groups}
		return s.write(w, r, http.StatusBadRequest, "settings", page{Title: l.Text("Settings"), Nav: "settings", Body: view})
	}
	if err := s.backend.SetUserSettings(r.Context(), v.User.ID, chosen); err != nil {
		return fmt.Errorf("settings of user %d: %w", v.User.ID, err)
	}
	if chosen.Density != v.Settings.Density { // what was chosen on the front page before does not outrank it
		http.SetCookie(w, &http.Cookie{Name: cookieView, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
	http.Redirect(w, r, "/settings?saved", http.StatusSeeOther)
	return nil
}
