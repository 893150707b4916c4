package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"headwater/internal/config"
	"headwater/internal/store/pgtest"
)

// TestSessionsOnTwoNodes logs in at one of two nodes over a database: the session holds at both, and ends at both, whichever ends it.
func TestSessionsOnTwoNodes(t *testing.T) {
	if testing.Short() {
		t.Skip("starts two servers over PostgreSQL")
	}
	database := pgtest.Database(t)
	var nodes []guarded
	for range 2 {
		cfg := config.Default()
		cfg.Data, cfg.Database, cfg.Access.Login, cfg.AdminPassword, cfg.PublicURL = t.TempDir(), config.Secret(database), "required", guardedPassword, "http://127.0.0.1"
		a := openApp(t, cfg)
		h, err := a.handler(t.Context(), cfg.PublicURL)
		if err != nil {
			t.Fatal(err)
		}
		n := guarded{Server: httptest.NewServer(h), app: a}
		t.Cleanup(n.Close)
		nodes = append(nodes, n)
	}
	reads := func(cookie string) [2]bool {
		var all [2]bool
		for i, n := range nodes {
			all[i] = n.send(t, "GET", "/account", nil, "Cookie", cookie).status == http.StatusOK
		}
		return all
	}
	for i, n := range nodes {
		first, second := n.logIn(t, "admin"), n.logIn(t, "admin")
		if got := reads(first); got != [2]bool{true, true} {
			t.Errorf("a session of node %d is read at the nodes: %v", i, got)
		}
		other := nodes[1-i]
		if got := other.send(t, "POST", "/logout", url.Values{}, "Cookie", first); got.status != http.StatusSeeOther {
			t.Errorf("logout at the other node: %d", got.status)
		}
		if got := reads(first); got != [2]bool{} {
			t.Errorf("a session of node %d after a logout at the other: %v", i, got)
		}
		form := url.Values{"current": {guardedPassword}, "password": {guardedPassword}, "again": {guardedPassword}}
		if got := other.send(t, "POST", "/account/password", form, "Cookie", other.logIn(t, "admin")); got.status != http.StatusSeeOther {
			t.Errorf("another password at the other node: %d %.300s", got.status, got.body)
		}
		if got := reads(second); got != [2]bool{} {
			t.Errorf("a session of node %d after a change of password at the other: %v", i, got)
		}
	}
}
