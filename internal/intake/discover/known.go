package discover

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Candidate is an address that may be a feed, with a description of that feed.
type Candidate struct {
	URL, Title string
}

// Known returns the feeds of an address on a site whose feed addresses are known: channels and playlists of YouTube, subreddits
// and users of Reddit, repositories and users of GitHub, accounts of Mastodon and Medium. It only applies rules to the address
// and does not check whether the feeds exist. sure is false if the rule also fits other sites.
func Known(address string) (places []Candidate, sure bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return nil, false
	}
	host := strings.TrimPrefix(strings.ToLower(u.Host), "www.")
	path := strings.Split(strings.Trim(u.Path, "/"), "/")
	switch host {
	case "youtube.com", "m.youtube.com":
		return youTube(u, path), true
	case "reddit.com", "old.reddit.com", "new.reddit.com", "np.reddit.com":
		return reddit(path), true
	case "github.com":
		return gitHub(path), true
	case "medium.com":
		return medium(path), true
	}
	return mastodon(u, path), false
}

func candidate(address, title string) []Candidate { return []Candidate{{address, title}} }

var (
	channelID  = regexp.MustCompile(`^UC[\w-]{22}$`)
	playlistID = regexp.MustCompile(`^[\w-]{2,64}$`)
	userName   = regexp.MustCompile(`^\w[\w.-]{0,63}$`)
	branchName = regexp.MustCompile(`^[\w./-]{1,200}$`)
)

// youTube knows channels by id and by their old names, and playlists. The id of a channel's @handle is only on its page.
func youTube(u *url.URL, path []string) []Candidate {
	const feeds = "https://www.youtube.com/feeds/videos.xml?"
	list := u.Query().Get("list")
	switch {
	case len(path) >= 2 && path[0] == "channel" && channelID.MatchString(path[1]):
		return candidate(feeds+"channel_id="+path[1], "Videos of the channel")
	case len(path) >= 2 && path[0] == "user" && userName.MatchString(path[1]):
		return candidate(feeds+"user="+path[1], "Videos of "+path[1])
	case path[0] == "playlist" && playlistID.MatchString(list):
		return candidate(feeds+"playlist_id="+list, "The playlist")
	}
	return nil
}

func reddit(path []string) []Candidate {
	const site = "https://www.reddit.com/"
	if len(path) < 2 || !userName.MatchString(path[1]) {
		return nil
	}
	name := path[1]
	switch path[0] {
	case "r":
		if len(path) >= 4 && path[2] == "comments" && userName.MatchString(path[3]) {
			return candidate(site+"r/"+name+"/comments/"+path[3]+"/.rss", "Comments of the post")
		}
		if len(path) == 3 && strings.HasPrefix(path[2], ".") { // already a feed
			return nil
		}
		return candidate(site+"r/"+name+"/.rss", "r/"+name)
	case "u", "user":
		if len(path) == 3 && strings.HasPrefix(path[2], ".") {
			return nil
		}
		return candidate(site+"user/"+name+"/.rss", "u/"+name)
	}
	return nil
}

// gitHubPages are first parts of paths that are not users.
var gitHubPages = []string{
	"about", "explore", "features", "login", "marketplace", "notifications", "orgs", "pricing", "search", "settings", "sponsors", "topics", "trending",
}

// gitHub returns the feeds of a repository: releases, tags and commits. Names of GitHub's own pages are not users.
func gitHub(path []string) []Candidate {
	const site = "https://github.com/"
	for _, part := range path[:min(len(path), 2)] {
		if !userName.MatchString(part) || strings.HasSuffix(part, ".atom") {
			return nil
		}
	}
	if len(path) == 1 {
		if slices.Contains(gitHubPages, path[0]) {
			return nil
		}
		return candidate(site+path[0]+".atom", path[0]+" on GitHub")
	}
	repo := path[0] + "/" + strings.TrimSuffix(path[1], ".git")
	releases := Candidate{site + repo + "/releases.atom", "Releases of " + repo}
	tags := Candidate{site + repo + "/tags.atom", "Tags of " + repo}
	commits := Candidate{site + repo + "/commits.atom", "Commits of " + repo}
	if len(path) == 2 {
		return []Candidate{releases, tags, commits}
	}
	branch := strings.Join(path[3:], "/")
	switch {
	case path[2] == "releases" && !strings.HasSuffix(branch, ".atom"):
		return []Candidate{releases}
	case path[2] == "tags":
		return []Candidate{tags}
	case (path[2] == "commits" || path[2] == "tree") && branchName.MatchString(branch) && !strings.HasSuffix(branch, ".atom"):
		return candidate(site+repo+"/commits/"+branch+".atom", "Commits of "+repo+" on "+branch)
	case path[2] == "commits" && branch == "":
		return []Candidate{commits}
	}
	return nil
}

func medium(path []string) []Candidate {
	if path[0] == "feed" || !strings.HasPrefix(path[0], "@") || !userName.MatchString(path[0][1:]) {
		return nil
	}
	return candidate("https://medium.com/feed/"+path[0], path[0]+" on Medium")
}

// mastodon treats https://HOST/@NAME as an account. Mastodon runs on thousands of hosts that no list contains.
func mastodon(u *url.URL, path []string) []Candidate {
	if len(path) != 1 || !strings.HasPrefix(path[0], "@") || strings.HasSuffix(path[0], ".rss") || !userName.MatchString(path[0][1:]) || u.RawQuery != "" {
		return nil
	}
	return candidate(u.Scheme+"://"+u.Host+"/"+path[0]+".rss", path[0]+" on "+u.Host)
}

// commonPaths are the paths at which most sites have their feed, the most common first.
var commonPaths = []string{"feed", "rss", "atom.xml", "feed.xml", "index.xml", "rss.xml", "feed.json", "feed/"}

// CommonAddresses returns the usual feed addresses of a site that announces none: in the page's folder if it has one, and at
// the root.
func CommonAddresses(address string) []string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return nil
	}
	root := &url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host, Path: "/"}
	var out []string
	if folder := folderOf(u.Path); folder != "/" {
		for _, p := range commonPaths[:4] {
			out = append(out, root.ResolveReference(&url.URL{Path: folder + p}).String())
		}
	}
	for _, p := range commonPaths {
		out = append(out, root.ResolveReference(&url.URL{Path: "/" + p}).String())
	}
	return out
}

// folderOf returns the folder of a path with slashes on both sides: that of /blog and of /blog/ is /blog/.
func folderOf(path string) string {
	last := path[strings.LastIndexByte(path, '/')+1:]
	if strings.Contains(last, ".") {
		path = strings.TrimSuffix(path, last)
	}
	if path = strings.Trim(path, "/"); path == "" {
		return "/"
	}
	return "/" + path + "/"
}
