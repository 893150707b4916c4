package web

import (
	"testing"

	"headwater/internal/locale"
)

// Each time zone that the settings suggest exists.
func TestSuggestedZones(t *testing.T) {
	if len(timeZones) < 80 {
		t.Errorf("there are %d time zones", len(timeZones))
	}
	for _, name := range timeZones {
		if err := locale.CheckZone(name); err != nil {
			t.Error(err)
		}
	}
}
