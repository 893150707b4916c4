package news

import (
	"io"
	"mime"
	"net/url"
	"path"
	"strings"
)

// Recording is audio or video that is being fetched for a reader of our pages, whole or a part.
type Recording struct {
	Status       int    // 200, 206 for a part, or 416 where the part that was asked for is not in it
	Type         string // as RecordingType gives it; "" with 416
	ETag         string // validators from the server; may be ""
	LastModified string
	ContentRange string        // of a part, as the server wrote it: "bytes 0-99/1234"
	Length       int64         // bytes of the body; -1 if unknown
	Ranges       bool          // the server gives parts
	Body         io.ReadCloser // reading fails beyond a limit and where nothing comes for long; the caller closes it
}

// recordingTypes are the types of files by the end of their names, as far as browsers play them.
var recordingTypes = map[string]string{
	".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".aac": "audio/aac", ".ogg": "audio/ogg", ".oga": "audio/ogg", ".opus": "audio/ogg", ".wav": "audio/wav",
	".flac": "audio/flac", ".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm", ".ogv": "video/ogg",
}

// otherNames are other names of types, and types that are no recording: lists of addresses that a player would load.
var otherNames = map[string]string{
	"audio/mp3": "audio/mpeg", "audio/x-mp3": "audio/mpeg", "audio/x-mpeg": "audio/mpeg", "audio/m4a": "audio/mp4", "audio/x-m4a": "audio/mp4", "audio/x-wav": "audio/wav",
	"audio/x-flac": "audio/flac", "video/x-m4v": "video/mp4", "application/ogg": "audio/ogg",
	"audio/mpegurl": "", "audio/x-mpegurl": "", "audio/x-scpls": "", "audio/scpls": "", "audio/x-ms-wax": "", "audio/x-pn-realaudio": "",
}

// RecordingType returns the media type as which browsers play what has a declared type and an address, or "" where it is no audio
// and no video that they play. Where the type is missing or says nothing, the end of the file's name decides.
func RecordingType(declared, address string) string {
	kind, _, err := mime.ParseMediaType(declared)
	if err != nil { // a broken parameter does not invalidate the type
		kind, _, _ = strings.Cut(strings.ToLower(declared), ";")
		kind = strings.TrimSpace(kind)
	}
	if name, ok := otherNames[kind]; ok {
		return name
	}
	whole := !strings.HasSuffix(kind, "/*")
	switch {
	case whole && (kind == "video/mp4" || kind == "video/webm" || kind == "video/ogg"), whole && strings.HasPrefix(kind, "audio/") && isMediaType(kind):
		return kind
	case whole && kind != "" && kind != "application/octet-stream" && kind != "binary/octet-stream":
		return ""
	}
	byName := ""
	if u, err := url.Parse(address); err == nil {
		byName = recordingTypes[strings.ToLower(path.Ext(u.Path))]
	}
	if !whole && !strings.HasPrefix(byName, strings.TrimSuffix(kind, "*")) {
		return ""
	}
	return byName
}

// isMediaType reports whether a type in small letters has only the characters of one (RFC 6838, section 4.2).
func isMediaType(kind string) bool {
	return len(kind) <= 100 && strings.IndexFunc(kind, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("/.+-_", r))
	}) < 0
}
