package web

import (
	"net/url"
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

// One reading's markings are said together, and taken back together.
func TestDoneScrolling(t *testing.T) {
	for _, tt := range []struct {
		form   string // what was marked before
		marked news.Marked
		lang   string
		want   string
		undo   []hidden
	}{
		{"", news.Marked{Read: []int64{5, 9}, Marking: 7}, "en", "2 articles marked as read.", []hidden{{"undo", "7"}}},
		{"marked=0", news.Marked{Read: []int64{5, 9}, Marking: 7}, "en", "2 articles marked as read.", []hidden{{"undo", "7"}}},
		{"marked=10&undo=3&undo=4", news.Marked{Read: []int64{5, 9}, Marking: 7}, "en", "12 articles marked as read.", []hidden{{"undo", "3"}, {"undo", "4"}, {"undo", "7"}}},
		{"marked=1&undo=3", news.Marked{Read: []int64{5}, Marking: 7}, "de", "2 Artikel als gelesen markiert.", []hidden{{"undo", "3"}, {"undo", "7"}}},
		{"marked=-4&undo=3", news.Marked{Read: []int64{5}, Marking: 7}, "en", "1 article marked as read.", []hidden{{"undo", "7"}}},
		{"marked=many&undo=3", news.Marked{Read: []int64{5}, Marking: 7}, "en", "1 article marked as read.", []hidden{{"undo", "7"}}},
	} {
		form, err := url.ParseQuery(tt.form)
		if err != nil {
			t.Fatal(err)
		}
		before, err := scrolledOf(form)
		v := before.with(tt.marked).view(locale.For(locale.Choice{Language: tt.lang}, locale.Choice{}, "", time.Time{}))
		if err != nil || v.Said != tt.want || v.Action != "/marks/undo" || !slices.Equal(v.Fields, tt.undo) {
			t.Errorf("%q and %v: %+v, %v", tt.form, tt.marked, v, err)
		}
	}
	for _, form := range []url.Values{{"marked": {"1"}, "undo": {"x"}}, {"marked": {"300"}, "undo": slices.Repeat([]string{"1"}, maxMarking+1)}} {
		if d, err := scrolledOf(form); err == nil {
			t.Errorf("%v is read as %v", form, d)
		}
	}
}
