package prints

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"headwater/internal/news"
)

func TestAlign(t *testing.T) {
	const short = "Also see: the tides. "
	for name, c := range map[string]struct {
		first, second string
		passages      []string // of the second; quotations in brackets
		only          [2][]string
	}{
		"equal":                              {harbour + buses, harbour + buses, []string{trim(harbour + buses)}, [2][]string{}},
		"sentences of its own":               {harbour + quay, harbour + tug, []string{trim(harbour)}, [2][]string{{quay}, {tug}}},
		"the first word of another sentence": {harbour + "The tide fell on.", harbour + "The mayor waited there all day long.", []string{trim(harbour)}, [2][]string{nil, {"The mayor waited there all day long."}}},
		"the last word of one before":        {"A boat sank. " + harbour, "It was the boat that sank. " + harbour, []string{trim(harbour)}, [2][]string{nil, {"It was the boat that sank. "}}},
		"three words on both sides of an end": {
			"People who live near the old quay. Nobody there was hurt by it.", "Boats that lie beside the old quay. Nobody there would say a thing.", nil,
			[2][]string{{"People who live near the old quay. ", "Nobody there was hurt by it."}, {"Boats that lie beside the old quay. ", "Nobody there would say a thing."}},
		},
		"a short sentence": {short + harbour, tug + "Also see: the tides.", []string{"Also see: the tides"}, [2][]string{{harbour}, {tug}}},
		"no text":          {"", harbour, nil, [2][]string{nil, {harbour}}},
		"a quotation": {
			harbour + "“The pier will stand until the spring,” he said.", harbour + "“The pier will stand until the spring,” the office said.",
			[]string{trim(harbour), "[The pier will stand until the spring]"},
			[2][]string{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := Align(quoting(c.first), quoting(c.second))
			var got []string
			for _, p := range x.Passages {
				text := x.Text[p.Start:p.End]
				if p.Quoted {
					text = "[" + text + "]"
				}
				got = append(got, text)
			}
			if d := cmp.Diff(c.passages, got); d != "" {
				t.Error(d)
			}
			texts := func(body string, spans []news.Span) (all []string) {
				for _, s := range spans {
					all = append(all, strings.TrimSpace(body[s.Start:s.End]))
				}
				return all
			}
			for i, of := range []struct {
				body string
				got  []news.Span
			}{{c.first, x.First.Only}, {c.second, x.Second.Only}} {
				want := slices.Clone(c.only[i])
				for j := range want {
					want[j] = strings.TrimSpace(want[j])
				}
				if len(want)+len(of.got) > 0 && !cmp.Equal(want, texts(of.body, of.got)) {
					t.Errorf("only in text %d: %q, want %q", i+1, texts(of.body, of.got), want)
				}
			}
		})
	}
}

// Whatever the texts, passages are in order, lie within both texts, overlap in neither and have the same words.
func TestAlignIsSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("aab. “”\n")), 0, 120, -1)
		x := Align(quoting(text.Draw(t, "first")), quoting(text.Draw(t, "second")))
		var there []news.Span
		end := 0
		for _, p := range x.Passages {
			if p.Start < end || p.End <= p.Start || p.End > len(x.Text) {
				t.Fatalf("passage %+v after %d of %d bytes", p, end, len(x.Text))
			}
			end = p.End
			there = append(there, news.Span{Start: p.OriginStart, End: p.OriginEnd})
		}
		slices.SortFunc(there, func(a, b news.Span) int { return a.Start - b.Start })
		for i := range there {
			if i > 0 && there[i].Start < there[i-1].End {
				t.Fatalf("passages %v overlap in the first text", there)
			}
		}
	})
}
