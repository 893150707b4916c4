package access

import (
	"context"
	"fmt"

	"headwater/internal/news"
)

// SettingsOf reads the settings of a user.
type SettingsOf func(ctx context.Context, user int64) (news.Settings, error)

// ReadSettings has the guard read the settings of each viewer. Without it all have the defaults.
func (g *Guard) ReadSettings(of SettingsOf) *Guard {
	g.settings = of
	return g
}

// settingsOf returns the settings of a viewer; the defaults where nobody is logged in.
func (g *Guard) settingsOf(ctx context.Context, v Viewer) (news.Settings, error) {
	if g == nil || g.settings == nil || !v.Known() {
		return news.Settings{}, nil
	}
	s, err := g.settings(ctx, v.User.ID)
	if err != nil {
		return s, fmt.Errorf("settings of %s: %w", v.User.Name, err)
	}
	return s, nil
}
