package news

import (
	"strings"

	"headwater/internal/weburl"
)

// NewsletterURL returns the feed address of a newsletter whose mail address has a local part.
func NewsletterURL(local string) string { return weburl.NewsletterScheme + strings.ToLower(local) }

// Newsletter returns the local part of the mail address that brings a feed its articles. ok is false for a feed that is polled.
func (f Feed) Newsletter() (local string, ok bool) {
	return strings.CutPrefix(f.URL, weburl.NewsletterScheme)
}

// MailAddress returns the mail address of a newsletter, or "" for a feed that is polled.
func (f Feed) MailAddress(domain string) string {
	local, ok := f.Newsletter()
	if !ok {
		return ""
	}
	return local + "@" + domain
}
