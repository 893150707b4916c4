package outlets_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestMentions writes each case as the text with the mentions in braces, and the outlets after it.
func TestMentions(t *testing.T) {
	r := load(t)
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"according to {The New York Times}.", []string{"The New York Times"}},
		{"{the New York Times} and {New York Times}", []string{"The New York Times", "The New York Times"}},
		{"{THE NEW YORK TIMES} said", []string{"The New York Times"}},
		{"the new york times they are a-changin", nil},
		{"New York, Times Square", nil},
		{"{Reuters} was first; {REUTERS}, {Reuters}' man", []string{"Reuters", "Reuters", "Reuters"}},
		{"Reutersx and xReuters", nil},
		{"{BNN Bloomberg} reran {Bloomberg News}", []string{"BNN Bloomberg", "Bloomberg"}},
		{"told {the Guardian}. A guardian, the guardian and Guardian angels", []string{"The Guardian"}},
		{"{Buzzfeed} and {BuzzFeed News} and {BUZZFEED}", []string{"BuzzFeed News", "BuzzFeed News", "BuzzFeed News"}},
		{"{Wall Street Journal}'s report on {CNN}", []string{"The Wall Street Journal", "CNN"}},

		// short names in capitals
		{"told {AP} on Monday, {AFP} and {UPI} said", []string{"The Associated Press", "AFP", "UPI"}},
		{"Ap, ap, MAP, APs, AP_1 and SAP", nil},
		{"told {ANI} that", []string{"ANI"}},
		{"Ani told her story", nil},
		{"Pittsburgh, PA and the TT races", nil},
		{"the {dpa} said, {DPA} reported; Dpa", []string{"dpa", "dpa"}},

		// common words
		{"{Time} reported, as told to {Time}.", []string{"Time", "Time"}},
		{"time, TIMES, Eastern Time, Time Warner, Prime Time", nil},
		{"{Time magazine} named her", []string{"Time"}},
		{"{Axios} reported Tuesday; sources told {Axios} Tuesday; axioms, axios", []string{"Axios", "Axios"}},
		{"published in {Nature} and {Science}. Nature Conservancy, Mother Nature, Data Science", []string{"Nature", "Science"}},
		{"In {Nature}, they write", []string{"Nature"}},
		{"Time will tell. People fled. Nature heals. Focus on this; Reason for it.", nil},
		{"{Time} first reported it. “{People magazine} said.” {Axios}, then {Axios}: more", []string{"Time", "People", "Axios", "Axios"}},
		{"People’s Republic; Bob Stern, of Ole Miss; The Sun-Times; across the Atlantic; a New Yorker", nil},
		{"{Slate}’s Jane Doe; the People's Liberation Army; Nature's Way; in {Vox}'s view", []string{"Slate", "Vox"}},
		{"{The Atlantic}’s piece, {Time}'s cover", []string{"The Atlantic", "Time"}},
		{"{Variety} says; a variety of", []string{"Variety"}},
		{"{The Sun} said that the Sun and the sun rise", []string{"The Sun"}},
		{"{The Hill} wrote; on the Hill; the hill", []string{"The Hill"}},
		{"The Times said", nil},
		{"{The Times of London} said", []string{"The Times"}},
		{"{The Times of India} said", []string{"The Times of India"}},

		// other scripts
		{"{ロイター}によると、{ブルームバーグ}が{共同通信}と", []string{"Reuters", "Bloomberg", "Kyodo News"}},
		{"米{AP通信}と仏{AFP通信}、{ＮＨＫ}、{ＡＰ}", []string{"The Associated Press", "AFP", "NHK", "The Associated Press"}},
		{"共同で時事問題を。日経平均", nil},
		{"{日本経済新聞}の記事、{ニューズウィーク日本版}と{ニューズウィーク}", []string{"日本経済新聞", "ニューズウィーク日本版", "Newsweek"}},
		{"ストロイターとロイターズ", nil},
		{"{新华社}北京电，{路透社}报道", []string{"Xinhua", "Reuters"}},
		{"{연합뉴스}는 {로이터}에", []string{"Yonhap News Agency", "Reuters"}},
		{"сообщает {ТАСС}, {Интерфакс}", []string{"TASS", "Interfax"}},
		{"ذكرت {رويترز} أن", []string{"Reuters"}},
		{"según {El País}, {EL PAÍS} y {El Pais}", []string{"El País", "El País", "El País"}},
		{"die {Süddeutsche Zeitung} und {SÜDDEUTSCHE ZEITUNG}", []string{"Süddeutsche Zeitung", "Süddeutsche Zeitung"}},
		{"{Barron’s} and {Barron's}", []string{"Barron's", "Barron's"}},

		// domains
		{"via {theverge.com}, https://{www.reuters.com}/x, {bigstory.ap.org}. and {Bloomberg}.com", []string{"The Verge", "Reuters", "The Associated Press", "Bloomberg"}},
		{"mail x@reuters.com, my-time.com, time.com.example, sometime.com, end.the, 1.5, reuters.com@x, v.", nil},
		{"", nil},
		{"A", nil},
	} {
		text := strings.NewReplacer("{", "", "}", "").Replace(tt.text)
		var b strings.Builder
		var got []string
		last := 0
		for _, m := range r.Mentions(text) {
			b.WriteString(text[last:m.Start] + "{" + text[m.Start:m.End] + "}")
			last = m.End
			got = append(got, m.Outlet.Name)
		}
		b.WriteString(text[last:])
		if b.String() != tt.text {
			t.Errorf("marked %s\n  want %s", b.String(), tt.text)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s\n%s", tt.text, diff)
		}
	}
}

func TestEveryNameIsFoundInARunningText(t *testing.T) {
	r := load(t)
	for _, e := range r.All() {
		for i, name := range append([]string{e.Name}, e.Aliases...) {
			found := r.Mentions("they told " + name + ", it says.")
			if e.Quiet && i == 0 || strings.HasSuffix(name, ")") {
				continue
			}
			if len(found) != 1 || found[0].Outlet.Name != e.Name {
				t.Errorf("%q of %s: found %+v", name, e.Name, found)
			}
		}
	}
}

func TestMentionsNeverOverlapAndAreInOrder(t *testing.T) {
	r := load(t)
	var names []string
	for _, e := range r.All() {
		names = append(append(names, e.Name), e.Aliases...)
	}
	piece := rapid.OneOf(rapid.SampledFrom(names), rapid.SampledFrom([]string{" ", "The ", "the ", ".", "、", "x", "@"}), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "")
		end := 0
		for _, m := range r.Mentions(text) {
			if m.Start < end || m.End <= m.Start || m.End > len(text) {
				t.Fatalf("%q: mention %+v after %d", text, m, end)
			}
			end = m.End
		}
	})
}

func BenchmarkMentions(b *testing.B) {
	r := load(b)
	for name, paragraph := range map[string]string{
		"English": "The minister said on Tuesday that the government would publish its plan before the end of the month, " +
			"a person with knowledge of the talks told Reuters. Shares of the National Bank of Exampleland fell 3% in Nairobi. " +
			"The Wall Street Journal first reported the deal. \"We are still at the table,\" said Jane Doe, who leads the union.\n\n",
		"Japanese": "政府は１８日、新しい計画を月末までに公表すると発表した。関係者がロイターに明らかにした。" +
			"市場ではナイロビの株価が３％下落した。日本経済新聞が先に報じていた。労働組合は交渉を続けている。\n\n",
	} {
		text := strings.Repeat(paragraph, 200)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				r.Mentions(text)
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load(b)
	}
}

func BenchmarkDateline(b *testing.B) {
	r := load(b)
	text := "WASHINGTON, Aug 18 (Reuters) - The minister said on Tuesday that the government would publish its plan. " +
		strings.Repeat("And so on it went. ", 20)
	plain := strings.Replace(text, "(Reuters)", "(today)", 1)
	for b.Loop() {
		r.Dateline(text)
		r.Dateline(plain)
	}
}
