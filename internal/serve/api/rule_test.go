package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/api"
)

type rule struct {
	ID                         int64
	Query, Action, Label, Idle string
	Acted                      int
	Last                       *time.Time
	Paused, Undo               bool
	Changes                    []struct {
		ID    int64
		Title string
	}
}

// TestRules tries a rule, adds it and lets it act on the articles that there are and on one that comes, over a whole installation. The
// articles that it hides leave the lists, and come back where they are marked as unread.
func TestRules(t *testing.T) {
	d := filled(t)
	d.Handler = serve(t, api.Options{Backend: backendOf(d.room), CheckQuery: search.Validate, CheckOwnQuery: search.ValidateForUser})
	ctx := t.Context()
	unread := func() int64 {
		t.Helper()
		n, err := d.room.Store.CountItems(ctx, 1, news.ItemList{In: []news.Stream{{Kind: news.StreamAll}}, Out: []news.Stream{{Kind: news.StreamRead}}})
		must(t, err)
		return n.Count
	}
	hidden := func() []news.Item {
		t.Helper()
		items, err := d.room.Store.Items(ctx, 1, news.ItemList{In: []news.Stream{{Kind: news.StreamHidden}}})
		must(t, err)
		return items
	}
	searched := func(query string) int {
		t.Helper()
		var found struct{ Total int }
		d.get(t, "/api/v1/search?results=articles&q="+query, &found)
		return found.Total
	}
	before := unread()
	var trial struct {
		Matches, Of int
		Newest      []struct{ Title string }
	}
	d.ask(t, "POST", "/api/v1/rules/try", `{"query":"comet","action":"hide"}`).read(200, &trial)
	if trial.Matches == 0 || trial.Of <= trial.Matches || len(trial.Newest) != trial.Matches || unread() != before {
		t.Fatalf("tried, of %d unread articles %d are left: %+v", before, unread(), trial)
	}
	var made, now rule
	a := d.ask(t, "POST", "/api/v1/rules", `{"query":"comet","action":"hide"}`)
	a.read(201, &made)
	path := a.Header().Get("Location")
	var done struct{ Changed int }
	d.ask(t, "POST", path+"/apply", "").read(200, &done)
	d.get(t, path, &now)
	if done.Changed != trial.Matches || unread() != before-int64(trial.Matches) || len(hidden()) != trial.Matches || now.Acted != trial.Matches || len(now.Changes) != trial.Matches || !now.Undo || now.Last == nil {
		t.Errorf("applied it changed %d articles and hid %d, %d of %d are unread; it says %+v", done.Changed, len(hidden()), unread(), before, now)
	}
	if left, found := searched("comet"), searched("is:hidden"); left != 0 || found != trial.Matches {
		t.Errorf("a search finds %d of the hidden articles, and is:hidden %d", left, found)
	}
	_, err := d.room.Store.MarkItems(ctx, 1, news.Marking{Articles: []int64{now.Changes[0].ID}, Unread: true})
	must(t, err)
	if len(hidden()) != trial.Matches-1 {
		t.Errorf("%d articles are hidden after one was marked as unread", len(hidden()))
	}
	d.ask(t, "POST", path+"/undo", "").read(200, &done)
	if unread() != before || len(hidden()) > 0 || searched("comet") != trial.Matches {
		t.Errorf("undone, %d of %d articles are unread and %d hidden", unread(), before, len(hidden()))
	}

	p := d.ask(t, "PATCH", path, `{"query":"comet AND"}`).refused(400)
	if len(p.Errors) != 1 || !strings.Contains(p.Errors[0].Message, "character 7: AND has nothing on its right") {
		t.Errorf("a wrong query: %+v", p)
	}
	d.ask(t, "PATCH", path, `{"action":"label","label":"Sky"}`).read(200, &now)
	if now.Action != "label" || now.Label != "Sky" || now.Undo {
		t.Errorf("changed: %+v", now)
	}
	d.ask(t, "DELETE", path, "").is(204)
	d.ask(t, "GET", path, "").refused(404)
}

// TestRulesOfOthers asks for the rule of another user.
func TestRulesOfOthers(t *testing.T) {
	d := filled(t)
	must(t, d.room.Store.AddUser(t.Context(), news.User{Name: "bert"}, "hash"))
	bert, _, err := d.room.Store.User(t.Context(), "bert")
	must(t, err)
	theirs, err := d.room.Rules.AddRule(t.Context(), news.UserRule{User: bert.ID, Query: "comet", Action: news.RuleHide})
	must(t, err)
	var list struct{ Total int }
	if d.get(t, "/api/v1/rules", &list); list.Total != 0 {
		t.Errorf("%d rules of others are listed", list.Total)
	}
	path := fmt.Sprint("/api/v1/rules/", theirs.ID)
	for _, ask := range []struct{ method, path, body string }{
		{"GET", path, ""}, {"PATCH", path, `{"paused":true}`}, {"POST", path + "/apply", ""}, {"POST", path + "/undo", ""}, {"DELETE", path, ""},
	} {
		d.ask(t, ask.method, ask.path, ask.body).refused(404)
	}
	if now, err := d.room.Rules.UserRule(t.Context(), bert.ID, theirs.ID); err != nil || now != theirs {
		t.Errorf("the rule is %+v, want %+v (%v)", now, theirs, err)
	}
}
