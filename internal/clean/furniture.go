package clean

import (
	"slices"
	"strings"

	"headwater/internal/news"
)

const (
	furnitureItems = 3 // a block that stands in at least so many different items
	furnitureShare = 5 // and in one of so many
	longBlock      = 25
)

// furniture learns which blocks a document repeats across its items. Items that are one article under several ids
// count once, or its every paragraph would be furniture; a long block must stand in half of the items, as agencies
// repeat a background paragraph in many stories.
func (c *Cleaner) furniture(drafts []draft, feed news.Feed) blockSet {
	items := 0
	count := map[uint64]int{}
	long := blockSet{}
	seen := earlier{keys: blockSet{}, owner: map[uint64]int{}}
	for i := range drafts {
		if seen.same(&drafts[i]) {
			continue
		}
		items++
		countBlocks(&drafts[i], count, long)
	}
	out := blockSet{}
	var learnt []uint64
	for h, n := range count {
		_, isLong := long[h]
		switch {
		case n >= furnitureItems && n*furnitureShare >= items && (!isLong || n*2 >= items && n > furnitureItems):
			learnt = append(learnt, h)
			out[h] = struct{}{}
		case c.opt.Known != nil && c.opt.Known(feed.URL, h):
			out[h] = struct{}{}
		}
	}
	slices.Sort(learnt)
	if c.opt.Learnt != nil && len(learnt) > 0 {
		c.opt.Learnt(feed.URL, learnt)
	}
	return out
}

// earlier is what is known of the items before the one at hand.
type earlier struct {
	keys   blockSet          // titles and whole texts
	owner  map[uint64]int    // the last item that a paragraph stood in
	titles []map[string]bool // the long words of each item's title
}

// same says whether an item is an earlier one again: with its title, with its whole text, or as a later version that
// shares a word of the title and half of the words in paragraphs.
func (s *earlier) same(d *draft) bool {
	title := longWords(d.title)
	shared, all := map[int]int{}, 0
	for _, b := range d.body.blocks {
		n := countWords(d.body.text(b))
		if b.role != prose || n < 12 {
			continue
		}
		all += n
		if i, ok := s.owner[b.hash]; ok && i < len(s.titles) && overlap(title, s.titles[i]) {
			shared[i] += n
		}
		s.owner[b.hash] = len(s.titles)
	}
	s.titles = append(s.titles, title)
	same := d.title != "" && s.again(blockHash(Title(d.title))+1)
	same = d.body.weight() > 0 && s.again(d.content+2) || same
	for _, n := range shared {
		same = same || n*2 >= all
	}
	return same
}

func (s *earlier) again(key uint64) bool {
	_, ok := s.keys[key]
	s.keys[key] = struct{}{}
	return ok
}

func longWords(title string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(strings.ToLower(title)) {
		if len(w) >= 4 {
			out[w] = true
		}
	}
	return out
}

func overlap(a, b map[string]bool) bool {
	for w := range a {
		if b[w] {
			return true
		}
	}
	return false
}

func countBlocks(d *draft, count map[uint64]int, long blockSet) {
	once := blockSet{}
	for _, p := range []*page{d.body, d.teaser} {
		if p == nil {
			continue
		}
		for _, b := range p.blocks {
			if b.role != prose {
				continue
			}
			if _, again := once[b.hash]; again {
				continue
			}
			once[b.hash] = struct{}{}
			count[b.hash]++
			if countWords(p.text(b)) > longBlock {
				long[b.hash] = struct{}{}
			}
		}
	}
}
