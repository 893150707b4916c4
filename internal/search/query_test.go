package search

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// show writes a parsed query with all that it leaves unsaid.
func show(n node) string {
	list := func(op string, nodes []node) string {
		var parts []string
		for _, n := range nodes {
			parts = append(parts, show(n))
		}
		return "(" + strings.Join(parts, op) + ")"
	}
	switch n := n.(type) {
	case andNode:
		return list(" & ", n)
	case orNode:
		return list(" | ", n)
	case notNode:
		return "!" + show(n.node)
	case textNode:
		var terms []string
		for _, w := range n.words.list {
			terms = append(terms, n.words.term(w))
		}
		s := strings.Join(terms, "_")
		if n.prefix {
			s += "*"
		}
		if n.fuzzy > 0 {
			s += fmt.Sprintf("~%d", n.fuzzy)
		}
		if n.field != "" {
			s = n.field + "=" + s
		}
		return s
	case outletNode:
		if n.publisher {
			return "outlet=" + n.site
		}
		return "site=" + n.site + "|" + show(n.name)
	case originNode:
		return "origin=" + n.site
	case roleNode:
		return "is=" + string(n.role)
	case countNode:
		return fmt.Sprint(n.field, n.op, n.n)
	case sinceNode:
		return "age=" + n.age.String()
	case keyNode:
		return n.term
	case daysNode:
		return "days=" + n.from + ".." + n.to
	}
	return fmt.Sprintf("%T", n)
}

func TestParse(t *testing.T) {
	tests := []struct{ query, want string }{
		{"tariffs steel", "(tariff & steel)"},
		{"  Tariffs　steel\n", "(tariff & steel)"},
		{"tariffs AND steel", "(tariff & steel)"},
		{`"rate decision" fed`, "(rate_decision & fed)"},
		{"“rate decision” «le monde» 「全人代」", "(rate_decision & le_monde & 全人_人代_代)"},
		{`say"white house"`, "(say & white_house)"},
		{"fed OR ecb", "(fed | ecb)"},
		{"rates fed OR ecb OR boj hike", "(rate & (fed | ecb | boj) & hike)"},
		{"a AND b OR c", "(a & (b | c))"},
		{"or and not", "(or & and & not)"},
		{`"or" "not"`, "(or & not)"},
		{"(fed OR ecb) -opinion", "((fed | ecb) & !opinion)"},
		{"((a b) OR (c d))", "((a & b) | (c & d))"},
		{"-a -(b c)", "(!a & !(b & c))"},
		{"NOT a NOT -b --c", "(!a & b & c)"},
		{"a OR -b", "(a | !b)"},
		{"well-known", "well_known"},
		{"a - b & c – d", "(a & b & c & d)"},
		{"...", ""},
		{"a ... b", "(a & b)"},
		{"elect*", "elect*"},
		{"elections* ELECTIONS***", "(elections* & elections*)"},
		{"COVID-199*", "covid_199*"},
		{"全* 全人*", "(全* & 全人_人*)"},
		{"title:strike Title:Strikes author:lee", "(title=strike & title=strike & author=lee)"},
		{`title:"rate decision" title:elect*`, "(title=rate_decision & title=elect*)"},
		{"title:well-known", "title=well_known"},
		{"source:reuters", "site=reuters|source=reuter"},
		{"source:Reuters.com", "site=reuters.com|source==reuter._com"},
		{`source:"New York Times"`, "site=new york times|source=new_york_time"},
		{"source:reut*", "site=reut|source=reut*"},
		{"-source:ap", "!site=ap|source=ap"},
		{"lang:ES feed:012", "(l:es & f:012)"},
		{"date:2026-08-18", "days=20260818..20260818"},
		{"date:2026-08-18..2026-08-19", "days=20260818..20260819"},
		{"date:2026-08-18.. date:..2026-08-19", "(days=20260818.. & days=..20260819)"},
		{"date:2026-02 date:2024-02 date:2026", "(days=20260201..20260228 & days=20240201..20240229 & days=20260101..20261231)"},
		{"date:2025..2026-03", "days=20250101..20260331"},
		{"after:2026-08-18 before:2026-08-18", "(days=20260818.. & days=..20260817)"},
		{"after:2026-08 before:2026", "(days=20260801.. & days=..20251231)"},
		{`date:"2026-08-18"`, "days=20260818..20260818"},
		{"Ukraine: what we know", "(ukraine & what & we & know)"},
		{"12:30 https://example.com/a?b=c", "(12_30 & http_=example._=com/_a_=b=_c)"},
		{"naïve:x", "naive_x"},
		{"tariff~ tariff~1 TARIFFS~2 title:steel~", "(tariff~1 & tariff~1 & tariff~2 & title=steel~1)"},
		{"a ~ b ~1", "(a & b & 1)"},
		{"text:strike", "text=strike"},
		{"outlet:BBC outlet:\"new york times\"", "(outlet=bbc & outlet=new york times)"},
		{"origin:ap -origin:reut*", "(origin=ap & !origin=reut)"},
		{`tag:Energy tag:"Oil & Gas"`, "(t:energy & t:=oil& gas)"},
		{"url:https://nytimes.com/2026/a.html", "(u:nytime & u:com & u:2026 & u:a & u:html)"},
		{"is:original IS:Copy", "(is=original & is=copy)"},
		{"copies:>5 outlets:>=3 independent:>2 copies:0 outlets:<=4 outlets:=1", "(copies>5 & outlets>=3 & independent>2 & copies=0 & outlets<=4 & outlets=1)"},
		{"since:24h since:30m since:7D since:2w", "(age=24h0m0s & age=30m0s & age=168h0m0s & age=336h0m0s)"},
		{"since:2026-08-18", "days=20260818.."},
		{"-C++ (C#) OR .NET: title:F#", "(!=c++ & (=c# | =.net) & title==f#)"},
		{"c++* .net* #tags* U.S.S.R* #全人*", "(=c++ & =.net* & =#tags* & ussr* & =#全人_人*)"},
		{`AT&T "at&t" "AT & T" AT & T`, "(=at&_t & =at&_t & =at&_t & at & t)"},
		{`US "US" "us" title:"US" author:"US" U.S. "THE US"`, "(us & =US & us & title==US & author=us & =US & the_us)"},
		{"#comets~ $5 US$5 50% @ann.lee", "(comet~1 & =$5 & =us$_=$5 & =50% & =@ann._lee)"},
		{"+fed fed+ecb fed. #", "(fed & =fed+_ecb & fed)"},
	}
	for _, tt := range tests {
		n, err := parse(tt.query)
		got := ""
		if err == nil {
			got = show(n)
		} else if tt.want != "" {
			t.Errorf("%s: %v", tt.query, err)
			continue
		}
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.query, got, tt.want)
		}
	}
}

func TestValidate(t *testing.T) {
	tests := []struct {
		query string
		at    int
		says  string
	}{
		{"", 1, "write at least one word"},
		{" -- &", 1, "write at least one word"},
		{`say "rate decision`, 5, "never closed"},
		{`""`, 1, "between these quotation marks"},
		{`title:"…"`, 7, "between these quotation marks"},
		{"(fed OR ecb", 1, "never closed"},
		{"é (fed (ecb)", 3, "never closed"},
		{"fed) ecb", 4, "closes nothing"},
		{"fed ()", 5, "hold nothing"},
		{"fed (&", 5, "hold nothing"},
		{"OR fed", 1, "nothing on its left"},
		{"fed OR", 5, "nothing on its right"},
		{"fed OR OR ecb", 8, "nothing on its left"},
		{"fed OR & ecb", 5, "on its right"},
		{"& OR ecb", 3, "on its left"},
		{"(fed OR) ecb", 6, "nothing on its right"},
		{"AND fed", 1, "nothing on its left"},
		{"fed AND AND ecb", 9, "nothing on its left"},
		{"fed AND", 5, "nothing on its right"},
		{"fed OR AND ecb", 5, "nothing on its right"},
		{"fed NOT", 5, "nothing on its right"},
		{"*", 1, "no word before it"},
		{"elec*t", 5, "only end a word"},
		{"全人 *ele", 4, "only end a word"},
		{"el*", 1, "at least three letters"},
		{"colour:red", 1, "nothing can be searched by colour:; before a colon may stand title, author, source"},
		{"title: strike", 1, "nothing stands after title:"},
		{"fed title:", 5, "nothing stands after title:"},
		{"source:(a OR b)", 8, "write (source:a OR source:b)"},
		{"title:-", 7, "no letter or digit"},
		{"lang:english!", 6, "as in lang:en"},
		{"feed:-", 6, "as in feed:12"},
		{"feed:99999999999999999999", 6, "as in feed:12"},
		{"date:yesterday", 6, `"yesterday" is no date`},
		{"date:2026-02-30", 6, "is no date"},
		{"date:2026-08-18..tomorrow", 18, `"tomorrow" is no date`},
		{"date:2026-08-19..2026-08-18", 6, "write date:2026-08-18..2026-08-19"},
		{"date:..", 6, "neither beginning nor end"},
		{"after:2026-08-18..2026-08-19", 7, "write date:2026-08-18..2026-08-19"},
		{"titel:strike", 1, "did you mean title:?"},
		{"fed orgin:ap", 5, "did you mean origin:?"},
		{"is:unread", 4, "needs an account"},
		{"is:starred fed", 4, "needs an account"},
		{"is:copys", 4, "did you mean is:copy?"},
		{"is:good", 4, "is:original, is:copy, is:rewrite, is:excerpt"},
		{"copies:many", 8, "as in copies:>2"},
		{"outlets:>=", 9, "as in outlets:>2"},
		{"copies:-1", 8, "has no number"},
		{"since:yesterday", 7, "as in since:24h"},
		{"since:99999999999w", 7, "is no age"},
		{"since:h", 7, "is no age"},
		{"fed abc~", 5, "at least four letters"},
		{"well-known~", 1, "one word"},
		{"AT&T~", 1, "one word"},
		{"AT&T*", 1, "at least three letters"},
		{"#ab*", 1, "at least three letters"},
		{".*", 1, "no word before it"},
		{"全人代~", 1, "one word"},
		{"tag:…", 5, "no letter or digit"},
		{strings.Repeat("(", 51) + "a" + strings.Repeat(")", 51), 51, "more than 50 parentheses"},
		{strings.Repeat("elect* ", 21), 141, "more than 20 words"},
		{strings.Repeat("word~ ", 21), 121, "more than 20 words"},
		{strings.Repeat("é ", 1001), 2001, "longer than 2000 characters"},
	}
	for _, tt := range tests {
		err := Validate(tt.query)
		var q *QueryError
		if !errors.As(err, &q) {
			t.Errorf("%s: got %v, want a *QueryError", tt.query, err)
			continue
		}
		if q.At != tt.at || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: got %q, want character %d and %q", tt.query, err, tt.at, tt.says)
		}
	}
}

// Whatever is typed gives a query or an error with a place in it, and brackets and quotes do not change what is found.
func checkQuery(t interface{ Fatalf(string, ...any) }, s string) {
	n, err := parse(s)
	var q *QueryError
	if errors.As(err, &q) {
		if q.At < 1 || q.At > utf8.RuneCountInString(s)+1 || q.Problem == "" || q.Advice == "" {
			t.Fatalf("%q: %#v", s, q)
		}
		return
	}
	if err != nil {
		t.Fatalf("%q: %v is no *QueryError", s, err)
	}
	if (&compiler{queryContext: queryContext{stories: new(StoryTable).snapshot()}, view: &view{}}).compile(n) == nil {
		t.Fatalf("%q compiles to nothing", s)
	}
	if utf8.RuneCountInString(s) > maxQuery-2 {
		return
	}
	again, err := parse("(" + s + ")")
	if errors.As(err, &q) && strings.Contains(q.Problem, "parentheses stand in each other") {
		return
	}
	if err != nil || show(again) != show(n) {
		t.Fatalf("%q in parentheses: %v", s, err)
	}
}

func TestParseHolds(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		"fed", "ecb's", "全人代", "é", "OR", "AND", "NOT", "-", "(", ")", `"`, "“", "*", ":", "..", " ", " ", "\t", "source:", "title:",
		"date:", "2026-08-18", "after:", "lang:", "feed:", "12", "\xff", "~", "~2", "is:", "copy", "copies:", ">=", "since:", "24h", "tag:", "url:", "origin:", "\u200d", "'", ".", "#", "&", "+", "++", "US", "$", "%", "/", "!", "c", "＃",
	})
	rapid.Check(t, func(t *rapid.T) {
		checkQuery(t, strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), ""))
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"(a OR b) -c", `title:"x y" z*`, "date:2026..", "source:bbc*", "NOT -\"a", "全*", "a\u0301*", "Ä*", "-)", "x:-", "K*ſ*",
		"a~2", "origin:\"x\" -is:copy", "copies:>=3", "since:1w", "tag:\"a b\"", "url:x/y", "text:~", "C#*", "#a*", ".net~", "#全*", "U.S.*", "50 %*", "\"US\"", "((((((((((a))))))))))",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkQuery(t, s) })
}
