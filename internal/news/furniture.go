package news

const (
	// FurnitureBlocks is how many blocks are remembered as a feed's furniture: those that stood in its documents last.
	FurnitureBlocks = 2000
	// FurnitureItems is of how many of a feed's items the blocks are remembered: the newest.
	FurnitureItems = 32
)

// Furniture is what a feed's documents taught of its page furniture, the newest first. The zero value knows nothing.
type Furniture struct {
	Blocks []uint64     // hashes of the blocks that are furniture
	Items  []ItemBlocks // of recent items, to find what later ones repeat
}

// ItemBlocks is what is remembered of an item: hashes only.
type ItemBlocks struct {
	Key     uint64   // of its guid
	Title   uint64   // 0 is none
	Content uint64   // of its whole text; 0 is none
	Words   []uint64 // the long words of its title
	Blocks  []Block  // each once
}

// Block is a paragraph or line of an item.
type Block struct {
	Hash  uint64
	Words int
}

// Then is what is remembered of a feed after a document showed more, within the bounds. It changes neither.
func (f Furniture) Then(seen Furniture) Furniture {
	return Furniture{
		Blocks: newest(seen.Blocks, f.Blocks, FurnitureBlocks, func(b uint64) uint64 { return b }),
		Items:  newest(seen.Items, f.Items, FurnitureItems, func(it ItemBlocks) uint64 { return it.Key }),
	}
}

// newest puts fresh before old, the first of each key, and no more than limit.
func newest[T any](fresh, old []T, limit int, key func(T) uint64) []T {
	var out []T
	taken := map[uint64]bool{}
	for _, list := range [][]T{fresh, old} {
		for _, x := range list {
			if k := key(x); len(out) < limit && !taken[k] {
				taken[k] = true
				out = append(out, x)
			}
		}
	}
	return out
}
