package clean

import "testing"

func TestLongestStopWord(t *testing.T) {
	longest := 0
	for w := range stopIndex {
		longest = max(longest, len(w))
	}
	if longest != longestStopWord {
		t.Errorf("the longest stop word has %d bytes, longestStopWord is %d", longest, longestStopWord)
	}
}
