package clean

import (
	"maps"
	"slices"
	"strings"

	"headwater/feeds/words"
	"headwater/internal/news"
)

const (
	furnitureItems = 3 // a block in at least this many different items
	furnitureShare = 5 // and in one of this many items
	longBlock      = 25

	edgeBlocks = 40 // blocks remembered from each end of an item, where furniture is found
	titleWords = 16 // words remembered of an item's title
)

// Furniture is the blocks that a feed repeats across its items: share buttons, "Subscribe now", boxes about the author. It is
// learnt per feed and not taken from a list of phrases. The first item of a feed loses only what is the same on all sites
// (furniture.txt, appeals.txt): WordPress's own lines, the author's box, newsletter appeals, cookie notices. For later items
// repeatedBlocks decides over the items of the document, and again over these together with the newest news.FurnitureItems
// items before it. So furniture is also learnt from a feed that shows one item per poll. The remembered blocks are stored in
// the transaction of the poll, and are deleted with the feed.
//
// An article's hash is made before furniture is removed (draft.contentHash), so furniture that is learnt later revises no
// article. Stored articles keep their text.

// furniture returns the blocks of a document that are furniture: repeated within it, shared with remembered items, or furniture
// before. sites are the hosts of the items. The second result is the furniture to remember.
func furniture(items []news.ItemBlocks, sites []string, before news.Furniture) (blockSet, news.Furniture) {
	keys, here, bySite := blockSet{}, blockSet{}, map[string][]news.ItemBlocks{}
	for i, it := range items {
		keys[it.Key] = struct{}{}
		if sites[i] != "" {
			bySite[sites[i]] = append(bySite[sites[i]], it)
		}
		for _, b := range it.Blocks {
			here[b.Hash] = struct{}{}
		}
	}
	out := repeatedBlocks(items)
	if len(bySite) > 1 { // an aggregator's items carry furniture of many sites, each in few items
		for _, of := range bySite {
			maps.Copy(out, repeatedBlocks(of))
		}
	}
	others := slices.DeleteFunc(slices.Clone(before.Items), func(it news.ItemBlocks) bool { return keys.has(it.Key) })
	if len(others) > 0 {
		maps.Copy(out, repeatedBlocks(slices.Concat(others, items)))
	}
	for _, h := range before.Blocks {
		out[h] = struct{}{}
	}
	maps.DeleteFunc(out, func(h uint64, _ struct{}) bool { return !here.has(h) })
	return out, news.Furniture{Blocks: slices.Sorted(maps.Keys(out)), Items: newItems(items, before.Items)}
}

// repeatedBlocks returns the blocks that occur in many of the items. An article that is listed under several ids counts once,
// because otherwise all its paragraphs would be furniture. Agencies repeat a paragraph of background in many stories. Therefore
// a long block must be in half of the items, or next to furniture in every item that has it.
func repeatedBlocks(items []news.ItemBlocks) blockSet {
	articles, count, long := 0, map[uint64]int{}, map[uint64]int{}
	seen := seenItems{titles: blockSet{}, texts: blockSet{}, owner: map[uint64]int{}}
	var distinct []*news.ItemBlocks
	for i := range items {
		if seen.isRepeat(&items[i]) {
			continue
		}
		articles++
		distinct = append(distinct, &items[i])
		for _, b := range items[i].Blocks {
			if count[b.Hash]++; b.Words > longBlock {
				long[b.Hash] = 0
			}
		}
	}
	out := blockSet{}
	often := func(n int) bool { return n >= furnitureItems && n*furnitureShare >= articles }
	for h, n := range count {
		_, isLong := long[h]
		if often(n) && (!isLong || n*2 >= articles && n > furnitureItems) {
			out[h] = struct{}{}
		}
	}
	for _, it := range distinct {
		for i, b := range it.Blocks {
			beside := i > 0 && out.has(it.Blocks[i-1].Hash) || i+1 < len(it.Blocks) && out.has(it.Blocks[i+1].Hash)
			if b.Words > longBlock && beside {
				long[b.Hash]++
			}
		}
	}
	for h, beside := range long {
		if beside == count[h] && often(beside) && beside > furnitureItems {
			out[h] = struct{}{}
		}
	}
	return out
}

// newItems returns the items at the start of a document that are new or revised since they were remembered.
func newItems(items, before []news.ItemBlocks) []news.ItemBlocks {
	known := make(map[uint64]*news.ItemBlocks, len(before))
	for i := range before {
		known[before[i].Key] = &before[i]
	}
	var out []news.ItemBlocks
	for _, it := range items[:min(len(items), news.FurnitureItems)] {
		if old := known[it.Key]; old != nil && old.Title == it.Title && old.Content == it.Content {
			continue
		}
		it.Words = it.Words[:min(len(it.Words), titleWords)]
		if n := len(it.Blocks); n > 2*edgeBlocks {
			it.Blocks = slices.Concat(it.Blocks[:edgeBlocks], it.Blocks[n-edgeBlocks:])
		}
		out = append(out, it)
	}
	return out
}

// seenItems holds the titles and texts of earlier items.
type seenItems struct {
	titles, texts blockSet
	owner         map[uint64]int // the last item that contains a paragraph
	words         [][]uint64     // the long words of each item's title
}

// isRepeat reports whether an item repeats an earlier one: its title, its whole text, or a word of its title together with half
// of the words in its paragraphs, as a later version does. In a feed whose headlines share a word, an item that is mostly
// furniture is therefore taken for a version of an earlier one, and no furniture is learnt from it.
func (s *seenItems) isRepeat(it *news.ItemBlocks) bool {
	shared, all := map[int]int{}, 0
	for _, b := range it.Blocks {
		if b.Words < 12 {
			continue
		}
		all += b.Words
		if i, ok := s.owner[b.Hash]; ok && i < len(s.words) &&
			slices.ContainsFunc(it.Words, func(w uint64) bool { return slices.Contains(s.words[i], w) }) {
			shared[i] += b.Words
		}
		s.owner[b.Hash] = len(s.words)
	}
	s.words = append(s.words, it.Words)
	same := s.titles.addSeen(it.Title)
	same = s.texts.addSeen(it.Content) || same
	for _, n := range shared {
		same = same || n*2 >= all
	}
	return same
}

func (s blockSet) has(h uint64) bool {
	_, ok := s[h]
	return ok
}

// addSeen adds h and reports whether h was in the set already. It never adds 0.
func (s blockSet) addSeen(h uint64) bool {
	was := s.has(h)
	if h != 0 {
		s[h] = struct{}{}
	}
	return was
}

// appeal is a kind of notice that publishing systems put among the paragraphs. Its first words address the reader, and further
// words name the offer or the warning. If no further words are listed, the first words are enough.
type appeal struct {
	starts *prefixSet
	holds  []string
}

// appeals are the kinds of appeals.txt.
var appeals = func() (all []appeal) {
	lists := words.Lists("appeals.txt")
	for _, kind := range []string{"newsletter", "own newsletter", "elsewhere", "cookies", "money", "notice"} {
		all = append(all, appeal{starts: newPrefixSet(lists[kind+" start"]...), holds: lists[kind+" holds"]})
	}
	return all
}()

// isAppeal reports whether a block is a notice: it begins as one, and it is no longer than notices are.
func isAppeal(t string) bool {
	if len(t) > 500 {
		return false
	}
	if strings.Contains(t, "-supported") && strings.Contains(t, " is a reader-supported publication") { // Substack's, after a name; hyphens are rare
		return true
	}
	low := ""
	for _, a := range appeals {
		if !a.starts.matches(t) {
			continue
		}
		if len(a.holds) == 0 {
			return true
		}
		if low == "" {
			low = strings.ToLower(t)
		}
		for _, h := range a.holds {
			if strings.Contains(low, h) {
				return true
			}
		}
	}
	return false
}

var postStarts = newPrefixSet(boilerplate["post start"]...)

// firstPublisher returns B of "The post A appeared first on B", or "" for other texts. WordPress ends the items of a feed with
// this line, in several languages.
func firstPublisher(t string) (who string) {
	if len(t) > 400 || !postStarts.matches(t) {
		return ""
	}
	for _, by := range boilerplate["post by"] {
		if _, who, ok := cutLast(t, by); ok && countWords(who) <= 8 {
			return who
		}
	}
	return ""
}

// bioWords is the maximum length, in words, of the lines about an author after the last paragraph.
const bioWords = 120

// endAtAuthor drops the box about the author after the last paragraph: its heading and the few lines below.
func (p *page) endAtAuthor() {
	for i, b := range p.blocks {
		if i == 0 || b.role != dropped || !isAuthorHeading(p.text(b)) {
			continue
		}
		n, rest := 0, p.blocks[i+1:]
		for _, r := range rest {
			if r.role == prose {
				n += countWords(p.text(r))
			}
		}
		if n > bioWords || n*2 > countWords(p.src[:b.start]) {
			continue
		}
		for k := range rest {
			if rest[k].role == prose || rest[k].role == bylineLine {
				rest[k].role = dropped
			}
		}
		return
	}
}

var authorHeadings = nameSet(boilerplate["author"]...)

// isAuthorHeading reports whether a line is the heading of the box about the author.
func isAuthorHeading(t string) bool {
	if len(t) > 60 {
		return false
	}
	return authorHeadings[strings.ToLower(strings.TrimRight(t, " :."))]
}
