package web

import (
	"slices"
	"testing"
	"time"

	"headwater/internal/locale"
	"headwater/internal/news"
)

// The undo of "unread" for a story marks the article that stands for it as read only where it was marked as unread.
func TestUndoOfUnreadStory(t *testing.T) {
	for _, tt := range []struct {
		unread []int64
		story  bool
	}{{[]int64{5, 9}, true}, {[]int64{5}, false}} {
		v := doneWith("unread", 5, news.Marked{Unread: tt.unread}, true).view("A ferry sank", locale.For(locale.Choice{}, locale.Choice{}, "", time.Time{}))
		if got := slices.Contains(v.Fields, hidden{"story", "1"}); got != tt.story || !slices.Contains(v.Fields, hidden{"read", "5"}) {
			t.Errorf("after %v became unread the undo sends %v", tt.unread, v.Fields)
		}
	}
}
