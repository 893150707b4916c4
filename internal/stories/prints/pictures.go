package prints

import (
	_ "embed"
	"net/url"
	"path"
	"regexp"
	"strings"
	"unicode"

	"headwater/internal/news"
)

const (
	maxPictures    = 4       // first pictures of an article whose ids are kept
	pictureHTML    = 1 << 16 // bytes of HTML that are read for pictures
	maxNestedURLs  = 2       // addresses within addresses, as in services that scale pictures
	pictureFolders = 4       // parts of a path, from its end, that are searched for an id

	minDigits      = 8  // digits of a number that counts as an id
	minMixed       = 16 // letters and digits of a mixed string that counts as an id
	minCode        = 11 // the same if it has lower-case letters, capitals and digits
	minCapitals    = 20 // the same for capitals alone
	minNameLetters = 16 // letters and digits of a file name that counts as an id
	minNameParts   = 3  // parts of such a file name
)

// pictureSizes are the words in file names that stand for the size or crop of a picture.
//
//go:embed picturesizes.txt
var pictureSizesFile string

var pictureSizes = func() map[string]bool {
	words := map[string]bool{}
	for line := range strings.Lines(pictureSizesFile) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			words[line] = true
		}
	}
	return words
}()

var (
	picturePath = regexp.MustCompile(`<img\s[^>]*?\ssrc="([^"]*)"|<img\ssrc="([^"]*)"`)
	pictureUUID = regexp.MustCompile(`[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}`)
	dimensions  = regexp.MustCompile(`^[whxWHX]?\d{1,4}(?:[xXwhp]\d{0,4})?$`)
	dayNumber   = regexp.MustCompile(`^(?:(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d)$`)
)

// pictures returns the hashes of the ids of an article's pictures, from its enclosures (key "images" of `headwater group`) and
// its HTML. Two articles with a common id show the same picture, in whatever size.
func pictures(a news.Article) []uint32 {
	var out []uint32
	add := func(address string) {
		if id := pictureID(address, maxNestedURLs); id != "" && len(out) < maxPictures {
			out = append(out, hash32([]byte(id)))
		}
	}
	for _, e := range a.Enclosures {
		if e.IsPicture() {
			add(e.URL)
		}
	}
	for _, at := range picturePath.FindAllStringSubmatch(a.HTML[:min(len(a.HTML), pictureHTML)], maxPictures) {
		add(at[1] + at[2])
	}
	return sorted(out)
}

// pictureID returns the identifying part of a picture's address: a UUID, a long number, a code, or a file name of several
// words, without extension and size. It is "" if there is none.
func pictureID(address string, nested int) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		_, value, _ := strings.Cut(pair, "=")
		if v, err := url.QueryUnescape(value); err == nil && nested > 0 && (strings.HasPrefix(v, "https://") || strings.HasPrefix(v, "http://")) {
			return pictureID(v, nested-1)
		}
	}
	folders := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
	for i := len(folders) - 1; i >= max(0, len(folders)-pictureFolders); i-- {
		part := folders[i]
		last := i == len(folders)-1
		if last {
			part = strings.TrimSuffix(part, path.Ext(part))
		}
		if id := codeIn(part); id != "" {
			return id
		}
		if name := pictureName(part); last && name != "" {
			return name
		}
	}
	return ""
}

// codeIn returns the longest number or code in a part of a path.
func codeIn(part string) string {
	if id := pictureUUID.FindString(part); id != "" {
		return strings.ToLower(id)
	}
	best := ""
	for _, token := range alphanumericParts(part) {
		if len(token) > len(best) && isCode(token) {
			best = token
		}
	}
	return best
}

func alphanumericParts(part string) []string {
	return strings.FieldsFunc(part, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func isCode(token string) bool {
	var digits, small, capitals int
	for _, r := range token {
		switch {
		case '0' <= r && r <= '9':
			digits++
		case 'a' <= r && r <= 'z':
			small++
		case 'A' <= r && r <= 'Z':
			capitals++
		default:
			return false
		}
	}
	switch letters := small + capitals; {
	case letters == 0:
		return digits >= minDigits && !dayNumber.MatchString(token)
	case digits == 0:
		return small == 0 && capitals >= minCapitals
	case small > 0 && capitals > 0:
		return len(token) >= minCode
	}
	return len(token) >= minMixed
}

// pictureName returns a file name without its size, or "" if it is too short to identify a picture.
func pictureName(name string) string {
	words := alphanumericParts(strings.ToLower(name))
	for len(words) > 0 && (pictureSizes[words[len(words)-1]] || dimensions.MatchString(words[len(words)-1])) {
		words = words[:len(words)-1]
	}
	if id := strings.Join(words, "-"); len(words) >= minNameParts && len(id)-len(words) >= minNameLetters {
		return id
	}
	return ""
}
