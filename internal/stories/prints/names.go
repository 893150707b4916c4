package prints

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/internal/text"
)

const (
	maxNames      = 24     // of a title, and of an opening
	lastLatin     = 0x250  // the first character after the Latin letters
	fullWidth     = 0xff00 // first of the full-width forms of ASCII, including the space
	unspacedNames = 240    // characters of a body without spaces in which names are searched: about 60 words in another script
	minSounds     = 3      // consonants below which different names have the same consonants too often
)

// appendNames appends the names of a text. Names are words with a capital within a sentence. In scripts without spaces they are
// words in Latin letters and in katakana. The hash of a name in Latin letters is that of the word without accents, which
// translations keep. A text in Latin letters also gets the hash of the name's consonants. A name in another script has only the
// hash of its consonants.
func appendNames(out []uint32, s string, ts []token) []uint32 {
	all, inLatin, found := mostlyUnspaced(ts), mostlyLatin(s, ts), 0
	var buf, room [64]byte
	for _, t := range ts {
		if found == maxNames {
			break
		}
		if t.figure || t.end-t.start < 3 {
			continue
		}
		first, _ := utf8.DecodeRuneInString(s[t.start:])
		if first >= fullWidth && first < fullWidth+0x5f {
			first -= fullWidth - ' '
		}
		latin := first < lastLatin
		if !latin && (t.unspaced && !unicode.Is(unicode.Katakana, first) || !t.unspaced && !unicode.Is(unicode.Cyrillic, first)) {
			continue
		}
		if !all && nameBit(s, t) == 0 {
			continue
		}
		found++
		name := fold(buf[:0], s[t.start:t.end])
		if latin {
			out = append(out, spellingHash([]byte(text.WithoutAccents(string(name)))))
		}
		if latin && !inLatin {
			continue
		}
		if c := consonantsOf(room[:0], name); len(c) >= minSounds {
			out = append(out, soundHash(c))
		}
	}
	return out
}

// spellingHash and sounding hash a name as written and by its consonants. The lowest bit distinguishes the two.
func spellingHash(name []byte) uint32 { return short(hash32(name), termBits) &^ nameSound }

func soundHash(consonants []byte) uint32 { return short(hash32(consonants), termBits) | nameSound }

func mostlyLatin(text string, ts []token) bool {
	n := 0
	for _, t := range ts {
		if first, _ := utf8.DecodeRuneInString(text[t.start:]); first < lastLatin {
			n++
		}
	}
	return n*2 > len(ts)
}

//go:embed consonants.txt
var consonantsFile string

// soundOf maps letters to their sounds. maxLetters is the maximum length in bytes of such letters, by their first byte.
var soundOf, maxLetters = func() (m map[string]string, longest [256]int) {
	m = map[string]string{}
	for line := range strings.Lines(consonantsFile) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		for _, letters := range fields[1:] {
			m[letters] = fields[0]
			longest[letters[0]] = max(longest[letters[0]], len(letters))
		}
	}
	return m, longest
}()

// consonantsOf appends the consonants of a folded name, in the letters of consonants.txt.
func consonantsOf(dst, name []byte) []byte {
	var buf [64]byte
	said := buf[:0]
	for len(name) > 0 {
		n := min(len(name), maxLetters[name[0]])
		for n > 0 && soundOf[string(name[:n])] == "" {
			n--
		}
		if n > 0 {
			said = append(said, soundOf[string(name[:n])]...)
			name = name[n:]
			continue
		}
		_, n = utf8.DecodeRune(name)
		if plain := text.WithoutAccents(string(name[:n])); len(plain) > 0 {
			said = append(said, soundOf[plain]...)
		}
		name = name[n:]
	}
	last := byte('-')
	for i, c := range said {
		beforeVowel := i+1 < len(said) && said[i+1] == '-'
		switch {
		case c == 'r' && beforeVowel:
			c = 'R'
		case c == 'h' && beforeVowel && last == '-':
			c = 'H'
		case c == 'r' || c == 'h':
			continue
		case c == 'M' && i+1 < len(said) && (said[i+1] == 'B' || said[i+1] == 'P'):
			c = 'N'
		}
		if c != '-' && c != last {
			dst = append(dst, c)
		}
		last = c
	}
	return dst
}
