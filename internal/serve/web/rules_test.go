package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"headwater/internal/news"
	"headwater/internal/search"
)

// ruleBook is a fake of rules. A rule changes all that it is applied to, which is one article.
type ruleBook struct{ list []news.UserRule }

func (b *ruleBook) UserRules(_ context.Context, user int64) (own []news.UserRule, err error) {
	for _, r := range b.list {
		if r.User == user {
			own = append(own, r)
		}
	}
	return own, nil
}

func (b *ruleBook) at(user, id int64) int {
	return slices.IndexFunc(b.list, func(r news.UserRule) bool { return r.User == user && r.ID == id })
}

func (b *ruleBook) UserRule(_ context.Context, user, id int64) (news.UserRule, error) {
	if at := b.at(user, id); at >= 0 {
		return b.list[at], nil
	}
	return news.UserRule{}, news.ErrNotFound
}

func (b *ruleBook) check(r news.UserRule) error {
	if err := search.CheckRule(r.Query); err != nil {
		return &news.RuleError{Field: "query", Err: err}
	}
	if r.Folder == "Gone" {
		return &news.RuleError{Field: "folder", Err: errors.New("no feed is in the folder Gone; choose another one")}
	}
	return nil
}

func (b *ruleBook) AddRule(_ context.Context, r news.UserRule) (news.UserRule, error) {
	if err := b.check(r); err != nil {
		return r, err
	}
	r.ID = int64(len(b.list) + 1)
	b.list = append(b.list, r)
	return r, nil
}

func (b *ruleBook) ChangeRule(_ context.Context, r news.UserRule) (news.UserRule, error) {
	at := b.at(r.User, r.ID)
	if err := b.check(r); err != nil {
		return r, err
	}
	if b.list[at].Version != r.Version {
		return r, &news.RuleError{Field: "version", Err: errors.New("the rule was changed meanwhile, by you in another window or by a program of yours; look at it again")}
	}
	r.Version++
	b.list[at] = r
	return r, nil
}

func (b *ruleBook) TryRule(_ context.Context, r news.UserRule) (news.RuleTrial, error) {
	if err := b.check(r); err != nil {
		return news.RuleTrial{}, err
	}
	if r.Query == "nothing" {
		return news.RuleTrial{Of: 8}, nil
	}
	return news.RuleTrial{Total: 8, Of: 8, Newest: []news.Article{{ID: 4, Title: "Ferry sinks", Published: now}}}, nil
}

func (b *ruleBook) ApplyRule(_ context.Context, user, id int64) (int, error) {
	r := &b.list[b.at(user, id)]
	if err := b.check(*r); err != nil {
		return 0, err
	}
	r.Acted, r.Applied, r.Last = r.Acted+1, 1, now
	return 1, nil
}

func (b *ruleBook) UndoRule(_ context.Context, user, id int64) (int, error) {
	r := &b.list[b.at(user, id)]
	if r.Applied == 0 {
		return 0, news.ErrNotFound
	}
	r.Acted, r.Applied = r.Acted-1, 0
	return 1, nil
}

func (b *ruleBook) PauseRule(_ context.Context, user, id int64, paused bool) error {
	b.list[b.at(user, id)].Paused = paused
	return nil
}

func (b *ruleBook) RemoveRule(_ context.Context, user, id int64) error {
	at := b.at(user, id)
	b.list = slices.Delete(b.list, at, at+1)
	return nil
}

func (b *ruleBook) RuleChanges(_ context.Context, user, id int64, limit int) ([]news.RuleChange, error) {
	if r := b.list[b.at(user, id)]; r.Acted > 0 {
		return []news.RuleChange{{Article: news.Article{ID: 4, Title: "Ferry sinks"}, At: now}}, nil
	}
	return nil, nil
}

// TestRules tries a rule, adds, changes, applies, undoes, pauses and removes it, with forms as a browser sends them.
func TestRules(t *testing.T) {
	f := edition()
	f.topics = []news.Topic{{ID: 3, User: 7, Name: "Own", Query: "x"}, {ID: 4, Name: "Everybodys", Query: "x"}}
	h := handlerOf(f, news.User{ID: 7, Name: "anna", Role: news.ReaderRole})
	form := func(more ...string) url.Values {
		v := url.Values{"query": {"ferry"}, "action": {"label"}, "label": {"Boats"}, "scope": {"folder:World"}, "version": {"0"}, "do": {"save"}}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	f.rules.list = []news.UserRule{{ID: 1, User: 8, Query: "gulls", Action: news.RuleHide}}
	for _, tt := range []struct {
		path   string
		form   url.Values
		status int
		want   []string // on the page, or the page that it leads to
	}{
		{"", nil, 200, []string{"There are no rules yet"}},
		{"", form("do", "try"), 200, []string{"8 articles of the last week match, of 8", "It matches everything", "Nothing is saved yet", "Ferry sinks"}},
		{"", form("do", "try", "query", "nothing"), 200, []string{"0 articles of the last week match, of 8", "It would have done nothing"}},
		{"", form("query", "ferry AND"), 400, []string{"haracter 7: AND has nothing on its right"}},
		{"", form("query", "is:unread"), 400, []string{"a rule cannot ask for is:unread"}},
		{"", form("do", "try", "query", ""), 400, []string{"write at least one word, or after:1970 for every article with a date"}},
		{"", form("scope", "folder:Gone"), 400, []string{"No feed is in the folder Gone; choose another one"}},
		{"", form("scope", "feed:x"), 400, []string{"The form could not be read"}},
		{"", form(), 303, []string{"Label “Boats”", "Saved. It acts on articles that come from now on", "in the folder World", "Nothing yet."}},
		{"/1", nil, 404, []string{"You have no such rule"}},
		{"/1", form("query", "ferries"), 404, []string{"You have no such rule"}}, // of another user
		{"/1/apply", url.Values{}, 404, []string{"You have no such rule"}},
		{"/1/undo", url.Values{}, 404, []string{"You have no such rule"}},
		{"/1/pause", url.Values{}, 404, []string{"You have no such rule"}},
		{"/1/resume", url.Values{}, 404, []string{"You have no such rule"}},
		{"/1/remove", url.Values{}, 404, []string{"You have no such rule"}},
		{"/2", form("do", "try", "query", "nothing"), 200, []string{"0 articles of the last week match"}},
		{"/2", form("query", "ferries", "action", "topic", "topic", "3", "scope", "feed:1"), 303, []string{"Saved."}},
		{"/2", form(), 400, []string{"The rule was changed meanwhile"}},
		{"/2/apply", url.Values{}, 303, []string{"1 article of the last week changed", "Undo that", "Ferry sinks"}},
		{"/2/undo", url.Values{}, 303, []string{"1 article is as before", "Nothing yet."}},
		{"/2/pause", url.Values{}, 303, []string{"paused", "Resume"}},
		{"/2/resume", url.Values{}, 303, []string{"Pause"}},
		{"/2/remove", url.Values{}, 303, []string{"The rule is removed. What it did stays", "There are no rules yet"}},
	} {
		var status int
		var body string
		if tt.form == nil {
			w := get(t, h, "/rules"+tt.path)
			status, body = w.Code, w.Body.String()
		} else {
			w := post(t, h, "/rules"+tt.path, tt.form)
			status, body = w.Code, w.Body.String()
			if status == http.StatusSeeOther {
				body = get(t, h, w.Header().Get("Location")).Body.String()
			}
		}
		if status != tt.status {
			t.Errorf("%s %v: status %d, want %d", tt.path, tt.form, status, tt.status)
		}
		for _, want := range tt.want {
			if !strings.Contains(words(t, body), want) {
				t.Errorf("%s %v lacks %q:\n%s", tt.path, tt.form, want, words(t, body))
			}
		}
	}
	if len(f.rules.list) != 1 || f.rules.list[0] != (news.UserRule{ID: 1, User: 8, Query: "gulls", Action: news.RuleHide}) {
		t.Errorf("left are %+v, want the rule of another user as it was", f.rules.list)
	}
	// A reader can't send to topics of everybody. Another page gives a feed or a folder, and a search what it asked for.
	if body := get(t, h, "/rules?q=storm&feed=1").Body.String(); strings.Contains(body, ">Everybodys</option>") || !strings.Contains(body, ">Own</option>") || !strings.Contains(body, `value="storm"`) || !strings.Contains(body, `value="feed:1" selected`) {
		t.Errorf("the form is\n%s", body)
	}
	// A rule whose feed, folder or topic is gone says so.
	for idle, want := range map[news.RuleIdle]string{
		news.RuleNoFeed: "Its feed was removed", news.RuleNoFolder: "No feed is in its folder", news.RuleNoTopic: "Its topic was removed", news.RuleBadQuery: "can't be read",
	} {
		f.rules.list = []news.UserRule{{ID: 1, User: 7, Query: "x", Feed: 99, Action: news.RuleTopic, Idle: idle}}
		if body := words(t, get(t, h, "/rules").Body.String()); !strings.Contains(body, want) || !strings.Contains(body, "in a removed feed") || !strings.Contains(body, "does nothing") {
			t.Errorf("%s: %s", idle, body)
		}
	}
}

// TestSearchOfMarks searches by marks of the viewer, which nothing can be made of that is not the viewer's alone.
func TestSearchOfMarks(t *testing.T) {
	h := handlerOf(edition(), news.User{ID: 7, Name: "anna", Role: news.ReaderRole})
	for query, own := range map[string]bool{"ferry": false, "is:hidden": true, "ferry+is:unread": true} {
		w := get(t, h, "/search?q="+query)
		for _, link := range []string{`class="follow"`, `href="/rules?q=`, `href="/feeds/search.atom?q=`} {
			if body := w.Body.String(); w.Code != http.StatusOK || strings.Contains(body, link) == own {
				t.Errorf("%s: status %d; %s is there: %v", query, w.Code, link, !own)
			}
		}
	}
	if w := get(t, h, "/feeds/search.atom?q=is:hidden"); w.Code != http.StatusBadRequest {
		t.Errorf("a feed of hidden articles: status %d", w.Code)
	}
}
