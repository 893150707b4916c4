package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestProse(t *testing.T) {
	pier := []span{{bold, "The old "}, {highlight, "pier"}, {plain, " of Port Ellis burnt down"}}
	for _, tt := range []struct {
		name   string
		screen screen
		indent int
		parts  []span
		want   string
	}{
		{"a pipe", screen{}, 2, pier, "The old pier of Port Ellis burnt down"},
		{"a narrow screen", screen{Width: 22}, 2, pier, "The old pier of Port\n  Ellis burnt down"},
		{"colour", screen{Colour: true}, 0, pier, "\x1b[1mThe old \x1b[0m\x1b[1;33mpier\x1b[0m of Port Ellis burnt down"},
		{"a broken style", screen{Width: 20, Colour: true}, 0, []span{{bold, "one two three four five"}}, "\x1b[1mone two three four\x1b[0m\n\x1b[1mfive\x1b[0m"},
		{"wide characters", screen{Width: 20}, 0, []span{{plain, "港町新報 港町新報 港町"}}, "港町新報 港町新報\n港町"},
		{"no room", screen{Width: 20}, 15, pier, "The old pier of Port Ellis burnt down"},
	} {
		if diff := cmp.Diff(tt.want, tt.screen.prose(tt.indent, tt.indent, tt.parts...)); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// TestProseHolds breaks any words anywhere: none is lost, and no line is too long but for a word that is.
func TestProseHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-z港é]{1,30}`)).Draw(t, "words")
		s := screen{Width: rapid.IntRange(minWidth, 120).Draw(t, "width")}
		indent := rapid.IntRange(0, 8).Draw(t, "indent")
		text := strings.Join(words, " ")
		got := s.prose(indent, indent, span{plain, text})
		if strings.Join(strings.Fields(got), " ") != text {
			t.Fatalf("%q became %q", text, got)
		}
		for line := range strings.SplitSeq(strings.Repeat(" ", indent)+got, "\n") {
			if displaywidth.String(line) > s.Width && len(strings.Fields(line)) > 1 {
				t.Fatalf("a line of %d columns on a screen of %d: %q", displaywidth.String(line), s.Width, line)
			}
		}
	})
}

func TestTable(t *testing.T) {
	rows := [][]string{
		{"1", "港町新報", "https://minato.example/feed", "ok"},
		{"12", "The Harbour\nLedger\x1b[31m", "https://ledger.example/", "the server asks for a password; give one"},
		{"3", "", "", ""},
	}
	for _, tt := range []struct {
		screen screen
		want   string
	}{
		{screen{}, `
1   港町新報                https://minato.example/feed  ok
12  The Harbour Ledger[31m  https://ledger.example/      the server asks for a password; give one
3
`},
		{screen{Width: 60}, `
1   港町新報          https://minato.…  ok
12  The Harbour Led…  https://ledger.…  the server asks for
                                        a password; give one
3
`},
	} {
		var out bytes.Buffer
		w := (&cli{stdout: &out, screen: tt.screen}).table()
		for _, row := range rows {
			w.row(append([]string(nil), row...)...)
		}
		w.flush()
		if diff := cmp.Diff(tt.want, "\n"+out.String()); diff != "" {
			t.Errorf("%+v: %s", tt.screen, diff)
		}
	}
}
