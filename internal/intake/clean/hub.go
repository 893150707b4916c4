package clean

import (
	"net/url"
	"strconv"
	"strings"
)

// isHub reports whether an article is a live page, a round-up or an index: such a page shares text with many stories and
// belongs to none.
func isHub(title, address string, p *page) bool {
	return hubTitle(title) || hubPath(address) || p.shape.isHub()
}

func hubTitle(title string) bool {
	t := strings.ToLower(title)
	for _, w := range [...]string{
		"live updates", "live blog", "liveblog", "as it happened", "minute by minute",
		"latest updates", "minuto a minuto", "liveticker", "newsblog", "live-blog", "news roundup", "news round-up",
		"morning briefing", "evening briefing", "daily briefing", "top stories of the", "this week in ", " live: ", " live | ",
		"live-ticker", "en direct :", "en direct:", "ao vivo:", "v živo:", "онлайн-трансляция", "прямая трансляция", "текстовая трансляция",
		"ライブ更新", "文字直播", "图文直播", "تغطية مباشرة", "تغطية حية", "อัปเดตสด", "รายงานสด",
	} {
		if strings.Contains(t, w) {
			return true
		}
	}
	for _, w := range [...]string{
		"live: ", "live | ", "directo | ", "directo: ", "en directo: ", "en direct ", "em direto", "ao vivo ", "en vivo:", "en vivo |",
		"v živo", "прямой эфир:", "直播：", "مباشر |", "مباشر: ",
	} {
		if strings.HasPrefix(t, w) {
			return true
		}
	}
	return strings.HasSuffix(t, " – live") || strings.HasSuffix(t, " - live") || strings.HasSuffix(t, "| live")
}

func hubPath(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	for _, s := range strings.Split(strings.ToLower(u.Path), "/") {
		switch s {
		case "live", "live-news", "live-updates", "liveblog", "live-blog", "live-reporting", "briefing", "briefings",
			"directo", "en-direct", "liveticker", "newsblog":
			return true
		}
		for _, w := range [...]string{"live-updates", "liveblog", "live-blog", "-as-it-happened"} {
			if strings.Contains(s, w) {
				return true
			}
		}
	}
	return false
}

// isHub goes by the shape: many entries with a time or a number of their own, many headings over little prose, or
// links that outweigh it.
func (s shape) isHub() bool {
	switch {
	case s.stamped >= 6 && s.stamped*5 >= s.blocks:
		return true
	case s.numbered >= 6 && s.words/s.numbered < 80:
		return true
	case s.headings >= 6 && s.words/s.headings < 60:
		return true
	}
	return s.links >= 12 && s.linked > 3*s.words
}

// startsWithTime finds blocks such as "14:05 The minister says" and "2.30pm BST".
func startsWithTime(t string) bool {
	i := 0
	for i < len(t) && i < 2 && t[i] >= '0' && t[i] <= '9' {
		i++
	}
	if i == 0 || len(t) < i+3 || t[i] != ':' && t[i] != '.' {
		return false
	}
	d := t[i+1:]
	if d[0] < '0' || d[0] > '5' || d[1] < '0' || d[1] > '9' {
		return false
	}
	rest := strings.ToLower(strings.TrimLeft(d[2:min(len(d), 12)], " "))
	clock := t[i] == ':' && (len(d) == 2 || d[2] == ' ')
	return clock || strings.HasPrefix(rest, "am") || strings.HasPrefix(rest, "pm") || strings.HasPrefix(rest, "a.m") || strings.HasPrefix(rest, "p.m")
}

// startsWithNumber finds the entries of a numbered round-up: "3. ..." or "3) ...".
func startsWithNumber(t string, n int) bool {
	rest, ok := strings.CutPrefix(t, strconv.Itoa(n))
	return ok && (strings.HasPrefix(rest, ". ") || strings.HasPrefix(rest, ") "))
}
