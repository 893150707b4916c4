package parse

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	ext "github.com/mmcdole/gofeed/extensions"

	"headwater/internal/news"
)

// media adds media:content and similar elements to an item's enclosures, resolves their addresses, and merges repetitions. An
// item whose enclosures are not pictures also gets one picture: its thumbnail or cover.
func (r *entryReader) media(all []news.Enclosure, address string) []news.Enclosure {
	for _, l := range r.x["atom"]["link"] {
		if strings.EqualFold(l.Attrs["rel"], "enclosure") {
			all = append(all, news.Enclosure{URL: l.Attrs["href"], Type: l.Attrs["type"], Length: size(l.Attrs["length"]), Title: plain(l.Attrs["title"])})
		}
	}
	for _, e := range r.x["enc"]["enclosure"] {
		all = append(all, news.Enclosure{URL: first(e.Attrs["resource"], e.Attrs["url"]), Type: e.Attrs["type"], Length: size(e.Attrs["length"])})
	}
	groups := []map[string][]ext.Extension{r.x["media"]}
	for _, group := range r.x["media"]["group"] {
		groups = append(groups, group.Children)
	}
	for _, media := range groups {
		for _, c := range media["content"] {
			kind := first(c.Attrs["type"], fileType(c.Attrs["url"]))
			if kind == "" && c.Attrs["medium"] != "" && c.Attrs["medium"] != "document" {
				kind = strings.ToLower(strings.TrimSpace(c.Attrs["medium"])) + "/*"
			}
			all = append(all, news.Enclosure{
				URL: c.Attrs["url"], Type: kind, Length: size(c.Attrs["filesize"]), Duration: duration(c.Attrs["duration"]),
				Title: plain(extensions{"media": c.Children}.value("media", "title")),
			})
		}
	}
	isPicture := func(e news.Enclosure) bool { return strings.HasPrefix(first(e.Type, fileType(e.URL)), "image/") }
	if !slices.ContainsFunc(all, isPicture) {
		all = append(all, r.pictures(groups)...)
	}
	var out []news.Enclosure
	seen := map[string]int{}
	for _, e := range all {
		e.URL = safeAddress(join(r.htmlBase("enclosure", address), e.URL))
		e.Type = first(mediaType(e.Type), fileType(e.URL))
		if e.URL == "" || e.Type == "application/x-shockwave-flash" { // no longer playable
			continue
		}
		i, twice := seen[e.URL]
		if !twice {
			seen[e.URL] = len(out)
			out = append(out, e)
			continue
		}
		o := &out[i]
		o.Type, o.Title = first(o.Type, e.Type), first(o.Title, e.Title)
		o.Length, o.Duration = max(o.Length, e.Length), max(o.Duration, e.Duration)
	}
	for i, e := range out {
		if e.Plays() { // itunes:duration describes the item's recording
			out[i].Duration = max(e.Duration, duration(r.x.value("itunes", "duration")))
			break
		}
	}
	return out
}

// duration reads seconds, minutes and seconds, or hours, minutes and seconds: "3723", "62:03", "1:02:03". It returns whole
// seconds, or 0 for anything else.
func duration(text string) int64 {
	parts := strings.Split(strings.TrimSpace(text), ":")
	if len(parts) > 3 {
		return 0
	}
	total := int64(0)
	for _, p := range parts {
		n, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil || !(n >= 0 && n < 1e6) {
			return 0
		}
		total = total*60 + int64(n)
	}
	return total
}

// mediaType returns a media type in its normal form, or "" if text is not a media type.
func mediaType(text string) string {
	text = strings.TrimSpace(text)
	kind, parameters, _ := strings.Cut(text, ";")
	isOther := func(r rune) bool {
		return r >= utf8.RuneSelf || (!isNameByte(byte(r)) || r == ':') && !strings.ContainsRune("/+*!#$&^ ", r)
	}
	if len(text) > 200 || strings.ContainsFunc(kind, isOther) || strings.ContainsAny(parameters, "<>") {
		return ""
	}
	return text
}

// pictures returns the first of these: a thumbnail of the media elements, the podcast's cover, the picture of the item.
func (r *entryReader) pictures(groups []map[string][]ext.Extension) []news.Enclosure {
	for _, media := range groups {
		for _, c := range media["content"] {
			groups = append(groups, c.Children)
		}
	}
	for _, media := range groups {
		for _, t := range media["thumbnail"] {
			if address := first(t.Attrs["url"], t.Value); address != "" {
				return []news.Enclosure{picture(address)}
			}
		}
	}
	for _, i := range r.x["itunes"]["image"] {
		if address := first(i.Attrs["href"], i.Attrs["url"], i.Value); address != "" {
			return []news.Enclosure{picture(address)}
		}
	}
	if address := r.image(); address != "" {
		return []news.Enclosure{picture(address)}
	}
	return nil
}

// image returns the address in an RSS item's own <image>, in its <url> or as its text. RSS defines <image> for channels only.
func (r *entryReader) image() string {
	f, _ := r.field("image")
	text := string(f.raw)
	if _, from, ok := strings.Cut(text, "<url>"); ok {
		text, _, _ = strings.Cut(from, "</url>")
	}
	address := strings.TrimSpace(inner([]byte(text)))
	if strings.ContainsAny(address, " <>\n") || !strings.ContainsAny(address, "/.") {
		return ""
	}
	return address
}

// picture returns an enclosure for the address of a picture.
func picture(address string) news.Enclosure {
	kind := fileType(address)
	if !strings.HasPrefix(kind, "image/") {
		kind = "image/*"
	}
	return news.Enclosure{URL: address, Type: kind}
}

// fileTypes maps file extensions to the media types of pictures, recordings and documents.
var fileTypes = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".gif": "image/gif", ".avif": "image/avif",
	".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".aac": "audio/aac", ".ogg": "audio/ogg", ".oga": "audio/ogg", ".opus": "audio/opus",
	".flac": "audio/flac", ".wav": "audio/wav",
	".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm", ".ogv": "video/ogg", ".mov": "video/quicktime",
	".pdf": "application/pdf", ".epub": "application/epub+zip",
}

// fileType returns the media type for the file extension of an address, or "".
func fileType(address string) string {
	address, _, _ = strings.Cut(address, "?")
	address, _, _ = strings.Cut(address, "#")
	return fileTypes[strings.ToLower(path.Ext(address))]
}

// mediaText returns the text of a media element as HTML, also if the element is in a group or a file. The text is plain unless
// its type is html, or it has no type and looks like HTML. Line breaks are kept.
func (x extensions) mediaText(local string) string {
	e, ok := x.mediaElement(local)
	kind := strings.ToLower(strings.TrimSpace(e.Attrs["type"]))
	switch {
	case !ok:
		return ""
	case strings.Contains(kind, "html"), kind == "" && looksLikeHTML(e.Value):
		return e.Value
	}
	return escapeText(e.Value)
}

// mediaTitle returns media:title as plain text.
func (x extensions) mediaTitle() string {
	e, _ := x.mediaElement("title")
	if strings.Contains(strings.ToLower(e.Attrs["type"]), "plain") {
		return plainText(e.Value)
	}
	return plain(e.Value)
}

// mediaElement finds the first media element of that name that is not empty: in the item, in a group, in a file.
func (x extensions) mediaElement(local string) (ext.Extension, bool) {
	places := []map[string][]ext.Extension{x["media"]}
	for at := 0; at < len(places) && at < maxMedia; at++ {
		for _, e := range places[at][local] {
			if strings.TrimSpace(e.Value) != "" {
				return e, true
			}
		}
		for _, parent := range []string{"group", "content"} {
			for _, e := range places[at][parent] {
				places = append(places, e.Children)
			}
		}
	}
	return ext.Extension{}, false
}
