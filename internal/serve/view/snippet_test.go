package view

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
	"pgregory.net/rapid"

	"headwater/internal/news"
)

func TestSnippet(t *testing.T) {
	long := strings.Repeat("lorem ipsum dolor ", 40)
	at := len(long)
	text := long + "needle\n\nand " + long
	got := join(Snippet(text, []news.Span{{Start: at, End: at + 6}}))
	if !strings.HasPrefix(got, "… ") || !strings.HasSuffix(got, " …") || !strings.Contains(got, "dolor [needle] and lorem") {
		t.Errorf("%q", got)
	}
	if strings.HasPrefix(got, "… orem") || len(got) > 320 {
		t.Errorf("cut badly: %q", got)
	}
	if got := join(Snippet("short", nil)); got != "short" {
		t.Errorf("%q", got)
	}
}

// TestSnippetCuts marks a word in texts of several scripts. No word is cut, whatever separates words in the script.
func TestSnippetCuts(t *testing.T) {
	for _, tt := range []struct {
		name, text, mark string
		begins, ends     string
	}{
		{"the beginning of a text", "Ferries stopped at noon. " + strings.Repeat("Nobody was hurt. ", 30), "noon", "Ferries stopped at [noon]. Nobody", "Nobody …"},
		{
			"a sentence that begins near", strings.Repeat("Nobody was hurt on either of the boats ", 9) + "at last. Then the ferry sailed. " + strings.Repeat("It rained. ", 40), "ferry",
			"… Then the [ferry] sailed. It", "It …",
		},
		{"no word is halved at either end", strings.Repeat("extraordinary measures ", 40) + "ferry" + strings.Repeat(" extraordinary measures", 40), "ferry", "… extraordinary measures", "measures …"},
		{"no-break spaces and other spaces", strings.Repeat("extraordinary\u00a0measures\u2003", 40) + "ferry" + strings.Repeat("\tmeasures", 60), "ferry", "… ", "measures …"},
		{"names with hyphens stay whole", strings.Repeat("COVID-19 ", 60) + "ferry" + strings.Repeat(" COVID-19", 60), "ferry", "… COVID-19 ", "COVID-19 …"},
		{"Chinese", strings.Repeat("全国人民代表大会在北京开幕", 40) + "渡轮" + strings.Repeat("代表大会", 60), "渡轮", "… ", " …"},
		{"a Chinese sentence", strings.Repeat("全国人民代表大会在北京开幕", 40) + "。渡轮停了。" + strings.Repeat("代表大会", 60), "停", "… 渡轮[停]了。", " …"},
		{"Katakana words stay whole", strings.Repeat("コンピューターの", 40) + "船" + strings.Repeat("のコンピューター", 40), "船", "… ", " …"},
		{"Thai is cut at a space that is near", strings.Repeat("สวัสดี ครับ ", 60) + "เรือ" + strings.Repeat(" ครับ", 99), "เรือ", "… ", "ครับ …"},
		{"Arabic", strings.Repeat("قال الوزير اليوم ", 40) + "العبارة" + strings.Repeat(" توقفت اليوم", 60), "العبارة", "… ", "اليوم …"},
		{"no dash at the beginning", strings.Repeat("x", 300) + " ORRIN (MNW) - Seven ferries", "ferries", "… ORRIN (MNW) - Seven [ferries]", "]"},
		{"a word longer than a snippet", strings.Repeat("a", 900) + "ferry" + strings.Repeat("b", 900), "ferry", "… [ferry]bbb", "bbb …"},
		{"a short text", "\n\n The ferry. \n", "ferry", "The [ferry].", "."},
		{"no mark", " " + strings.Repeat("extraordinary measures ", 40), "", "extraordinary measures", "extraordinary …"},
	} {
		var spans []news.Span
		if at := strings.Index(tt.text, tt.mark); tt.mark != "" {
			spans = []news.Span{{Start: at, End: at + len(tt.mark)}}
		}
		got := join(Snippet(tt.text, spans))
		if !strings.HasPrefix(got, tt.begins) || !strings.HasSuffix(got, tt.ends) {
			t.Errorf("%s: %q, want it to begin %q and to end %q", tt.name, got, tt.begins, tt.ends)
		}
		if w := displaywidth.String(got); w > snippetWidth+8 {
			t.Errorf("%s: %d columns in %q", tt.name, w, got)
		}
		if tt.mark != "" && !strings.Contains(got, "["+tt.mark+"]") {
			t.Errorf("%s: no mark in %q", tt.name, got)
		}
		if tt.mark == "" {
			continue
		}
		for part := range strings.FieldsSeq(strings.NewReplacer("…", " ", "["+tt.mark+"]", " "+tt.mark+" ").Replace(got)) {
			if !slices.Contains(strings.Fields(strings.ReplaceAll(tt.text, tt.mark, " "+tt.mark+" ")), part) && !strings.ContainsAny(part, "会の了轮") && len(part) < 100 {
				t.Errorf("%s: %q is no whole word in %q", tt.name, part, got)
			}
		}
	}
	for _, half := range []string{"… ンピ", "… ー", "コン …", "ピュ …"} {
		if got := join(Snippet(strings.Repeat("コンピューターの", 40), []news.Span{{Start: 24 * 20, End: 24*20 + 3}})); strings.HasPrefix(got, half) || strings.HasSuffix(got, half) {
			t.Errorf("a word of kana is halved: %q", got)
		}
	}
}

// TestSnippetShowsAllWords has one word of a search far before the place where both stand.
func TestSnippetShowsAllWords(t *testing.T) {
	text := "A ferry. " + strings.Repeat("Nobody was hurt. ", 40) + "The ferry met a storm. " + strings.Repeat("Nobody was hurt. ", 40)
	var spans []news.Span
	for _, word := range []string{"ferry", "storm"} {
		for at := 0; ; {
			i := strings.Index(text[at:], word)
			if i < 0 {
				break
			}
			spans, at = append(spans, news.Span{Start: at + i, End: at + i + len(word)}), at+i+1
		}
	}
	if got := join(Snippet(text, spans)); !strings.Contains(got, "The [ferry] met a [storm].") {
		t.Errorf("%q", got)
	}
}

// TestSnippetHolds draws any text and spans: nothing may panic, cut a character or invent text.
func TestSnippetHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 400, -1).Draw(t, "text")
		text = strings.ToValidUTF8(text, "")
		spans := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) news.Span {
			return news.Span{Start: rapid.IntRange(-2, 800).Draw(t, "start"), End: rapid.IntRange(-2, 800).Draw(t, "end")}
		}), 0, 6).Draw(t, "spans")
		for _, p := range Snippet(text, spans) {
			if !utf8.ValidString(p.Text) {
				t.Fatalf("%q is cut within a character", p.Text)
			}
			if p.Mark && !strings.Contains(oneLine.Replace(text), p.Text) {
				t.Fatalf("%q does not stand in the text", p.Text)
			}
		}
		var whole strings.Builder
		for _, p := range Pieces(text, spans) {
			whole.WriteString(p.Text)
		}
		if whole.String() != text {
			t.Fatalf("pieces make %q of %q", whole.String(), text)
		}
	})
}
