package search

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/internal/news"
)

// CompletionKind is what a completion stands for.
type CompletionKind string

// The kinds of completions.
const (
	CompleteWord   CompletionKind = "word"
	CompleteOutlet CompletionKind = "outlet"
	CompleteLang   CompletionKind = "language"
	CompleteRole   CompletionKind = "role"
	CompleteTopic  CompletionKind = "topic" // made by query.Reader
)

// Completion is a way to go on with a query that somebody types. The query is Before followed by Value.
type Completion struct {
	Kind     CompletionKind
	Name     string // of the word, outlet, language, role or topic
	Before   string
	Value    string
	Articles int // how many articles have the word in their headline, or are of the outlet or in the language; 0 if that is not counted

	Article int64     // of a word: an article with it in its headline, since the index has words folded; else 0
	Span    news.Span // where it is in Article.Title
}

// Limits of completions.
const (
	leastLetters   = 2      // of a word
	mostWords      = 50_000 // words of the index that are looked at
	mostCandidates = 500    // outlets that are counted
	wordsGiven     = 6
	outletsGiven   = 3
	outletsAlone   = 8 // where only an outlet can follow
)

// Complete returns how the last word of a query may go on, the most frequent first: words of headlines and outlets, or the
// values of a field. It looks at dictionaries and counts, and at no article. An index that is being built completes by what
// it has.
func (x *Index) Complete(ctx context.Context, query string) (list []Completion, err error) {
	c := completer{}
	if !c.parse(query) {
		return nil, nil
	}
	if err := x.limiter.acquire(ctx); err != nil {
		return nil, err
	}
	defer x.limiter.release()
	x.mu.RLock()
	defer x.mu.RUnlock()
	b, err := x.handle()
	if err != nil {
		return nil, err
	}
	defer x.suspectDamage(&err)
	defer recoverDamage(catchFaults(), &err)
	inner, err := b.Advanced()
	if err != nil {
		return nil, fmt.Errorf("complete: %w", err)
	}
	r, err := inner.Reader()
	if err != nil {
		return nil, fmt.Errorf("complete: %w", err)
	}
	defer func() { _ = r.Close() }() // nothing is written
	if c.view, err = x.forward.view(r); err != nil {
		return nil, err
	}
	c.known = x.outlets.known(x.options.Outlet)
	switch c.field {
	case "source", "outlet", "origin":
		return c.outlets(outletsAlone)
	case "lang":
		return c.langs()
	case "is":
		return c.roles(), nil
	case fieldTitle, "text":
		return c.words(ctx)
	case "":
	default:
		return nil, nil
	}
	if !c.quoted {
		if list, err = c.outlets(outletsGiven); err != nil {
			return nil, err
		}
	}
	found, err := c.words(ctx)
	return append(list, found...), err
}

// completer is one call of Complete.
type completer struct {
	view   *view
	known  func(news.Outlet) (news.Outlet, bool)
	before string // the query up to the typed value
	field  string // of the typed value; "" if none
	typed  string
	quoted bool // within quotation marks
}

// parse splits off what is being typed at the end of a query.
func (c *completer) parse(query string) bool {
	at := 0 // where the last token begins
	for i, r := range query {
		switch {
		case isQuote(r):
			c.quoted = !c.quoted
			at = i + utf8.RuneLen(r)
		case unicode.IsSpace(r) || !c.quoted && strings.ContainsRune("()-", r) && at == i:
			at = i + utf8.RuneLen(r)
		}
	}
	c.before, c.typed = query[:at], query[at:]
	if name, value, ok := strings.Cut(c.typed, ":"); ok && !c.quoted {
		c.field = strings.ToLower(name)
		c.before, c.typed = c.before+name+":", value
		return isASCIIName(name)
	}
	return c.typed != "" && len(query) <= 4*maxQuery
}

// words completes by the words of headlines.
func (c *completer) words(ctx context.Context) ([]Completion, error) {
	var w words
	w.add(c.typed)
	w.keepMostSpecific(false)
	if len(w.list) == 0 {
		return nil, nil
	}
	last := &w.list[len(w.list)-1]
	if first, _ := utf8.DecodeRuneInString(c.typed[last.start:]); unspaced(first) || int(last.end) != len(c.typed) {
		return nil, nil // the index has pairs of characters, which are no words
	}
	w.makeLastPrefix(c.typed)
	prefix := w.term(*last)
	if utf8.RuneCountInString(prefix) < leastLetters {
		return nil, nil
	}
	counts, seen := map[string]int{}, 0
	for _, part := range c.view.parts {
		dict, err := part.Segment().Dictionary(fieldTitle)
		if err != nil {
			return nil, err
		}
		in := fieldReader{TermDictionary: dict}
		err = in.eachCount(prefix, func(word string, count uint64) (bool, error) {
			if !isVariant(word) && !isStopWord(word) {
				counts[word] += int(count)
			}
			seen++
			return seen < mostWords, context.Cause(ctx)
		})
		if err != nil {
			return nil, err
		}
	}
	terms := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	var list []Completion
	for _, term := range terms[:min(len(terms), 2*wordsGiven)] {
		one := Completion{Kind: CompleteWord, Name: term, Before: c.before + c.typed[:last.start], Value: term}
		if err := c.count(term, &one); err != nil {
			return nil, err
		}
		if one.Articles > 0 && len(list) < wordsGiven {
			list = append(list, one)
		}
	}
	slices.SortStableFunc(list, func(a, b Completion) int { return cmp.Compare(b.Articles, a.Articles) })
	return list, nil
}

// count counts the headlines with a term, and finds one of them in the newest segment that has one.
func (c *completer) count(term string, of *Completion) error {
	for i := len(c.view.parts) - 1; i >= 0; i-- {
		part := c.view.parts[i]
		dict, err := part.Segment().Dictionary(fieldTitle)
		if err != nil {
			return err
		}
		postings, err := dict.PostingsList([]byte(term), part.Deleted(), nil)
		if err != nil {
			return err
		}
		if of.Articles += int(postings.Count()); of.Article != 0 {
			continue
		}
		at, err := postings.Iterator(true, true, true, nil).Next()
		if err != nil {
			return err
		}
		if at != nil {
			of.Article, of.Span = c.view.forward[i].ids[at.Number()], spanOf(at.Locations()[0])
		}
	}
	return nil
}

// outlets completes by outlets of which a word of the name, or the domain, begins as typed.
func (c *completer) outlets(most int) ([]Completion, error) {
	typed := strings.Join(cutTerms(c.typed), " ")
	if typed == "" || c.field == "" && utf8.RuneCountInString(typed) < leastLetters {
		return nil, nil
	}
	field := "outlet:"
	if c.field != "" {
		field = c.field + ":"
	}
	tally := newOutletTally(field, c.view.outlets, c.known)
	var candidates []int32
	for number, term := range c.view.outlets {
		o := outletOf(term)
		if term == "" || !strings.HasPrefix(o.Domain, strings.ToLower(c.typed)) && !strings.Contains(" "+strings.Join(cutTerms(o.Name), " "), " "+typed) {
			continue
		}
		if candidates = append(candidates, int32(number)); len(candidates) == mostCandidates {
			break
		}
	}
	if len(candidates) == 0 {
		return nil, nil
	}
	for _, part := range c.view.parts {
		dict, err := part.Segment().Dictionary(fieldKey)
		if err != nil {
			return nil, err
		}
		for _, number := range candidates {
			postings, err := dict.PostingsList([]byte(keyOutlet+c.view.outlets[number]), part.Deleted(), nil)
			if err != nil {
				return nil, err
			}
			tally.addMany(number, int(postings.Count()))
		}
	}
	var list []Completion
	for _, v := range tally.values() {
		if len(list) < most {
			list = append(list, Completion{Kind: CompleteOutlet, Name: v.Name, Before: strings.TrimSuffix(c.before, c.fieldPrefix()), Value: v.Query, Articles: v.Count})
		}
	}
	return list, nil
}

// fieldPrefix is the field with its colon as typed at the end of before.
func (c *completer) fieldPrefix() string {
	if c.field == "" {
		return ""
	}
	return c.before[len(c.before)-len(c.field)-1:]
}

// langs completes by the languages of articles.
func (c *completer) langs() (list []Completion, err error) {
	for _, lang := range c.view.langs {
		if lang != "" && strings.HasPrefix(lang, strings.ToLower(c.typed)) {
			list = append(list, Completion{Kind: CompleteLang, Name: lang, Before: c.before, Value: lang})
		}
	}
	for _, part := range c.view.parts {
		dict, err := part.Segment().Dictionary(fieldKey)
		if err != nil {
			return nil, err
		}
		for i, one := range list {
			postings, err := dict.PostingsList([]byte(keyLang+one.Value), part.Deleted(), nil)
			if err != nil {
				return nil, err
			}
			list[i].Articles += int(postings.Count())
		}
	}
	slices.SortStableFunc(list, func(a, b Completion) int { return cmp.Compare(b.Articles, a.Articles) })
	return list[:min(len(list), outletsAlone)], nil
}

// roles completes by the values of is: that need no account.
func (c *completer) roles() (list []Completion) {
	for _, r := range roles[1:] {
		if strings.HasPrefix(string(r), strings.ToLower(c.typed)) {
			list = append(list, Completion{Kind: CompleteRole, Name: string(r), Before: c.before, Value: string(r)})
		}
	}
	return list
}

// SameTerm reports whether a text is one word that has this form in the index.
func SameTerm(text, term string) bool {
	terms := cutTerms(text)
	return len(terms) == 1 && terms[0] == term
}
