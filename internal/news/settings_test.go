package news

import (
	"strings"
	"testing"
)

func TestSettingsCheck(t *testing.T) {
	for _, tt := range []struct {
		name string
		s    Settings
		says []string // nil: nothing is wrong
	}{
		{"defaults", Settings{}, nil},
		{"all chosen", Settings{Theme: ThemeSepia, TextSize: TextLargest, Width: WidthWide, Font: FontSans, Density: DensityCompact}, nil},
		{"unknown theme", Settings{Theme: "neon"}, []string{`theme: "neon" is not one of "", "light", "dark", "sepia"`}},
		{
			"all wrong",
			Settings{Theme: "Dark", TextSize: "12px", Width: "x", Font: "x", Density: "x"},
			[]string{`theme: "Dark"`, `text_size: "12px"`, `width: "x"`, `font: "x"`, `density: "x"`},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.s.Check()
			if (err != nil) != (tt.says != nil) {
				t.Fatalf("Check() = %v", err)
			}
			for _, part := range tt.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("Check() = %v, without %s", err, part)
				}
			}
		})
	}
}
