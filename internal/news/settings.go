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

	Language string       `json:"language,omitempty"`  // tag of a language of package locale; "" is what the browser asks for
	TimeZone string       `json:"time_zone,omitempty"` // IANA name; "" is the browser's, or else the instance's
	Clock    locale.Clock `json:"clock,omitempty"`
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

// The values of each setting, the default first.
var (
	Themes    = []Theme{ThemeSystem, ThemeLight, ThemeDark, ThemeSepia}
	TextSizes = []TextSize{TextNormal, TextSmall, TextLarge, TextLargest}
	Widths    = []Width{WidthNormal, WidthNarrow, WidthWide}
	Fonts     = []Font{FontSerif, FontSans}
	Densities = []Density{DensityNormal, DensityCompact}
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
