package clean

import (
	"fmt"
	"slices"

	"headwater/feeds/words"
)

// latinLanguages are those of languages.txt, in its order.
var latinLanguages = func() (all []string) {
	for _, p := range words.Phrases("languages.txt") {
		if !slices.Contains(all, p.Lang) {
			all = append(all, p.Lang)
		}
	}
	return all
}()

const maxLanguages = 32 // bits of a set

const longestStopWord = 11 // bytes; a longer word is none

var stopIndex = indexStopWords()

// stopLengths has a bit for each length of the stop words that begin alike: most words need not be looked up.
var stopLengths = func() (lengths [1 << 10]uint16) {
	for w := range stopIndex {
		lengths[stopStart(w)] |= 1 << len(w)
	}
	return lengths
}()

// stopStart returns a number below 1024 for how a word begins, whatever the case of its letters. Others may have the same.
func stopStart(w string) int {
	start := int(w[0]&31) << 5
	if len(w) > 1 {
		start |= int(w[1] & 31)
	}
	return start
}

// indexStopWords gives the sets of languages that have a word among their frequent ones, by the words.
func indexStopWords() map[string]uint32 {
	index := map[string]uint32{}
	for _, p := range words.Phrases("languages.txt") {
		i := slices.Index(latinLanguages, p.Lang)
		if i >= maxLanguages || len(p.Text) > longestStopWord {
			panic(fmt.Sprintf("languages.txt: %q of %s: there may be %d languages, with words of %d bytes", p.Text, p.Lang, maxLanguages, longestStopWord))
		}
		index[p.Text] |= 1 << i
	}
	return index
}
