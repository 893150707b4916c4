package news

import "testing"

func TestAbsence(t *testing.T) {
	wire := Outlet{Name: "Harbour Wire", Domain: "harbourwire.example"}
	for name, tt := range map[string]struct {
		origin Origin
		want   string
	}{
		"an article of ours":        {Origin{Outlet: wire, Article: 7}, ""},
		"no feed of ours":           {Origin{Outlet: wire}, "not among your feeds"},
		"a feed, without that item": {Origin{Outlet: wire, Followed: true}, "its own article is not in your feeds"},
		"nobody knows who":          {Origin{}, ""},
	} {
		if got := tt.origin.Absence(); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
