package access

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"time"

	"headwater/internal/serve/ingress"
)

const (
	triesReset  = 5 * time.Minute        // from the first wrong password to when they are forgotten
	pairTries   = 10                     // wrong passwords of a client for a name; then it has to wait
	clientTries = 50                     // wrong passwords of a client for all names; then it has to wait
	nameTries   = 20                     // wrong passwords of all clients for a name; then answers for it are delayed
	nameDelay   = 200 * time.Millisecond // for each try beyond nameTries
	maxDelay    = 5 * time.Second
	tokenTries  = 100                 // wrong tokens of a client
	knownFor    = 30 * 24 * time.Hour // how long it counts that a client has logged in under a name
	maxTries    = 10_000              // keys of each kind that are remembered
	maxHashing  = 2                   // passwords that are hashed at once, each in 19 MB
)

// TooManyError refuses a client that sent too many wrong passwords or tokens.
type TooManyError struct {
	What string        // passwords or tokens
	Wait time.Duration // until the client may try again
}

// Error says what to do.
func (e *TooManyError) Error() string {
	return fmt.Sprintf("too many wrong %s came from your address; try again in %d seconds", e.What, e.Seconds())
}

// Seconds is the time to wait, rounded up.
func (e *TooManyError) Seconds() int { return int(e.Wait.Seconds()) + 1 }

// Limiter slows down who tries passwords or tokens, on all ways to log in together. In five minutes a client has ten tries for one
// name and fifty for all; a try counts as failed until it succeeds. Refusals depend on the client that asks, so that no
// stranger locks a name out: after twenty failures of whoever it be, answers for a name take up to 5 s, but not for clients that
// have logged in under it. A client with a hundred wrong tokens is refused further ones; right ones pass. Two passwords are
// hashed at once. What is counted is bounded, and is each process's own.
type Limiter struct {
	hashing chan struct{}
	pairs   *ingress.WindowCounter[loginPair]
	clients *ingress.WindowCounter[netip.Prefix]
	names   *ingress.WindowCounter[nameHash]
	tokens  *ingress.WindowCounter[netip.Prefix]
	known   *ingress.WindowCounter[loginPair] // logins that succeeded
}

// nameHash is the hash of a name that a client sent, which may be long.
type nameHash [sha256.Size]byte

type loginPair struct {
	client netip.Prefix
	name   nameHash
}

// NewLimiter makes a limiter by the clock now.
func NewLimiter(now func() time.Time) *Limiter {
	return &Limiter{
		hashing: make(chan struct{}, maxHashing),
		pairs:   ingress.NewWindowCounter[loginPair](now, triesReset, maxTries),
		clients: ingress.NewWindowCounter[netip.Prefix](now, triesReset, maxTries),
		names:   ingress.NewWindowCounter[nameHash](now, triesReset, maxTries),
		tokens:  ingress.NewWindowCounter[netip.Prefix](now, triesReset, maxTries),
		known:   ingress.NewWindowCounter[loginPair](now, knownFor, maxTries),
	}
}

// Try calls login unless too many tries failed; then it returns a *TooManyError. A try counts as failed until it succeeds, so
// that many at once count too.
func (l *Limiter) Try(ctx context.Context, client netip.Prefix, name string, login func(context.Context) error) error {
	key := loginPair{client, sha256.Sum256([]byte(name))}
	known := l.known.Has(key)
	if n, left := l.pairs.Add(key); n > pairTries {
		return &TooManyError{"passwords", left}
	}
	if n, left := l.clients.Add(client); n > clientTries && !known {
		return &TooManyError{"passwords", left}
	}
	if n, _ := l.names.Add(key.name); n > nameTries && !known {
		select {
		case <-time.After(min(time.Duration(n-nameTries)*nameDelay, maxDelay)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	select {
	case l.hashing <- struct{}{}:
		defer func() { <-l.hashing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := login(ctx); err != nil {
		return err
	}
	l.pairs.Forget(key)
	l.clients.Undo(client)
	l.names.Undo(key.name)
	l.known.Add(key)
	return nil
}

// WrongToken counts a wrong token. It returns a *TooManyError for a client that has sent many.
func (l *Limiter) WrongToken(client netip.Prefix) error {
	if n, left := l.tokens.Add(client); n > tokenTries {
		return &TooManyError{"tokens", left}
	}
	return nil
}
