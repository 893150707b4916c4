package news

// FoundFeed is a feed that an address leads to.
type FoundFeed struct {
	URL   string   // to subscribe to
	Title string   // as the feed or a link to it says; may be ""
	Also  []string // other addresses of the same document: after redirects, and as it names itself
	Known int64    // the feed that it is among ours; 0 where it is not
}

// Finding is what is found at an address that somebody wants to follow.
type Finding struct {
	Feeds []FoundFeed // the likeliest first
	// Problem says why there are none, or why the one that there should be could not be read; "" when all is well.
	Problem string
}
