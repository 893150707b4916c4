package group

import (
	"strings"
	"testing"
	"time"
)

func TestEditionOf(t *testing.T) {
	day := func(d int) int32 {
		return int32(time.Date(2026, 8, d, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
	}
	at := func(d, h int) time.Time { return time.Date(2026, 8, d, h, 0, 0, 0, time.UTC) }
	for _, tt := range []struct {
		headline  string
		published time.Time
		series    string
		day       int32
	}{
		{"Wall Street ends lower as chip makers slide", at(18, 20), "market of the United States", day(18)},
		{"Wall Street ends lower as chip makers slide (updated)", at(19, 1), "market of the United States", day(18)}, // an evening in New York
		{"ＮＹ市場サマリー（１８日）", at(19, 22), "market of the United States", day(18)},
		{"日経平均は続落で寄り付く", at(18, 23), "market of Japan", day(19)}, // a morning in Tokyo
		{"Shares slip: Markets Wrap for August 31", at(1, 3), "market of the world", day(0)},
		{"Weather forecast for Tuesday, 4 August", at(3, 18), "weather", day(4)},
		{"Ferry talks, a heatwave and a cup final: your evening briefing", at(3, 18), "briefing", day(3)},
		{"Wall Street bonuses rise for the third year", at(3, 18), "", 0},
		{"Ports company reports results for the quarter ended June 30", at(3, 18), "", 0},
	} {
		e := recurring.editionOf(tt.headline, tt.published)
		got := ""
		if e.series != 0 {
			got = recurring.series[e.series-1].name
		}
		if want := tt.day; got != tt.series || got != "" && e.day != want {
			t.Errorf("%q: %q of day %d, want %q of day %d", tt.headline, got, e.day, tt.series, want)
		}
	}
}

func TestReadSeriesSaysWhatIsWrong(t *testing.T) {
	for file, want := range map[string]string{
		"market of Japan = nine":   `line 1: "nine" is no number of hours`,
		"# none\nweather forecast": `line 2: "weather forecast" stands before any series`,
	} {
		if _, err := readSeries(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", file, err, want)
		}
	}
}

// What resembles the reports of two days must not bring them into one event.
func TestNoChainJoinsTwoDays(t *testing.T) {
	gr := newGraph(4, averageLinkage{})
	gr.days = []int32{18, 0, 19, 18}
	for i := range 4 {
		for j := range i {
			gr.add(j, i, .9)
		}
	}
	of := gr.cluster(.5)
	if of[0] != of[3] || of[0] == of[2] {
		t.Errorf("%v: want the two of one day together, and the other day's apart", of)
	}
}
