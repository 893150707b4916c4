package clean

import (
	_ "embed" // players.txt
	"encoding/json"
	"net/url"
	"path"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

//go:embed players.txt
var playersFile string

// player is a line of players.txt. If name is empty, nothing is written for the embedded content.
type player struct{ host, path, name string }

var players = readPlayers(playersFile)

// readPlayers returns the lines by host, so that a look-up does not search all of them.
func readPlayers(file string) map[string][]player {
	all := map[string][]player{}
	for line := range strings.Lines(file) {
		where, name, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		host, dir, _ := strings.Cut(where, "/")
		all[host] = append(all[host], player{host, "/" + dir, strings.TrimPrefix(name, "-")})
	}
	return all
}

// playerOf returns the provider of the player at an address.
func playerOf(address string) (player, bool) {
	u, err := url.Parse(address)
	if err != nil {
		return player{}, false
	}
	for host := u.Hostname(); host != ""; _, host, _ = strings.Cut(host, ".") {
		for _, p := range players[host] {
			if strings.HasPrefix(u.Path, p.path) {
				return p, true
			}
		}
	}
	return player{}, false
}

// embedded holds what the attributes and the content of a frame, player or object say about it.
//
// Frames, players and objects become links. The text is the kind, and then the title, or else the provider of the address
// (players.txt), the file or the host. Elements that scripts fill (AMP's, lite-youtube, data-oembed-url, Substack's data-attrs)
// become links too if nothing else is in them. Players of YouTube and Vimeo get the address of their page. Like buttons,
// advertisements and frames of two pixels are dropped. Content without words is placed before the summary.
type embedded struct {
	kind      string // "Video", "Recording", "Document" or "Embedded page"
	addresses []string
	fallback  []string // links in it, for readers whose browser can't play the content
	title     string
	srcdoc    string // the document in the srcdoc attribute
	invisible bool   // two pixels or less, or hidden
	pixel     bool   // its width or height is two pixels or less
	ratio     bool   // width and height are an aspect ratio and not pixels
	id        string // of a video or post, if a custom element gives only an id
	account   string
}

// attributes reads the attributes of the tag at z.
func (e *embedded) attributes(z *tokenizer) {
	var late []string
	for _, a := range z.attrs() {
		late = e.attribute(string(a.key), strings.TrimSpace(string(a.val)), late)
	}
	e.addresses = append(e.addresses, late...)
	e.invisible = e.invisible || e.pixel && !e.ratio
}

func (e *embedded) attribute(key, val string, late []string) []string {
	switch key {
	case "src", "data", "url":
		if a := webAddress(val); a != "" && !isPlaceholder(a) {
			e.addresses = append(e.addresses, a)
		}
	case "title", "aria-label", "data-title", "data-video-title", "videotitle", "playlabel":
		if e.title == "" {
			e.title = foldLine(val)
		}
	case "width", "height":
		e.pixel = e.pixel || isPixel(val)
	case "layout":
		e.ratio = isAspectLayout(val)
	case "style":
		e.invisible = e.invisible || tinyStyle(val) || hiddenStyle(val)
	case "hidden":
		e.invisible = true
	case "srcdoc":
		e.srcdoc = val
	case "poster", "cite", "longdesc", "data-poster", "codebase", "classid", "pluginspage":
	case "videoid", "data-videoid", "data-video-id", "video-id", "data-youtube-id", "data-yt-id", "data-youtube", "data-tweetid", "data-shortcode", "data-trackid", "data-media-id", "data-embed":
		e.id = val
	case "data-account", "data-player-id":
		e.account = val
	default:
		switch {
		case len(val) < 8:
		case val[0] == '{':
			late = append(late, embeddedInJSON(val)...)
		case containsAny(key, "src", "url", "href", "permalink", "video", "audio", "embed") && !containsAny(key, "thumb", "poster", "image", "logo", "icon", "base", "share"):
			if a := webAddress(val); a != "" && !isPlaceholder(a) {
				late = append(late, a)
			}
		}
	}
	return late
}

// embeddedInJSON finds addresses in an attribute that holds JSON, such as Substack's data-attrs or the options of players.
func embeddedInJSON(val string) []string {
	var doc any
	if len(val) > maxJSON || json.Unmarshal([]byte(val), &doc) != nil {
		return nil
	}
	found := findInJSON(doc, func(key, s string) string {
		switch key = strings.ToLower(key); {
		case key == "videoid" && isVideoID(s):
			return "https://www.youtube.com/watch?v=" + s
		case containsAny(key, "image", "thumb", "poster", "icon", "logo", "photo", "avatar"):
			return ""
		}
		if a := webAddress(s); a != "" && !isPictureURL(a) {
			return a
		}
		return ""
	})
	if found == "" {
		return nil
	}
	return []string{found}
}

// addressByID returns the address for a custom element that gives only an id.
func (e *embedded) addressByID(name string) {
	if e.id == "" || len(e.id) > 200 || strings.ContainsAny(e.id, " /?&#\"<>") {
		return
	}
	id, address := url.QueryEscape(e.id), ""
	switch {
	case strings.Contains(name, "youtube"):
		if isVideoID(e.id) {
			address = "https://www.youtube.com/watch?v=" + id
		}
	case strings.Contains(name, "vimeo"):
		address = "https://vimeo.com/" + id
	case strings.Contains(name, "dailymotion"):
		address = "https://www.dailymotion.com/video/" + id
	case strings.Contains(name, "twitter"):
		address = "https://twitter.com/i/status/" + id
	case strings.Contains(name, "instagram"):
		address = "https://www.instagram.com/p/" + id + "/"
	case strings.Contains(name, "soundcloud"):
		address = "https://w.soundcloud.com/player/?url=https%3A%2F%2Fapi.soundcloud.com%2Ftracks%2F" + id
	case strings.Contains(name, "brightcove") && e.account != "":
		address = "https://players.brightcove.net/" + url.QueryEscape(e.account) + "/default_default/index.html?videoId=" + id
	case strings.Contains(name, "jwplayer") && e.account != "":
		address = "https://content.jwplatform.com/players/" + id + "-" + url.QueryEscape(e.account) + ".html"
	case strings.Contains(name, "tiktok"):
		address = "https://www.tiktok.com/embed/v2/" + id
	}
	if address != "" {
		e.addresses = append(e.addresses, address)
	}
}

// address returns the address at which a reader can open the embedded content, or "".
func (e *embedded) address() string {
	for _, s := range e.addresses {
		if !strings.Contains(s, ".swf") {
			return watchAddress(s)
		}
	}
	if len(e.addresses) > 0 {
		return e.addresses[0] // for a plugin that browsers no longer have
	}
	z := newTokenizer(e.srcdoc[:min(len(e.srcdoc), maxJSON)])
	z.rawText = true
	for z.next() {
		if z.kind != html.StartTagToken && z.kind != html.SelfClosingTagToken {
			continue
		}
		for _, attr := range z.attrs() {
			k := string(attr.key)
			if k == "src" && z.tag != atom.Img && z.tag != atom.Script || k == "href" && z.tag == atom.A || k == "data-src" {
				if a := webAddress(string(attr.val)); a != "" {
					return watchAddress(a)
				}
			}
		}
	}
	return ""
}

var (
	videoID   = regexp.MustCompile(`^[\w-]{6,20}$`)
	embedPath = regexp.MustCompile(`^/(?:embed|v|e|shorts)/([\w-]{6,20})$`)
	vimeoPath = regexp.MustCompile(`^/video/(\d+)$`)
)

func isVideoID(s string) bool { return videoID.MatchString(s) }

// watchAddress returns the page for readers that belongs to the address of a player, if known.
func watchAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	host := strings.TrimPrefix(u.Hostname(), "www.")
	switch host {
	case "youtube.com", "youtube-nocookie.com", "m.youtube.com":
		m := embedPath.FindStringSubmatch(strings.TrimSuffix(u.Path, "/"))
		switch {
		case m == nil:
		case m[1] == "videoseries":
			if list := u.Query().Get("list"); list != "" {
				return "https://www.youtube.com/playlist?list=" + url.QueryEscape(list)
			}
		case m[1] != "live_stream":
			start := u.Query().Get("start")
			if start == "" || strings.Trim(start, "0123456789") != "" {
				return "https://www.youtube.com/watch?v=" + m[1]
			}
			return "https://www.youtube.com/watch?v=" + m[1] + "&t=" + start + "s"
		}
	case "player.vimeo.com":
		if m := vimeoPath.FindStringSubmatch(u.Path); m != nil {
			if h := u.Query().Get("h"); isVideoID(h) {
				return "https://vimeo.com/" + m[1] + "/" + h
			}
			return "https://vimeo.com/" + m[1]
		}
	}
	return address
}

// label returns the text of the link: the kind of content, and its title or else the name of its provider, file or host.
func (e *embedded) label(address string) string {
	kind := e.kind
	behind, _ := playerOf(address)
	u, err := url.Parse(address)
	if err != nil {
		u = &url.URL{}
	}
	switch ext := strings.ToLower(path.Ext(u.Path)); {
	case containsAny(ext, ".mp3", ".m4a", ".ogg", ".oga", ".wav", ".aac", ".opus", ".flac"):
		kind = "Recording"
	case containsAny(ext, ".mp4", ".m4v", ".webm", ".mov", ".ogv", ".m3u8", ".avi"):
		kind = "Video"
	case containsAny(ext, ".pdf", ".doc", ".ppt", ".xls", ".epub"):
		kind = "Document"
	case kind != "Embedded page":
	case containsAny(behind.name, "YouTube", "Vimeo", "Dailymotion", "Twitch", "Rumble", "TED", "Wistia", "Brightcove", "JW Player", "Streamable", "Bilibili", "Rutube"):
		kind = "Video"
	case containsAny(behind.name, "SoundCloud", "Spotify", "Bandcamp", "Mixcloud", "Podcast", "Simplecast", "Megaphone", "Buzzsprout", "Libsyn", "Acast", "Spreaker", "Podbean"):
		kind = "Recording"
	}
	name := strings.TrimPrefix(e.title, "Play: ")
	if playerTitles[foldKey(name)] {
		name = ""
	}
	switch file := path.Base(u.Path); {
	case name != "" && behind.name != "" && !strings.Contains(strings.ToLower(name), strings.ToLower(behind.name)):
		name += " (" + behind.name + ")"
	case name != "":
	case behind.name != "":
		name = behind.name
	case kind != "Embedded page" && path.Ext(file) != "":
		name = file
	default:
		name = strings.TrimPrefix(u.Hostname(), "www.")
	}
	if name == "" {
		return kind
	}
	return kind + ": " + cutAt(name, 300)
}

// playerTitles are titles, as foldKey returns them, that name the player and not its content.
var playerTitles = nameSet("youtubevideoplayer", "youtubevideo", "youtube", "videoplayer", "video", "embeddedvideo", "embeddedcontent", "iframe", "embed",
	"player", "untitled", "vimeovideoplayer", "vimeo", "audioplayer", "audio", "playvideo", "play", "embeddediframe", "content", "map", "facebook")

// withoutKind removes the kind of the embedded content from the text of a link.
func withoutKind(text string) string {
	for _, kind := range [...]string{"Video", "Recording", "Document", "Embedded page"} {
		if name, ok := strings.CutPrefix(text, kind+": "); ok {
			return name
		}
	}
	return text
}
