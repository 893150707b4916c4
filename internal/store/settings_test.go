package store

import (
	"errors"
	"strings"
	"testing"

	"headwater/internal/news"
)

func TestUserSettings(t *testing.T) {
	db := open(t, t.TempDir())
	if err := errors.Join(db.AddUser(t.Context(), news.User{Name: "anna"}, "x"), db.AddUser(t.Context(), news.User{Name: "bob"}, "x")); err != nil {
		t.Fatal(err)
	}
	has := func(user int64, want news.Settings) {
		t.Helper()
		if got, err := db.UserSettings(t.Context(), user); err != nil || got != want {
			t.Errorf("settings of user %d = %+v, %v; want %+v", user, got, err, want)
		}
	}
	has(1, news.Settings{})
	for _, s := range []news.Settings{{Theme: news.ThemeDark, Font: news.FontSans}, {Theme: news.ThemeSepia, TextSize: news.TextLarge}} {
		if err := db.SetUserSettings(t.Context(), 1, s); err != nil {
			t.Fatal(err)
		}
		has(1, s)
		has(2, news.Settings{})
	}
	if err := db.SetUserSettings(t.Context(), 1, news.Settings{Theme: "neon"}); err == nil || !strings.Contains(err.Error(), `"sepia"`) {
		t.Errorf("an unknown theme: %v, which does not say what there is", err)
	}
	has(1, news.Settings{Theme: news.ThemeSepia, TextSize: news.TextLarge})
	if err := db.SetUserSettings(t.Context(), 99, news.Settings{Theme: news.ThemeDark}); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("settings of an unknown user: %v", err)
	}
	if err := db.RemoveUser(t.Context(), "anna"); err != nil {
		t.Fatal(err)
	}
	has(1, news.Settings{})
}
