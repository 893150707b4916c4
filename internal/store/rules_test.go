package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

// ruled is the store of reading with four feeds of three articles, and a function that stores one more of each feed: 13 to 16.
func ruled(t *testing.T) (db *DB, more func()) {
	t.Helper()
	db = reading(t, 4, 3)
	feeds, err := db.Feeds(t.Context())
	must(t, err)
	return db, func() {
		for i, f := range feeds {
			store(t, db, poll(f, article(fmt.Sprint("late", i), fmt.Sprint("late title ", i))))
		}
	}
}

func addRule(t *testing.T, db *DB, r news.UserRule) news.UserRule {
	t.Helper()
	r.User = 1
	id, err := db.AddRule(t.Context(), r)
	must(t, err)
	r, err = db.Rule(t.Context(), 1, id)
	must(t, err)
	return r
}

// everyArticle are the ids of ruled.
var everyArticle = []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}

// TestRuleScope lets rules act, which all match each article: of which do they do so?
func TestRuleScope(t *testing.T) {
	db, more := ruled(t)
	ctx := t.Context()
	tests := []struct {
		name   string
		rule   news.UserRule
		change func(t *testing.T, r news.UserRule) // after the rule was read, and before it acts
		want   []int64
	}{
		{"all", news.UserRule{}, nil, []int64{13, 14, 15, 16}},
		{"a feed", news.UserRule{Feed: 2}, nil, []int64{14}},
		{"a folder", news.UserRule{Folder: "Wires"}, nil, []int64{13, 15}},
		{"a folder that nobody has", news.UserRule{Folder: "None"}, nil, nil},
		{"paused since", news.UserRule{}, func(t *testing.T, r news.UserRule) {
			r.Paused = true
			must(t, db.ChangeRule(ctx, r))
		}, nil},
		{"changed since", news.UserRule{}, func(t *testing.T, r news.UserRule) { must(t, db.ChangeRule(ctx, r)) }, nil},
		{"removed since", news.UserRule{}, func(t *testing.T, r news.UserRule) { must(t, db.RemoveRule(ctx, 1, r.ID)) }, nil},
	}
	var matches []RuleMatch
	for i := range tests {
		tests[i].rule.Action, tests[i].rule.Label = news.RuleLabel, tests[i].name
		r := addRule(t, db, tests[i].rule)
		matches = append(matches, RuleMatch{Rule: r, Articles: everyArticle})
	}
	more()
	for i, tt := range tests {
		if tt.change != nil {
			tt.change(t, matches[i].Rule)
		}
	}
	must(t, db.PutRuleMatches(ctx, 16, matches))
	for _, tt := range tests {
		items, err := db.Items(ctx, 1, news.ItemList{In: []news.Stream{{Kind: news.StreamOwn, Label: tt.name}}})
		ids := itemIDs(items)
		slices.Sort(ids)
		if !slices.Equal(ids, tt.want) || err != nil {
			t.Errorf("%s: acted on %v, want %v (%v)", tt.name, ids, tt.want, err)
		}
	}
	if mark, err := db.RulesMark(ctx); mark != 16 || err != nil {
		t.Errorf("mark %d, %v", mark, err)
	}
	check(t, db)
}

// stateOf returns what a user sees, and compares it with what counters and marks say.
func stateOf(t *testing.T, db *DB) (state struct{ Listed, Unread, Starred []int64 }) {
	t.Helper()
	for _, list := range []struct {
		ids     *[]int64
		in, out []news.Stream
	}{
		{&state.Listed, []news.Stream{{Kind: news.StreamAll}}, nil},
		{&state.Unread, []news.Stream{{Kind: news.StreamAll}}, []news.Stream{{Kind: news.StreamRead}}},
		{&state.Starred, []news.Stream{{Kind: news.StreamStarred}}, nil},
	} {
		items, err := db.Items(t.Context(), 1, news.ItemList{In: list.in, Out: list.out})
		must(t, err)
		*list.ids = itemIDs(items)
		slices.Sort(*list.ids)
		n, err := db.CountItems(t.Context(), 1, news.ItemList{In: list.in, Out: list.out})
		if must(t, err); n.Count != int64(len(items)) {
			t.Errorf("%d are counted of %v", n.Count, *list.ids)
		}
	}
	if n, err := db.UnreadTotal(t.Context(), 1); err != nil || n.Articles != int64(len(state.Unread)) {
		t.Errorf("counters have %d unread articles, lists %v (%v)", n.Articles, state.Unread, err)
	}
	marks, err := db.Marks(t.Context(), 1)
	must(t, err)
	for _, id := range everyArticle {
		if unread := slices.Contains(state.Unread, id); slices.Contains(state.Listed, id) && marks.Read.Has(id) == unread {
			t.Errorf("article %d is unread in lists: %v, and read by the marks: %v", id, unread, marks.Read.Has(id))
		}
	}
	check(t, db)
	return state
}

// TestRuleActs compares what a user sees before a rule acts, after it, and after the same articles come again.
func TestRuleActs(t *testing.T) {
	for action, want := range map[news.RuleAction]struct{ listed, unread, starred []int64 }{
		news.RuleHide:  {[]int64{14, 16}, []int64{14, 16}, nil},
		news.RuleRead:  {[]int64{13, 14, 15, 16}, []int64{14, 16}, nil},
		news.RuleStar:  {[]int64{13, 14, 15, 16}, []int64{13, 14, 15, 16}, []int64{13, 15}},
		news.RuleLabel: {[]int64{13, 14, 15, 16}, []int64{13, 14, 15, 16}, nil},
	} {
		t.Run(string(action), func(t *testing.T) {
			db, more := ruled(t)
			ctx := t.Context()
			before := stateOf(t, db)
			r := addRule(t, db, news.UserRule{Action: action, Label: "x", Folder: "Wires"})
			more()
			must(t, db.PutRuleMatches(ctx, 16, []RuleMatch{{r, everyArticle}}))
			after := stateOf(t, db)
			for _, list := range []struct{ got, want, old []int64 }{
				{after.Listed, want.listed, before.Listed}, {after.Unread, want.unread, before.Unread}, {after.Starred, want.starred, before.Starred},
			} {
				if diff := cmp.Diff(slices.Concat(list.old, list.want), slices.Concat(list.got)); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			}
			now, err := db.Rule(ctx, 1, r.ID)
			if err != nil || now.Acted != 2 || now.Last.IsZero() || now.Applied != 0 {
				t.Errorf("the rule says %+v, %v", now, err)
			}
			if last, err := db.RuleChanges(ctx, 1, r.ID, 5); err != nil || len(last) != 2 || last[0].Article.Title != "late title 2" || !last[0].At.Equal(now.Last) {
				t.Errorf("it did %+v, %v", last, err)
			}

			// What the user does afterwards stays, whatever comes again.
			_, err = db.MarkItems(ctx, 1, news.Marking{Articles: []int64{13, 15}, Unread: true, DropOff: []string{"", "x"}})
			must(t, err)
			must(t, db.PutRuleMatches(ctx, 16, []RuleMatch{{r, everyArticle}}))
			if got := stateOf(t, db); !slices.Equal(got.Unread, everyArticle) || !slices.Equal(got.Listed, everyArticle) || got.Starred != nil {
				t.Errorf("it acted again: %+v", got)
			}
		})
	}
}

// TestApplyRule applies rules to earlier articles, of which some are read and starred already, and takes that back.
func TestApplyRule(t *testing.T) {
	for _, action := range news.RuleActions {
		t.Run(string(action), func(t *testing.T) {
			db, more := ruled(t)
			ctx := t.Context()
			more()
			for _, m := range []news.Marking{
				{Articles: []int64{1}, Read: true}, {Articles: []int64{2}, AddLabels: []string{"", "x"}},
			} {
				_, err := db.MarkItems(ctx, 1, m)
				must(t, err)
			}
			_, err := db.MarkAllRead(ctx, 1, news.ItemList{In: []news.Stream{{Kind: news.StreamFeed, Feed: 3}}}) // 7, 8, 9 and 15, as a range
			must(t, err)
			before := stateOf(t, db)
			topic, err := db.AddTopic(ctx, news.Topic{User: 1, Name: "x", Query: "x"})
			must(t, err)
			r := addRule(t, db, news.UserRule{Action: action, Label: "x", Topic: topic, Paused: true})
			apply := func(articles ...int64) int {
				n, err := db.ApplyRule(ctx, RuleMatch{Rule: r, Articles: articles})
				must(t, err)
				return n
			}
			want := map[news.RuleAction]int{news.RuleHide: 5, news.RuleRead: 2, news.RuleStar: 4, news.RuleLabel: 4, news.RuleTopic: 5}[action]
			first := apply(1, 2, 7, 13, 15)
			if action == news.RuleRead { // 13 is unread; 2 is read as a copy of 1, which stands for their story
				want = 1
			}
			if first != want || apply(1, 2, 7, 13, 15) != 0 {
				t.Errorf("it changed %d articles, want %d", first, want)
			}
			if action == news.RuleHide {
				if got := stateOf(t, db); slices.ContainsFunc(got.Listed, func(id int64) bool { return slices.Contains([]int64{1, 2, 7, 13, 15}, id) }) {
					t.Errorf("hidden articles are in a list: %v", got.Listed)
				}
			}
			if sent, err := db.SentTo(ctx, topic, 10); err != nil || (action == news.RuleTopic) != slices.Equal(sent, []int64{15, 13, 7, 2, 1}) {
				t.Errorf("in the topic are %v (%v)", sent, err)
			}
			undone, err := db.UndoRule(ctx, 1, r.ID)
			if undone != want || err != nil {
				t.Errorf("%d articles are as before, want %d (%v)", undone, want, err)
			}
			if diff := cmp.Diff(before, stateOf(t, db)); diff != "" {
				t.Errorf("undone (-before +after)\n%s", diff)
			}
			if _, err := db.UndoRule(ctx, 1, r.ID); !errors.Is(err, news.ErrNotFound) {
				t.Errorf("undone twice: %v", err)
			}
			if n := apply(1, 2, 7, 13, 15); n != want {
				t.Errorf("applied again it changed %d articles, want %d", n, want)
			}
			if now, err := db.Rule(ctx, 1, r.ID); err != nil || now.Acted != want || now.Applied == 0 {
				t.Errorf("the rule says %+v, %v", now, err)
			}
			stateOf(t, db)
		})
	}
}

// TestRulesFollow renames and removes what rules name.
func TestRulesFollow(t *testing.T) {
	db, _ := ruled(t)
	ctx := t.Context()
	folder := addRule(t, db, news.UserRule{Action: news.RuleRead, Folder: "Wires"})
	feed := addRule(t, db, news.UserRule{Action: news.RuleRead, Feed: 2})
	label := addRule(t, db, news.UserRule{Action: news.RuleLabel, Label: "x"})
	_, err := db.MarkItems(ctx, 1, news.Marking{Articles: []int64{2}, AddLabels: []string{"x"}})
	must(t, err)
	want := func(what string, r news.UserRule, folder, label string, idle news.RuleIdle) {
		t.Helper()
		if now, err := db.Rule(ctx, 1, r.ID); err != nil || now.Folder != folder || now.Label != label || now.Idle != idle || now.Version != r.Version {
			t.Errorf("%s: %+v, %v", what, now, err)
		}
	}
	_, err = db.MoveFolder(ctx, "Wires", "News/Wires")
	must(t, err)
	want("a renamed folder", folder, "News/Wires", "", "")
	_, err = db.MoveFolder(ctx, "News", "All")
	must(t, err)
	want("the one above it renamed", folder, "All/Wires", "", "")
	must(t, db.RenameLabel(ctx, 1, "All/Wires", "Wires"))
	want("renamed by a feed reader", folder, "Wires", "", "")
	removal, err := db.RemoveFolder(ctx, "Wires")
	must(t, err)
	want("a removed folder", folder, "Wires", "", news.RuleNoFolder)
	_, err = db.RestoreFolder(ctx, removal.Undo)
	must(t, err)
	want("restored", folder, "Wires", "", "")
	must(t, db.RemoveFeed(ctx, 2))
	want("a removed feed", feed, "", "", news.RuleNoFeed)
	_, err = db.RestoreFeeds(ctx, []int64{2})
	must(t, err)
	want("restored", feed, "", "", "")
	must(t, db.MoveLabel(ctx, 1, "x", "y"))
	want("a renamed label", label, "", "y", "")
}

// TestFirstSince asks from which article on the articles of a time are.
func TestFirstSince(t *testing.T) {
	db := open(t, t.TempDir())
	f := addFeeds(t, db, 1)[0]
	if first, err := db.FirstSince(t.Context(), day); first != 1 || err != nil {
		t.Errorf("without articles it is %d, %v", first, err)
	}
	for i, seen := range []time.Time{day, day, day.Add(time.Hour), day.Add(time.Hour)} {
		a := article(fmt.Sprint("g", i), fmt.Sprint("title ", i))
		a.Seen, a.Published = seen, seen.Add(-time.Duration(i)*time.Minute) // the later of one poll is the older
		store(t, db, poll(f, a))
	}
	for since, want := range map[time.Time]int64{day.Add(-time.Hour): 1, day: 1, day.Add(time.Minute): 3, day.Add(time.Hour): 3, day.Add(2 * time.Hour): 5} {
		if first, err := db.FirstSince(t.Context(), since); first != want || err != nil {
			t.Errorf("since %s it is %d, want %d (%v)", since, first, want, err)
		}
	}
}

// TestRuleTopics lets rules of readers and editors send to topics of their own, of others and of everybody, and removes a topic.
func TestRuleTopics(t *testing.T) {
	db, _ := ruled(t)
	ctx := t.Context()
	must(t, db.AddUser(ctx, news.User{Name: "else"}, "hash"))
	topics := map[int64]int64{}
	for _, owner := range []int64{0, 1, 2} {
		id, err := db.AddTopic(ctx, news.Topic{User: owner, Name: "x", Query: "x"})
		must(t, err)
		topics[owner] = id
	}
	for _, tt := range []struct {
		role  news.UserRole
		owner int64
		idle  news.RuleIdle
	}{
		{news.ReaderRole, 1, ""},
		{news.ReaderRole, 2, news.RuleNoTopic},
		{news.ReaderRole, 0, news.RuleNoTopic},
		{news.EditorRole, 0, ""},
		{news.EditorRole, 2, news.RuleNoTopic},
	} {
		must(t, db.SetRole(ctx, "anna", tt.role))
		r := addRule(t, db, news.UserRule{Action: news.RuleTopic, Topic: topics[tt.owner]})
		n, err := db.ApplyRule(ctx, RuleMatch{Rule: r, Articles: []int64{1, 4}})
		if must(t, err); r.Idle != tt.idle || (n == 2) != (tt.idle == "") {
			t.Errorf("%+v: it is idle for %q and sent %d articles", tt, r.Idle, n)
		}
		must(t, db.RemoveTopic(ctx, tt.owner, "x"))
		if now, err := db.Rule(ctx, 1, r.ID); err != nil || now.Topic != 0 || now.Idle != news.RuleNoTopic {
			t.Errorf("%+v: its topic removed: %+v, %v", tt, now, err)
		}
		if n, err := db.ApplyRule(ctx, RuleMatch{Rule: r, Articles: []int64{2, 5}}); n != 0 || err != nil {
			t.Errorf("%+v: it sent %d articles to a topic that is gone, %v", tt, n, err)
		}
		id, err := db.AddTopic(ctx, news.Topic{User: tt.owner, Name: "x", Query: "x"})
		must(t, err)
		topics[tt.owner] = id
	}
	check(t, db)
}

// TestRuleLimits adds more rules than a user may have, and changes one that was changed meanwhile.
func TestRuleLimits(t *testing.T) {
	db, _ := ruled(t)
	ctx := t.Context()
	first := addRule(t, db, news.UserRule{Action: news.RuleRead})
	for range news.MaxRules - 1 {
		addRule(t, db, news.UserRule{Action: news.RuleRead, Paused: true})
	}
	var refused *news.RuleError
	if _, err := db.AddRule(ctx, news.UserRule{User: 1, Action: news.RuleRead}); !errors.As(err, &refused) || refused.Field != "rules" {
		t.Errorf("one rule too many: %v", err)
	}
	other := first
	other.Query = "gulls"
	must(t, db.ChangeRule(ctx, other))
	if err := db.ChangeRule(ctx, first); !errors.As(err, &refused) || refused.Field != "version" {
		t.Errorf("a rule that was changed: %v", err)
	}
	if _, err := db.ApplyRule(ctx, RuleMatch{Rule: first}); !errors.As(err, &refused) {
		t.Errorf("a rule that was changed, applied: %v", err)
	}
	for what, err := range map[string]error{
		"change": db.ChangeRule(ctx, news.UserRule{ID: first.ID, User: 2}), "remove": db.RemoveRule(ctx, 2, first.ID),
		"look at": errorOf(db.RuleChanges(ctx, 2, first.ID, 1)), "undo": errorOf(db.UndoRule(ctx, 2, first.ID)),
	} {
		if !errors.Is(err, news.ErrNotFound) {
			t.Errorf("%s another user's rule: %v", what, err)
		}
	}
	if all, err := db.ActiveRules(ctx); err != nil || len(all) != 1 || all[0].Query != "gulls" {
		t.Errorf("active are %+v, %v", all, err)
	}
}

// TestRulesSkip adds the first rule of an installation: what was settled before it is not read. A second one skips nothing.
func TestRulesSkip(t *testing.T) {
	db, more := ruled(t)
	want := func(mark int64) {
		t.Helper()
		if got, err := db.RulesMark(t.Context()); got != mark || err != nil {
			t.Errorf("mark %d, want %d (%v)", got, mark, err)
		}
	}
	settle(t, db, Settlement{Through: 12})
	r := addRule(t, db, news.UserRule{Action: news.RuleRead})
	want(12)
	more()
	settle(t, db, Settlement{Through: 16})
	addRule(t, db, news.UserRule{Action: news.RuleRead})
	want(12)
	must(t, db.RemoveUser(t.Context(), "anna"))
	if _, err := db.Rule(t.Context(), 1, r.ID); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("the rule of a user who is gone: %v", err)
	}
	check(t, db)
}

// TestRulesAgeOut ages out articles on which rules have acted.
func TestRulesAgeOut(t *testing.T) {
	db, _ := ruled(t)
	r := addRule(t, db, news.UserRule{Action: news.RuleHide})
	if n, err := db.ApplyRule(t.Context(), RuleMatch{Rule: r, Articles: everyArticle}); n != 12 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	execute(t, db.Dir(), `UPDATE stories SET phase = 2`)
	if out := ageOut(t, db, day.Add(time.Hour), 100); len(out.Articles) != 12 {
		t.Errorf("aged out: %+v", out)
	}
	if got, want := rows(t, db, "rules", "rule_articles", "hidden", "read_marks"), "rules 1, rule_articles 0, hidden 0, read_marks 0"; got != want {
		t.Errorf("left are %s, want %s", got, want)
	}
	check(t, db)
}

// TestListsWithoutHidden compares lists of a user from whom something is hidden with those of everybody less what is hidden, page by page.
// A story is listed where an article of it, or of the list's feeds, is not hidden.
func TestListsWithoutHidden(t *testing.T) {
	db := reading(t, 5, 5)
	ctx := t.Context()
	random := rand.New(rand.NewPCG(1, 2))
	r := addRule(t, db, news.UserRule{Action: news.RuleHide})
	feeds, err := db.Feeds(ctx)
	must(t, err)
	for round := range 5 {
		var ids []int64
		for id := range int64(25) {
			if random.IntN(3) == 0 {
				ids = append(ids, id+1)
			}
		}
		switch round {
		case 3: // whole stories, and nearly all of a folder
			ids = []int64{1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 21, 22, 23, 24}
		case 4: // all
			ids = nil
			for id := range int64(25) {
				ids = append(ids, id+1)
			}
		}
		_, err := db.ApplyRule(ctx, RuleMatch{Rule: r, Articles: ids})
		must(t, err)
		hidden, err := db.Hidden(ctx, 1)
		if must(t, err); !hidden.Has(ids[0]) || !slices.Equal(hidden, news.IDsOf(ids...)) {
			t.Fatalf("hidden are %v, want those of %v", hidden, ids)
		}
		for _, list := range []news.StoryList{{}, {Feed: 1}, {Feed: 2}, {Folder: "Wires"}, {Folder: "Papers"}} {
			shown := func(a news.Article) bool {
				f := feeds[slices.IndexFunc(feeds, func(f news.Feed) bool { return f.ID == a.FeedID })]
				return !hidden.Has(a.ID) && (list.Feed == 0 || f.ID == list.Feed) && (list.Folder == "" || f.Folder == list.Folder)
			}
			list.Newest, list.Limit = true, 100
			all, err := db.Stories(ctx, list)
			must(t, err)
			var want, got []int64
			for _, s := range all {
				if slices.ContainsFunc(s.Members, func(m news.Member) bool { return shown(m.Article) }) {
					want = append(want, s.ID)
				}
			}
			mine := list
			for mine.Viewer, mine.Limit = 1, 2; ; {
				part, err := db.StoryMarks(ctx, mine)
				must(t, err)
				for _, s := range part {
					got = append(got, s.ID)
					mine.Before = news.Place{Time: s.Changed, ID: s.ID}
				}
				if len(part) < 2 {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("round %d, %+v: stories %v, want %v", round, list, got, want)
			}
			if list.Feed == 0 && list.Folder == "" {
				if n, err := db.CountStories(ctx, news.StoryList{Newest: true, Viewer: 1}); n != len(want) || err != nil {
					t.Errorf("round %d: %d stories are counted, want %d (%v)", round, n, len(want), err)
				}
				continue
			}
			want, got = nil, nil
			articles, err := db.FeedArticles(ctx, 0, list.Feed, list.Folder, news.Place{}, 100)
			must(t, err)
			for _, a := range articles {
				if shown(a) {
					want = append(want, a.ID)
				}
			}
			for before := (news.Place{}); ; {
				part, err := db.FeedArticles(ctx, 1, list.Feed, list.Folder, before, 2)
				must(t, err)
				for _, a := range part {
					got = append(got, a.ID)
					before = news.Place{Time: a.Time(), ID: a.ID}
				}
				if len(part) < 2 {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("round %d, %+v: articles %v, want %v", round, list, got, want)
			}
		}
		if round%2 == 0 {
			_, err = db.UndoRule(ctx, 1, r.ID)
		} else {
			_, err = db.MarkItems(ctx, 1, news.Marking{Articles: ids, Unread: true})
		}
		must(t, err)
		if hidden, err := db.Hidden(ctx, 1); err != nil || !slices.Equal(hidden, news.IDsOf(ids...).Without(ids)) {
			t.Fatalf("round %d: still hidden are %v, %v", round, hidden, err)
		}
		r = addRule(t, db, news.UserRule{Action: news.RuleHide}) // the one before has acted on these
	}
	check(t, db)
}
