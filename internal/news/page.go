package news

import "time"

// Page is a web page as package page reads it: what it says of itself, and the article in it.
type Page struct {
	URL       string      // where it was found, after redirects
	Canonical string      // rel=canonical, absolute; "" where the page gives none
	Title     string      // plain text
	Site      string      // the publication's name as the page gives it, or ""
	Published time.Time   // as claimed; zero where unknown
	Lang      string      // as the page writes it, or ""
	Authors   []string    // names, as the page gives them
	HTML      string      // of the article, unsanitised; "" where none was found
	Text      string      // of the article, plain
	Sources   []Reference // what it says that it comes from: syndication-source, original-source, isBasedOn
}
