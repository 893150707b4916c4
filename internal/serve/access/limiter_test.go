package access

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"headwater/internal/news"
)

// door is a login limiter before two accounts, by the clock of a synctest bubble.
type door struct {
	*Limiter
	t *testing.T
}

// try gives how a login ends and how long it takes: ok, wrong or wait.
func (d door) try(client, name, password string) (outcome string, took time.Duration) {
	d.t.Helper()
	begun := time.Now()
	err := d.Try(d.t.Context(), netip.MustParsePrefix(client), name, func(context.Context) error {
		if password != "right" || name != "anna" && name != "bob" {
			return news.ErrPassword
		}
		return nil
	})
	took = time.Since(begun)
	var many *TooManyError
	switch {
	case err == nil:
		return "ok", took
	case errors.Is(err, news.ErrPassword):
		return "wrong", took
	case errors.As(err, &many):
		return "wait", took
	}
	d.t.Fatal(err)
	return "", took
}

func (d door) want(outcome, client, name, password string) {
	d.t.Helper()
	if got, took := d.try(client, name, password); got != outcome {
		d.t.Errorf("%s as %s with %s: %s after %s, want %s", client, name, password, got, took, outcome)
	}
}

func atDoor(t *testing.T, do func(door)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { do(door{NewLimiter(time.Now), t}) })
}

// stranger is one of many clients.
func stranger(i int) string { return fmt.Sprintf("198.51.%d.%d/32", i/256, i%256) }

const home, work = "203.0.113.5/32", "203.0.113.99/32"

// TestLoginsWaits has one client guess: it has to wait, and nobody else.
func TestLoginsWaits(t *testing.T) {
	atDoor(t, func(d door) {
		for range pairTries {
			d.want("wrong", stranger(1), "anna", "guess")
		}
		d.want("wait", stranger(1), "anna", "right")
		d.want("ok", stranger(1), "bob", "right")
		d.want("ok", home, "anna", "right")
		time.Sleep(triesReset)
		d.want("ok", stranger(1), "anna", "right")
	})
}

// TestLoginsManyNames has one client guess at one name after the other.
func TestLoginsManyNames(t *testing.T) {
	atDoor(t, func(d door) {
		d.want("ok", stranger(1), "bob", "right") // who is at the same address, and has been let in
		for i := range clientTries {
			d.want("wrong", stranger(1), fmt.Sprint("name ", i), "guess")
		}
		d.want("wait", stranger(1), "one more", "guess")
		d.want("wait", stranger(1), "anna", "right")
		d.want("ok", stranger(1), "bob", "right")
		d.want("ok", home, "anna", "right")
	})
}

// TestLoginsLocksNobodyOut has a thousand clients guess at one name. Its user is let in all the same: at once from where that was
// so before, slowly from elsewhere.
func TestLoginsLocksNobodyOut(t *testing.T) {
	atDoor(t, func(d door) {
		d.want("ok", home, "anna", "right")
		for i := range 1000 {
			d.want("wrong", stranger(i), "anna", "guess")
		}
		if outcome, took := d.try(home, "anna", "right"); outcome != "ok" || took > 0 {
			t.Errorf("at home: %s after %s", outcome, took)
		}
		time.Sleep(triesReset)
		for i := range 60 {
			d.want("wrong", stranger(i), "anna", "guess")
		}
		if outcome, took := d.try(work, "anna", "right"); outcome != "ok" || took < time.Second || took > maxDelay {
			t.Errorf("elsewhere: %s after %s", outcome, took)
		}
		if outcome, took := d.try(work, "bob", "right"); outcome != "ok" || took > 0 {
			t.Errorf("another name: %s after %s", outcome, took)
		}
	})
}

// TestLoginsRemembers has names and clients by the thousand fail: who had to wait still has to.
func TestLoginsRemembers(t *testing.T) {
	atDoor(t, func(d door) {
		d.want("ok", home, "anna", "right")
		for range pairTries + 1 {
			_, _ = d.try(work, "anna", "guess")
		}
		for i := range 3 * maxTries {
			client := fmt.Sprintf("10.%d.%d.%d/32", i>>16, i>>8&255, i&255)
			d.pairs.Add(loginPair{netip.MustParsePrefix(client), nameHash{byte(i), byte(i >> 8)}})
			d.clients.Add(netip.MustParsePrefix(client))
		}
		if n := d.pairs.Len() + d.clients.Len(); n > 2*maxTries {
			t.Errorf("%d are remembered", n)
		}
		d.want("wait", work, "anna", "right")
		d.want("ok", home, "anna", "right")
	})
}

func TestLoginsWrongTokens(t *testing.T) {
	atDoor(t, func(d door) {
		client := netip.MustParsePrefix(home)
		for range tokenTries {
			if err := d.WrongToken(client); err != nil {
				t.Fatal(err)
			}
		}
		if d.WrongToken(client) == nil || d.WrongToken(netip.MustParsePrefix(work)) != nil {
			t.Error("not the one client that sent wrong tokens is refused")
		}
	})
}
