package news

import (
	"strings"
	"time"
)

// FeedHealth is how a feed is, in one word for lists of feeds.
type FeedHealth string

// The ways in which feeds are. The first that fits counts.
const (
	HealthPaused   FeedHealth = "paused"   // somebody paused it
	HealthWaiting  FeedHealth = "waiting"  // not polled yet
	HealthDead     FeedHealth = "dead"     // its publisher has ended it, or it has failed for DeadAfter
	HealthFailing  FeedHealth = "failing"  // its last poll failed
	HealthNever    FeedHealth = "never"    // it is read, and has never brought an article
	HealthQuiet    FeedHealth = "quiet"    // it is read, and has brought nothing for QuietAfter
	HealthRepaired FeedHealth = "repaired" // its document is read after repairs
	HealthGood     FeedHealth = "good"
)

// FeedHealths are all, those that need a look first.
var FeedHealths = []FeedHealth{HealthDead, HealthFailing, HealthNever, HealthQuiet, HealthRepaired, HealthPaused, HealthWaiting, HealthGood}

// A feed that has failed for DeadAfter is taken for dead. One that has brought nothing for QuietAfter is quiet.
const (
	DeadAfter  = 14 * 24 * time.Hour
	QuietAfter = 90 * 24 * time.Hour
)

// Failed reports whether a poll that ended so brought nothing to read.
func (s FeedState) Failed() bool {
	switch s {
	case "", FeedWaiting, FeedOK, FeedRepaired, FeedEmpty:
		return false
	}
	return true
}

// Health returns how the feed is.
func (f Feed) Health(now time.Time) FeedHealth {
	switch {
	case f.Paused:
		return HealthPaused
	case f.State == "" || f.State == FeedWaiting:
		return HealthWaiting
	case f.State == FeedGone, f.State.Failed() && !f.Failing.IsZero() && now.Sub(f.Failing) >= DeadAfter:
		return HealthDead
	case f.State.Failed():
		return HealthFailing
	case f.Articles == 0:
		return HealthNever
	case now.Sub(f.Changed) >= QuietAfter && !f.Changed.IsZero():
		return HealthQuiet
	case f.State == FeedRepaired:
		return HealthRepaired
	}
	return HealthGood
}

// Trouble says to people why a poll failed and what they can do. Its texts are whole sentences that name no address and hold nothing
// that a program wrote.
type Trouble struct {
	What string
	Do   string // "" where there is nothing to do but wait
}

// TroubleOf turns what made a poll fail into words. It is the zero value for a state that is no failure.
func TroubleOf(state FeedState, cause Cause) Trouble {
	if !state.Failed() {
		return Trouble{}
	}
	if t, ok := causeTroubles[cause]; ok {
		return t
	}
	if len(cause) == 3 && strings.HasPrefix(string(cause), "5") {
		return Trouble{"The server has a problem of its own.", "If this lasts for days, see whether the site still offers this feed."}
	}
	if t, ok := stateTroubles[state]; ok {
		return t
	}
	return Trouble{"The feed could not be read.", "The log of the server says more."}
}

var causeTroubles = map[Cause]Trouble{
	CauseNameUnknown:    {"There is no site of that name.", "Check the spelling of the address. If other sites cannot be reached either, check the network of the server."},
	CauseNoNameServer:   {"The name of the site could not be looked up.", "If many feeds say so, check the name server (DNS) that the server uses."},
	CauseCertificate:    {"The certificate of the site is not valid.", "The site has to renew it."},
	CauseNoHTTPS:        {"The site does not speak https at this address.", "Add the feed with http:// in place of https://."},
	CauseRefused:        {"Nothing answers at this address.", "Check the address and its port. If it is right, the site may be down."},
	CauseBrokeOff:       {"The connection broke off before the answer was whole.", ""},
	CauseRedirects:      {"The address leads on and on, or in a circle.", "Open it in a browser, and add the address at which it ends."},
	CauseBadRedirect:    {"The address leads on to something that is no web address.", "Look for the feed's new address on its site."},
	CauseToInsecure:     {"The address leads on to one without encryption, which is not followed.", "If you trust the site, add the feed by its http:// address."},
	CauseBadCompression: {"The document cannot be decompressed.", "The site has to mend this."},
	CauseProxy:          {"The proxy of this server may not be used.", "Name its network in the setting fetch.allow_private."},
	CauseNoMail:         {"It comes by mail, and this server receives none.", "Set newsletters.listen in config.yaml, and start the server again."},
	"401":               {"The site asks for a login.", "If you have one, add the feed as https://name:password@host/path."},
	"407":               {"The proxy of this server asks for a login.", "Put its name and password into the setting fetch.proxy."},
	"402":               {"The site gives this feed to paying readers only.", "If you have a feed address of your own there, add that one."},
	"403":               {"The site refuses to give this feed to us.", "Open the address in a browser. If it opens there, the site may turn away programs; ask it."},
	"429":               {"The site finds that it is asked too often.", "It is asked less from now on."},
	"451":               {"The site may not give this feed, for legal reasons.", "Look for another feed with the same news."},
}

var stateTroubles = map[FeedState]Trouble{
	FeedNotAFeed:    {"There is a page or a file at this address, but no feed.", "Look for the feed's address on the site, or add the address of the site itself."},
	FeedBroken:      {"There is a feed, but it is too damaged to be read.", "The site has to mend it."},
	FeedNotFound:    {"There is nothing at this address.", "Look for the feed's address on the site."},
	FeedGone:        {"The publisher has ended this feed.", "Look for its successor on the site."},
	FeedHTTPError:   {"The site gives no feed at this address.", "Open the address in a browser."},
	FeedUnreachable: {"The site cannot be reached.", "If no site can be reached, check the network of the server."},
	FeedTimeout:     {"The site takes too long to answer.", ""},
	FeedPrivate:     {"The address is within a private network, which is not asked for anything.", "If you trust it, name its network in the setting fetch.allow_private."},
	FeedTooLarge:    {"The feed is larger than what is read.", "Raise the setting fetch.max_bytes if it is worth it."},
	FeedTooDeep:     {"The document is nested deeper than any feed needs.", "The site has to mend it."},
}

// FeedSort is an order of a list of feeds.
type FeedSort string

// The orders of lists of feeds.
const (
	FeedsByFolder   FeedSort = "folder"   // and by name within each
	FeedsByName     FeedSort = "name"     // title, or address where there is none
	FeedsByTrouble  FeedSort = "trouble"  // as FeedHealths, those that fail longest first
	FeedsByNewest   FeedSort = "newest"   // that brought something last first
	FeedsByArticles FeedSort = "articles" // most first
	FeedsByAdded    FeedSort = "added"    // last first
)

// FeedSorts are all orders.
var FeedSorts = []FeedSort{FeedsByFolder, FeedsByName, FeedsByTrouble, FeedsByNewest, FeedsByArticles, FeedsByAdded}

// FeedQuery asks for a part of the feeds. The zero value asks for all, by folder.
type FeedQuery struct {
	Text          string     // in title, address or folder, whatever its case; "" is all
	Folder        *string    // only this one, without those below it; "" is none; nil is all
	Health        FeedHealth // "" is all
	Sort          FeedSort   // "" is FeedsByFolder
	Offset, Limit int
}

// FeedPage is a part of the feeds.
type FeedPage struct {
	Feeds   []Feed
	Days    map[int64][]DayCount // what each of Feeds brought in the last FeedDays
	Total   int                  // feeds that FeedQuery selects
	All     int                  // feeds
	Health  map[FeedHealth]int   // of all feeds
	Folders []FolderCount        // by name; without a name last
	Offline bool                 // none of the feeds that were polled could be reached, so the fault is likely on our side
}

// FolderRemoval is a folder that was removed.
type FolderRemoval struct {
	Feeds int   // that were in it
	Undo  int64 // names it, to undo it within UndoRemoval
}

// FolderCount is a folder with its feeds, without those of folders below it.
type FolderCount struct {
	Name        string
	Feeds, Sick int // Sick are those that are dead or failing
}
