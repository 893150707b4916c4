package clean

import (
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"

	"headwater/internal/weburl"
)

const maxAddress = 16 << 10 // bytes of an address in HTML

// webAddress returns the address of a link or picture as browsers send it, or "" if it is not an absolute http or https
// address. An address that begins with "//" counts as https.
func webAddress(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	if strings.HasPrefix(s, "//") {
		s = "https:" + s
	}
	if len(s) < len("http:a") || len(s) > maxAddress || s[0]|0x20 != 'h' {
		return ""
	}
	u, err := weburl.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" {
		return ""
	}
	host, port := strings.ToLower(u.Host), u.Port()
	if n, err := strconv.Atoi(port); port != "" && (err != nil || n > 65535) {
		return ""
	}
	if port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	address := weburl.Encode(s)
	if host != u.Host || !strings.HasPrefix(s, u.Scheme) {
		u.Host = host
		address = u.String()
	}
	if !webLink(address) {
		return ""
	}
	return address
}

// isPictureURL reports whether the path or query of an address contains the file extension of a picture that browsers show.
func isPictureURL(address string) bool {
	low := strings.ToLower(address)
	for _, ext := range [...]string{".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".jfif", ".svg", ".bmp"} {
		for rest := low; ; {
			i := strings.Index(rest, ext)
			if i < 0 {
				break
			}
			rest = rest[i+len(ext):]
			if rest == "" || strings.IndexByte("?#&/:;,!@%_-", rest[0]) >= 0 {
				return true
			}
		}
	}
	return false
}

func fileName(address string) string {
	address, _, _ = strings.Cut(address, "?")
	address, _, _ = strings.Cut(address, "#")
	base := path.Base(address)
	return strings.TrimSuffix(base, path.Ext(base))
}

// The words in the file names of placeholders. A file is a placeholder if its name has one of placeholderWords, or one of
// drawingWords in the name of a drawing, and all other words are neutralWords or sizes. drawingWords also occur in the names of
// photographs. A placeholder with one of visibleWords may still show something.
var (
	placeholderWords = nameSet("blank", "spacer", "lazy", "lazyload", "lazyloading", "placeholder", "placehold", "transparent", "trans", "preload", "preloader",
		"spinner", "dummy", "shim", "lqip", "1x1", "1px", "onepixel", "pixeltransparent", "ajaxloader", "blankimage", "placeholderimage", "imageplaceholder",
		"imgplaceholder", "transparentpixel", "spaceball")
	drawingWords = nameSet("pixel", "loading", "loader", "grey", "gray", "white", "empty", "clear", "dot", "null", "space")
	neutralWords = nameSet("img", "image", "picture", "photo", "default", "ajax", "bg", "background", "gif", "png", "svg", "small", "px", "load", "min",
		"big", "large", "square", "wide", "thumb", "thumbnail", "post", "article", "icon", "no", "color", "for", "wp", "base", "box", "black", "light", "dark")
	visibleWords = nameSet("dummy", "default", "thumb", "thumbnail", "lqip", "lazy", "preload")
)

var drawingTypes = []string{".gif", ".png", ".svg"}

// isPlaceholder reports by its file name whether a picture is only shown until the real one is loaded.
func isPlaceholder(address string) bool {
	if strings.HasPrefix(address, "https://via.placeholder.") || strings.Contains(address[:min(len(address), 40)], "//placehold.") {
		return true
	}
	file, _, _ := strings.Cut(address, "?")
	file, _, _ = strings.Cut(file, "#")
	found := false
	for w := range nameWords(address) {
		switch {
		case placeholderWords[w], drawingWords[w] && slices.Contains(drawingTypes, strings.ToLower(path.Ext(file))):
			found = true
		case !neutralWords[w] && !isSize(w):
			return false
		}
	}
	return found
}

// nameWords returns the words of the last part of an address, in lower case.
func nameWords(address string) iter.Seq[string] {
	name := strings.ToLower(fileName(address))
	return func(yield func(string) bool) {
		if len(name) > 60 {
			yield(name)
			return
		}
		for _, w := range strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' || r == ' ' || r == '+' }) {
			if !yield(w) {
				return
			}
		}
	}
}

// isSize reports whether a word of a file name is a size, such as 16x9 or 600.
func isSize(w string) bool {
	return w != "" && strings.Trim(w, "0123456789x") == ""
}

// widthIn returns the width that an address contains (-300x200.jpg, ?w=300, /w_300), or 0.
func widthIn(address string) int {
	name, query, _ := strings.Cut(address, "?")
	for _, p := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' }) {
		if key, val, _ := strings.Cut(p, "="); key == "w" || key == "width" || key == "imwidth" {
			if n, err := strconv.Atoi(val); err == nil && n > 0 && n < 1e5 {
				return n
			}
		}
	}
	for rest := name; ; {
		i := strings.Index(rest, "w_")
		if i < 0 {
			break
		}
		if n, size := leadingInt(rest[i+2:]); n > 0 && i > 0 && (rest[i-1] == '/' || rest[i-1] == ',') && (size+i+2 == len(rest) || strings.IndexByte("/,", rest[i+2+size]) >= 0) {
			return n
		}
		rest = rest[i+2:]
	}
	file := fileName(name)
	if i := strings.LastIndexAny(file, "-_"); i >= 0 {
		w, h, ok := strings.Cut(file[i+1:], "x")
		n, size := leadingInt(w)
		if m, more := leadingInt(h); ok && n > 0 && m > 0 && size == len(w) && more == len(h) {
			return n
		}
	}
	return 0
}

func leadingInt(s string) (n, size int) {
	for size < len(s) && size < 6 && s[size] >= '0' && s[size] <= '9' {
		n = n*10 + int(s[size]-'0')
		size++
	}
	return n, size
}

// webLink reports whether a link leads to a web page.
func webLink(url string) bool {
	return len(url) > 8 && (strings.EqualFold(url[:7], "http://") || strings.EqualFold(url[:8], "https://"))
}
