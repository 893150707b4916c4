package compare_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"headwater/internal/news"
	"headwater/internal/serve/compare"
)

// marked writes stretches with their marks: {shared}, <only>, “quoted” as Q(...), boilerplate as B(...), and numbers of passages.
func marked(all []news.Stretch) string {
	var b strings.Builder
	for _, s := range all {
		text := s.Text
		switch {
		case s.Boilerplate:
			text = "B(" + text + ")"
		case s.Quoted:
			text = "Q(" + text + ")"
		}
		if s.Shared {
			text = "{" + text + "}"
		}
		if s.Only {
			text = "<" + text + ">"
		}
		if s.Link > 0 {
			text = fmt.Sprint(s.Link, ":") + text
		}
		b.WriteString(text)
	}
	return b.String()
}

// rows writes a row a line.
func rows(v news.SideBySide) []string {
	var all []string
	for _, r := range v.Rows {
		side := func(paragraphs []news.SideParagraph) string {
			var texts []string
			for _, p := range paragraphs {
				texts = append(texts, marked(p))
			}
			return strings.Join(texts, " / ")
		}
		all = append(all, side(r.A)+" | "+side(r.B))
	}
	return all
}

func TestSides(t *testing.T) {
	const (
		one   = "The launch will carry passengers and bicycles across the sound."
		two   = "Its skipper retired from the fishing fleet nine years ago."
		three = "Nobody who waited at the quay believed the notice at first."
	)
	for name, c := range map[string]struct {
		first, second string
		claims        []news.Claim // of the second
		rows          []string
		note          string
	}{
		"paragraphs stand beside one another": {one + "\n\n" + two, one + "\n\n" + three + "\n\n" + two, nil, []string{
			"{" + one[:len(one)-1] + "}. | {" + one[:len(one)-1] + "}.", " | <" + three + ">", "{" + two[:len(two)-1] + "}. | {" + two[:len(two)-1] + "}.",
		}, ""},
		"a paragraph that moved has a number": {one + "\n\n" + two + "\n\n" + three, three + "\n\n" + one + "\n\n" + two, nil, []string{
			" | 1:{" + three[:len(three)-1] + "}.",
			"{" + one + "} | {" + one + "}",
			"{" + two[:len(two)-1] + "}. | {" + two[:len(two)-1] + "}.",
			"1:{" + three[:len(three)-1] + "}. | ",
		}, ""},
		"a dateline": {one, "TARN (Sound Agency) - " + one, []news.Claim{{Kind: news.ClaimDateline, Start: 6, End: 18}}, []string{
			"{" + one[:len(one)-1] + "}. | B(TARN (Sound Agency) - ){" + one[:len(one)-1] + "}.",
		}, ""},
		"a dateline without an agency": {one, "NEW TARN, Aug 18 : " + one, nil, []string{
			"{" + one[:len(one)-1] + "}. | B(NEW TARN, Aug 18 : ){" + one[:len(one)-1] + "}.",
		}, ""},
		"nothing shared": {one, three, nil, []string{"<" + one + "> | <" + three + ">"}, "No run of five words is in both texts."},
		"no text":        {one, "", nil, []string{"<" + one + "> | "}, "The feed of Paper 2 gives no text, so there is nothing to compare but the headlines."},
		"neither a text": {"", " ", nil, nil, "The feed of Paper 1 and that of Paper 2 gives no text, so there is nothing to compare but the headlines."},
	} {
		t.Run(name, func(t *testing.T) {
			st, s := storyOf(false, c.first, c.second)
			st.Members[1].Claims = c.claims
			v, err := compare.Brief(s).Sides(t.Context(), st.Members[0], st.Members[1])
			if err != nil {
				t.Fatal(err)
			}
			if got := rows(v); strings.Join(got, "\n") != strings.Join(c.rows, "\n") {
				t.Errorf("rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.rows, "\n"))
			}
			if v.Note != c.note {
				t.Errorf("note %q, want %q", v.Note, c.note)
			}
		})
	}
}

// Every byte of both texts is shown once, in order, but for the space between paragraphs; of a long text a part.
func TestSidesShowAllOfBothTexts(t *testing.T) {
	long := strings.Repeat("The sea rose and fell and rose again at the quay. Nobody saw it.\n\n", 3000)
	for name, texts := range map[string][2]string{
		"two languages of words": {launch + "\n\n" + other, other + " " + launch},
		"one long paragraph":     {strings.Repeat(launch, 20), strings.Repeat(other, 20) + launch},
		"a megabyte":             {long, long},
	} {
		st, s := storyOf(false, texts[0], texts[1])
		v, err := compare.New(s).Sides(t.Context(), st.Members[0], st.Members[1])
		if err != nil {
			t.Fatal(err)
		}
		var a, b strings.Builder
		for _, r := range v.Rows {
			for _, p := range r.A {
				for _, x := range p {
					a.WriteString(x.Text)
				}
			}
			for _, p := range r.B {
				for _, x := range p {
					b.WriteString(x.Text)
				}
			}
		}
		flat := func(s string) string { return strings.Join(strings.Fields(s), "") }
		for i, got := range []string{flat(a.String()), flat(b.String())} {
			want := flat(texts[i])
			if cut := []bool{v.A.Cut, v.B.Cut}[i]; cut != (len(texts[i]) > 64<<10) || !strings.HasPrefix(want, got) || !cut && got != want {
				t.Errorf("%s: text %d is shown wrong (cut %v)", name, i+1, cut)
			}
		}
	}
}

func TestSidesOfAMissingArticle(t *testing.T) {
	st, s := storyOf(false, launch, other)
	s.articles = s.articles[:1]
	if _, err := compare.New(s).Sides(t.Context(), st.Members[0], st.Members[1]); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("an article that aged out meanwhile gives %v", err)
	}
}
