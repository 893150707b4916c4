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
	Address string      // what was looked at, as a web address: what to subscribe to where nothing is found and somebody insists
	Feeds   []FoundFeed // the likeliest first
	// Problem says why there are none, or why the one that there should be is none or could not be read; "" when all is
	// well. What has a problem is subscribed to only where somebody insists.
	Problem string
	Dead    bool // there is no feed, and none to be expected there later
	// Note says what was looked at instead of what was typed; "" where that is the same.
	Note string
}

// Insisted gives the address to subscribe to whatever the problem.
func (f Finding) Insisted() string {
	if len(f.Feeds) == 1 {
		return f.Feeds[0].URL
	}
	return f.Address
}
