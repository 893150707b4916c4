package news

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"headwater/internal/locale"
)

// Settings are what a user chose of how pages look and work. The zero value is the default of everything, and nobody who is
// not logged in has others. They are stored as JSON, so another field needs no migration: it is missing in what was stored
// before, and has its zero value then.
type Settings struct {
	Theme    Theme    `json:"theme,omitempty"`
	TextSize TextSize `json:"text_size,omitempty"`
	Width    Width    `json:"width,omitempty"`
	Font     Font     `json:"font,omitempty"`
	Density  Density  `json:"density,omitempty"`

	Language  string       `json:"language,omitempty"`  // tag of a language of package locale; "" is what the browser asks for
	TimeZone  string       `json:"time_zone,omitempty"` // IANA name; "" is the browser's, or else the instance's
	Clock     locale.Clock `json:"clock,omitempty"`
	Lists     ListBy       `json:"lists,omitempty"`
	Order     ListOrder    `json:"order,omitempty"`
	Opening   DefaultOn    `json:"opening,omitempty"`   // what is opened is marked as read
	Scrolling DefaultOff   `json:"scrolling,omitempty"` // what was scrolled past is marked as read
	Keys      DefaultOn    `json:"keys,omitempty"`      // single keys do something
	Swiping   DefaultOn    `json:"swiping,omitempty"`   // swiping a headline marks it
}

// Theme is the colours of pages.
type Theme string

// The themes.
const (
	ThemeSystem Theme = "" // light or dark, as the reader's system says
	ThemeLight  Theme = "light"
	ThemeDark   Theme = "dark"
	ThemeSepia  Theme = "sepia"
)

// TextSize is the size of all text, as a part of what the browser is set to.
type TextSize string

// The sizes of text.
const (
	TextNormal  TextSize = ""
	TextSmall   TextSize = "small"
	TextLarge   TextSize = "large"
	TextLargest TextSize = "largest"
)

// Width is how long the lines of an article are.
type Width string

// The widths of lines.
const (
	WidthNormal Width = ""
	WidthNarrow Width = "narrow"
	WidthWide   Width = "wide"
)

// Font is the kind of letters that headlines and articles have.
type Font string

// The fonts.
const (
	FontSerif Font = ""
	FontSans  Font = "sans" // that of the reader's system
)

// Density is how much stands on a screen.
type Density string

// The densities.
const (
	DensityNormal  Density = ""
	DensityCompact Density = "compact"
)

// ListBy is what lists of unread and read articles show.
type ListBy string

// What lists show.
const (
	ListByStory   ListBy = ""        // the article that stands for its story, and not its copies
	ListByArticle ListBy = "article" // each article
)

// ListOrder is the order of lists of articles.
type ListOrder string

// The orders.
const (
	NewestFirst ListOrder = ""
	OldestFirst ListOrder = "oldest"
)

// DefaultOn is a setting that is on unless somebody turns it off.
type DefaultOn string

// DefaultOff is a setting that is off unless somebody turns it on.
type DefaultOff string

// The values of the two.
const (
	TurnedOff DefaultOn  = "off"
	TurnedOn  DefaultOff = "on"
)

// On reports whether the setting is on.
func (d DefaultOn) On() bool { return d != TurnedOff }

// On reports whether the setting is on.
func (d DefaultOff) On() bool { return d == TurnedOn }

// The values of each setting, the default first.
var (
	Themes      = []Theme{ThemeSystem, ThemeLight, ThemeDark, ThemeSepia}
	TextSizes   = []TextSize{TextNormal, TextSmall, TextLarge, TextLargest}
	Widths      = []Width{WidthNormal, WidthNarrow, WidthWide}
	Fonts       = []Font{FontSerif, FontSans}
	Densities   = []Density{DensityNormal, DensityCompact}
	ListBys     = []ListBy{ListByStory, ListByArticle}
	Orders      = []ListOrder{NewestFirst, OldestFirst}
	DefaultsOn  = []DefaultOn{"", TurnedOff}
	DefaultsOff = []DefaultOff{"", TurnedOn}
)

// Check returns all that is wrong with the settings, each with the values that are right.
func (s Settings) Check() error {
	return errors.Join(
		oneOf("theme", s.Theme, Themes),
		oneOf("text_size", s.TextSize, TextSizes),
		oneOf("width", s.Width, Widths),
		oneOf("font", s.Font, Fonts),
		oneOf("density", s.Density, Densities),
		oneOf("clock", s.Clock, locale.Clocks),
		optional("language", s.Language, locale.CheckLanguage),
		optional("time_zone", s.TimeZone, locale.CheckZone),
		oneOf("lists", s.Lists, ListBys),
		oneOf("order", s.Order, Orders),
		oneOf("opening", s.Opening, DefaultsOn),
		oneOf("scrolling", s.Scrolling, DefaultsOff),
		oneOf("keys", s.Keys, DefaultsOn),
		oneOf("swiping", s.Swiping, DefaultsOn),
	)
}

// optional returns what is wrong with a setting that may be empty.
func optional(name, value string, check func(string) error) error {
	if value == "" {
		return nil
	}
	if err := check(value); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// oneOf returns an error where a setting has a value that it can't have.
func oneOf[T ~string](name string, value T, values []T) error {
	if slices.Contains(values, value) {
		return nil
	}
	named := make([]string, len(values))
	for i, v := range values {
		named[i] = fmt.Sprintf("%q", string(v))
	}
	return fmt.Errorf("%s: %w", name, fmt.Errorf("%q is not one of %s", string(value), strings.Join(named, ", ")))
}
