package greader

import (
	"context"
	"crypto/sha256"
	"net/http"
	"net/netip"
	"time"

	"headwater/internal/serve/ingress"
)

const (
	triesReset  = 5 * time.Minute // from the first wrong password to when they are forgotten
	pairTries   = 10              // wrong passwords of one client for one name; then it has to wait
	clientTries = 50              // of one client for all names, likewise
	nameTries   = 20              // of all for one name; then answers for it are slow, and nobody has to wait longer than that
	slower      = 200 * time.Millisecond
	slowest     = 5 * time.Second
	tokenTries  = 100                 // wrong tokens of one client
	friendFor   = 30 * 24 * time.Hour // how long it counts that a client has logged in under a name
	maxTries    = 10_000              // keys of each kind that are remembered
	hashing     = 2                   // passwords that are hashed at once, each in 19 MB
)

// gate slows down who tries passwords. What it refuses depends on the client that asks, so that no stranger locks a name out:
// a name that many try is answered slowly, and at once to clients that have logged in under it.
type gate struct {
	slots   chan struct{}
	pairs   *ingress.Tally[pair]
	clients *ingress.Tally[netip.Prefix]
	names   *ingress.Tally[hashed]
	tokens  *ingress.Tally[netip.Prefix]
	friends *ingress.Tally[pair] // logins that succeeded
}

// hashed is a name that somebody sent, of whatever length.
type hashed [sha256.Size]byte

type pair struct {
	client netip.Prefix
	name   hashed
}

func newGate(now func() time.Time) *gate {
	return &gate{
		slots:   make(chan struct{}, hashing),
		pairs:   ingress.NewTally[pair](now, triesReset, maxTries),
		clients: ingress.NewTally[netip.Prefix](now, triesReset, maxTries),
		names:   ingress.NewTally[hashed](now, triesReset, maxTries),
		tokens:  ingress.NewTally[netip.Prefix](now, triesReset, maxTries),
		friends: ingress.NewTally[pair](now, friendFor, maxTries),
	}
}

// try logs in unless too many tries failed. A try counts as failed until it succeeds, so that many at once count too.
func (g *gate) try(ctx context.Context, client netip.Prefix, name string, login func(context.Context) (string, error)) (string, error) {
	key := pair{client, sha256.Sum256([]byte(name))}
	friend := g.friends.Has(key)
	if n, left := g.pairs.Add(key); n > pairTries {
		return "", tooMany(left)
	}
	if n, left := g.clients.Add(client); n > clientTries && !friend {
		return "", tooMany(left)
	}
	if n, _ := g.names.Add(key.name); n > nameTries && !friend {
		select {
		case <-time.After(min(time.Duration(n-nameTries)*slower, slowest)):
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	select {
	case g.slots <- struct{}{}:
		defer func() { <-g.slots }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	token, err := login(ctx)
	if err == nil {
		g.pairs.Forget(key)
		g.clients.TakeBack(client)
		g.names.TakeBack(key.name)
		g.friends.Add(key)
	}
	return token, err
}

// wrongToken counts a token that is none of ours and refuses a client that has sent many.
func (g *gate) wrongToken(client netip.Prefix) error {
	if n, left := g.tokens.Add(client); n > tokenTries {
		return problem(http.StatusTooManyRequests, "too many wrong tokens; log in again, or try again in %d seconds", int(left.Seconds())+1)
	}
	return nil
}

func tooMany(left time.Duration) error {
	return problem(http.StatusTooManyRequests, "Error=CaptchaRequired\nInfo=too many wrong passwords; try again in %d seconds", int(left.Seconds())+1)
}
