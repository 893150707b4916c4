package prints

import (
	"slices"
	"testing"

	"headwater/internal/news"
)

// kindsShared gives the kinds of the frames that two titles have in common.
func kindsShared(a, b string) []FrameKind {
	p, q := Make(news.Article{Title: a, Lang: "en"}, a), Make(news.Article{Title: b, Lang: "en"}, b)
	var out []FrameKind
	for _, f := range p.Frames {
		if slices.Contains(q.Frames, f) {
			out = append(out, KindOfFrame(f))
		}
	}
	slices.Sort(out)
	return out
}

func TestFrames(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want []FrameKind
	}{
		{"Movers of the day: Kitebox, Holm", "Movers of the day: Vasari, Tradewind", []FrameKind{FrameHead}},
		{"Ferries stop at Port Ellery | The Morning Show 8/19/2026", "Dam leaks at Wenlow | The Morning Show 8/20/2026", []FrameKind{FrameTail, FrameEnd}},
		{"The day in ten minutes (Podcast)", "What the mayor knew (Podcast)", []FrameKind{FrameTail}},
		{"Crown to Mark price, converter and chart", "Pound to Franc price, converter and chart", []FrameKind{FrameEnd}},
		{"Trading halt in Kitebox at 03:46 pm", "Trading halt in Kitebox at 03:49 pm", []FrameKind{FrameEnd, FrameWhole}},
		{"市場まとめ(18日)株続落", "市場まとめ(19日)株反発", []FrameKind{FrameHead}},
		{"Mayor of Port Ellery resigns over hotel bills", "Mayor of Wenlow resigns over taxi fares", nil},
		{"Ferries: a history", "A history: ferries", nil},
		{"Short", "Short", nil},
	} {
		if got := kindsShared(tt.a, tt.b); !slices.Equal(got, tt.want) {
			t.Errorf("%q and %q share frames of kinds %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestFiguresWithoutUnits(t *testing.T) {
	figuresOf := func(title string) []uint32 { return Make(news.Article{Title: title, Lang: "en"}, title).Figures }
	for _, title := range []string{"Kitebox to raise $27 billion", "Kitebox to raise $27B", "Kitebox to raise 27bn", "Kitebox to raise 27bln crowns"} {
		if got, want := figuresOf(title), figuresOf("raise 27"); !slices.Equal(got, want) {
			t.Errorf("%q has the figures %x, want %x", title, got, want)
		}
	}
	if slices.Equal(figuresOf("a plane of type 747b2"), figuresOf("747")) {
		t.Error("747b2 is taken for 747")
	}
}
