package clean

import (
	"maps"
	"slices"

	"headwater/internal/news"
)

const (
	furnitureItems = 3 // a block that stands in at least so many different items
	furnitureShare = 5 // and in one of so many
	longBlock      = 25

	edgeBlocks = 40 // blocks remembered of either end of an item, where furniture stands
	titleWords = 16 // remembered of an item's title
)

// Furniture is what a feed repeats across its items: share buttons, "Subscribe now", boxes about the author. It is learnt per feed, not
// taken from a list of phrases. The first item of a feed loses only what is the same everywhere (furniture.txt, appeals.txt): lines
// that WordPress writes, the author's box, appeals for newsletters, cookie notices. Of later items repeatedBlocks decides, over the
// items of the document and again together with the feed's news.FurnitureItems newest before it, so that a feed that shows one item a
// poll teaches as well. What is remembered is stored in the transaction of the poll, and goes when the feed is removed.
//
// An article's hash is made before furniture is taken out (draft.contentHash), so what is learnt later revises nothing. Articles that
// are stored keep their text.

// furniture returns the blocks of a document that are furniture: repeated within it, shared with remembered items, or
// furniture before. sites are the hosts of the items. The second result is what is to be remembered.
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
	if len(bySite) > 1 { // an aggregator shows the furniture of every site, each in a few items
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

// repeatedBlocks returns the blocks that many of the items have. One article under several ids counts once, or all of its
// paragraphs would be furniture. Agencies repeat a paragraph of background in many stories, so a long block must be in half of
// the items, or next to furniture in every item that has it.
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

// newItems returns the first items of a document that are new or revised since they were remembered.
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
	owner         map[uint64]int // the last item that a paragraph stood in
	words         [][]uint64     // the long words of each item's title
}

// isRepeat reports whether an item repeats an earlier one: its title, its whole text, or a word of its title and half of the
// words in paragraphs, as a later version does. So an item most of whose words are furniture is taken for a version where the feed's
// headlines share a word, and teaches nothing.
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

// addSeen adds h, and says whether it was there. 0 never is.
func (s blockSet) addSeen(h uint64) bool {
	was := s.has(h)
	if h != 0 {
		s[h] = struct{}{}
	}
	return was
}
