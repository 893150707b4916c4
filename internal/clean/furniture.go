package clean

import (
	"cmp"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"headwater/internal/news"
)

const (
	furnitureItems = 3 // a block that stands in at least so many different items
	furnitureShare = 5 // and in one of so many
	longBlock      = 25

	edgeBlocks = 40 // blocks remembered of either end of an item, where furniture stands
	titleWords = 16 // remembered of an item's title
)

// furniture finds the blocks of a document that are furniture: what it repeats itself, what it repeats of remembered
// items, and what was furniture before. The second result is what is to be remembered.
func furniture(drafts []draft, before news.Furniture) (blockSet, news.Furniture) {
	items := make([]news.ItemBlocks, len(drafts))
	keys, here := blockSet{}, blockSet{}
	for i := range drafts {
		items[i] = drafts[i].shown()
		keys[items[i].Key] = struct{}{}
		for _, b := range items[i].Blocks {
			here[b.Hash] = struct{}{}
		}
	}
	out := repeated(items)
	others := slices.DeleteFunc(slices.Clone(before.Items), func(it news.ItemBlocks) bool { return keys.has(it.Key) })
	if len(others) > 0 {
		maps.Copy(out, repeated(slices.Concat(others, items)))
	}
	for _, h := range before.Blocks {
		out[h] = struct{}{}
	}
	maps.DeleteFunc(out, func(h uint64, _ struct{}) bool { return !here.has(h) })
	return out, news.Furniture{Blocks: slices.Sorted(maps.Keys(out)), Items: unremembered(items, before.Items)}
}

// repeated gives the blocks that stand in many of the items. Items that are one article under several ids count once, or
// its every paragraph would be furniture; a long block must stand in half of the items, as agencies repeat a background
// paragraph in many stories.
func repeated(items []news.ItemBlocks) blockSet {
	articles, count, long := 0, map[uint64]int{}, blockSet{}
	seen := earlier{titles: blockSet{}, texts: blockSet{}, owner: map[uint64]int{}}
	for i := range items {
		if seen.same(&items[i]) {
			continue
		}
		articles++
		for _, b := range items[i].Blocks {
			count[b.Hash]++
			if b.Words > longBlock {
				long[b.Hash] = struct{}{}
			}
		}
	}
	out := blockSet{}
	for h, n := range count {
		if n >= furnitureItems && n*furnitureShare >= articles && (!long.has(h) || n*2 >= articles && n > furnitureItems) {
			out[h] = struct{}{}
		}
	}
	return out
}

// unremembered gives the first items of a document that are new or revised since they were remembered.
func unremembered(items, before []news.ItemBlocks) []news.ItemBlocks {
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

// earlier is what is known of the items before the one at hand.
type earlier struct {
	titles, texts blockSet
	owner         map[uint64]int // the last item that a paragraph stood in
	words         [][]uint64     // the long words of each item's title
}

// same says whether an item is an earlier one again: with its title, with its whole text, or as a later version that
// shares a word of the title and half of the words in paragraphs.
func (s *earlier) same(it *news.ItemBlocks) bool {
	shared, all := map[int]int{}, 0
	for _, b := range it.Blocks {
		if b.Words < 12 {
			continue
		}
		all += b.Words
		if i, ok := s.owner[b.Hash]; ok && i < len(s.words) && overlap(it.Words, s.words[i]) {
			shared[i] += b.Words
		}
		s.owner[b.Hash] = len(s.words)
	}
	s.words = append(s.words, it.Words)
	same := s.titles.again(it.Title)
	same = s.texts.again(it.Content) || same
	for _, n := range shared {
		same = same || n*2 >= all
	}
	return same
}

func (s blockSet) has(h uint64) bool {
	_, ok := s[h]
	return ok
}

// again adds h, and says whether it was there. 0 never is.
func (s blockSet) again(h uint64) bool {
	was := s.has(h)
	if h != 0 {
		s[h] = struct{}{}
	}
	return was
}

func overlap(a, b []uint64) bool {
	return slices.ContainsFunc(a, func(w uint64) bool { return slices.Contains(b, w) })
}

// shown is an item as it is compared with the others of its feed.
func (d *draft) shown() news.ItemBlocks {
	it := news.ItemBlocks{Words: longWords(d.title)}
	h := fnv.New64a()
	h.Write([]byte(cmp.Or(strings.TrimSpace(d.entry.GUID), d.entry.URL, d.title)))
	it.Key = h.Sum64()
	if d.title != "" {
		it.Title = blockHash(Title(d.title))
	}
	if d.body.weight() > 0 {
		it.Content = d.content
	}
	once := blockSet{}
	for _, p := range []*page{d.body, d.teaser} {
		if p == nil {
			continue
		}
		for _, b := range p.blocks {
			if b.role == prose && !once.again(b.hash) {
				it.Blocks = append(it.Blocks, news.Block{Hash: b.hash, Words: countWords(p.text(b))})
			}
		}
	}
	return it
}

func longWords(title string) []uint64 {
	var out []uint64
	for _, w := range strings.Fields(strings.ToLower(title)) {
		if len(w) >= 4 {
			out = append(out, blockHash(w))
		}
	}
	return out
}
