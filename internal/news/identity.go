package news

import "time"

// Identity is what a user is called where the user logs in elsewhere.
type Identity struct {
	ID      int64
	Issuer  string // address of a provider of OpenID Connect, or HeaderIssuer and the name of a proxy's header
	Subject string // what the issuer calls the user for good; it is compared exactly
	Name    string // what the issuer called the user when the identity was added, for people
	Added   time.Time
}

// HeaderIssuer begins the issuer of identities that a proxy sends in a header.
const HeaderIssuer = "header "
