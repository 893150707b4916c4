package clean

import (
	"strings"
	"testing"
)

func TestLongestStopWord(t *testing.T) {
	longest := 0
	for w := range stopIndex {
		longest = max(longest, len(w))
	}
	if longest != longestStopWord {
		t.Errorf("the longest stop word has %d bytes, longestStopWord is %d", longest, longestStopWord)
	}
}

// No stop word is passed over, in small letters or in capitals that lowByte knows.
func TestStopLengths(t *testing.T) {
	for w := range stopIndex {
		for _, form := range []string{w, strings.ToUpper(w)} {
			low := make([]byte, len(form))
			for i := range low {
				low[i] = lowByte(form, i)
			}
			if string(low) == w && stopLengths[stopStart(form)]&(1<<len(form)) == 0 {
				t.Errorf("%q would not be looked up", form)
			}
		}
	}
}
