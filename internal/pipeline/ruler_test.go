package pipeline_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/search"
	"headwater/internal/store"
)

// actedOn returns the headlines of the articles that a rule changed, sorted.
func actedOn(t *testing.T, room *pipelinetest.Room, rule int64) (titles []string) {
	t.Helper()
	changes, err := room.Store.RuleChanges(t.Context(), 1, rule, 1000)
	must(t, err)
	for _, c := range changes {
		titles = append(titles, c.Article.Title)
	}
	slices.Sort(titles)
	return titles
}

func addRule(t *testing.T, room *pipelinetest.Room, r news.UserRule) int64 {
	t.Helper()
	r.User = 1
	id, err := room.Store.AddRule(t.Context(), r)
	must(t, err)
	return id
}

// TestRulesAct adds rules to an installation with articles: they act on those that come, once these have their story.
func TestRulesAct(t *testing.T) {
	room, p, url, c := library(t)
	ctx := t.Context()
	must(t, room.Store.AddUser(ctx, news.User{Name: "anna"}, "hash"))
	const storm, again = "Storm takes roofs in Port Ellis", strikeTitle + " again"
	tests := []struct {
		rule news.UserRule
		want []string
	}{
		{news.UserRule{Query: "comet OR storm OR strike"}, []string{again, cometTitle, storm}},
		{news.UserRule{Query: "is:copy"}, []string{cometTitle}},
		{news.UserRule{Query: "is:original"}, []string{storm}},
		{news.UserRule{Query: "storm", Feed: feedOf(t, room, url+"/herald").ID}, nil},
		{news.UserRule{Query: "storm", Feed: feedOf(t, room, url+"/gazette").ID}, []string{storm}},
		{news.UserRule{Query: "zeppelin"}, []string{again}}, // of a revision, below
		{news.UserRule{Query: "nothing :("}, nil},           // as an older version may have stored it
	}
	ids := make([]int64, len(tests))
	for i, tt := range tests {
		tt.rule.Action = news.RuleRead
		if i > 0 {
			tt.rule.Action, tt.rule.Label = news.RuleLabel, fmt.Sprint("rule ", i)
		}
		ids[i] = addRule(t, room, tt.rule)
	}
	c.Advance(time.Hour)
	p.set("gazette", item{"comet", cometTitle, cometText, c.Now()}, item{"storm", storm, "A storm took the roofs off nine houses by the river in Port Ellis on Tuesday.", c.Now()},
		item{"again", again, "Bakers of the north have begun another walkout, their union said on Wednesday.", c.Now()})
	pass(t, room)
	c.Advance(time.Hour)
	p.set("gazette", item{"again", again, "Bakers of the north have begun another walkout and fly a zeppelin, their union said on Wednesday.", c.Now()})
	p.set("tribune", item{"strike", strikeTitle, strikeText + " A zeppelin flew.", c.Now()}) // stored before the rules were added
	pass(t, room)
	for i, tt := range tests {
		if got := actedOn(t, room, ids[i]); !slices.Equal(got, tt.want) {
			t.Errorf("%s acted on %q, want %q", tt.rule.Query, got, tt.want)
		}
	}
	must(t, room.Store.Check(ctx))
}

// TestRulesSendToTopics sends articles to a topic whose query does not find them: a new one, which is new to the topic, and earlier ones,
// which are not. Then that is undone.
func TestRulesSendToTopics(t *testing.T) {
	room, p, _, c := library(t)
	ctx := t.Context()
	must(t, room.Store.AddUser(ctx, news.User{Name: "anna"}, "hash"))
	topic, err := room.Store.AddTopic(ctx, news.Topic{User: 1, Name: "sky", Query: "zeppelin"})
	must(t, err)
	want := func(what string, fresh int, titles ...string) {
		t.Helper()
		now, err := room.Store.TopicByID(ctx, topic)
		must(t, err)
		stories, total, err := room.Stories.TopicStories(ctx, now, 10, 0)
		must(t, err)
		var got []string
		for _, s := range stories {
			got = append(got, s.Headline())
		}
		matched, err := room.Store.NewStoriesOfTopic(ctx, news.Topic{ID: topic, Seen: -1}, 10)
		if slices.Sort(got); err != nil || !slices.Equal(got, titles) || total != len(titles) || len(matched) != len(titles) || now.New != fresh {
			t.Errorf("%s: the topic has %q, %d in all, %d stored and %d new (%v); want %q and %d new", what, got, total, len(matched), now.New, err, titles, fresh)
		}
	}
	id := addRule(t, room, news.UserRule{Query: "gulls OR comet", Action: news.RuleTopic, Topic: topic})
	c.Advance(time.Hour)
	p.set("gazette", item{"gulls", "Gulls land", "Gulls have landed on the roofs of Port Ellis on Tuesday.", c.Now()})
	pass(t, room)
	pass(t, room)
	want("a new article", 1, "Gulls land")
	rule, err := room.Store.Rule(ctx, 1, id)
	must(t, err)
	articles, total, of, err := room.Stories.RuleArticles(ctx, rule, 7*24*time.Hour)
	if must(t, err); total != 2 || of < 3 {
		t.Errorf("%d of %d articles of the last week match, want 2", total, of)
	}
	changed, err := room.Store.ApplyRule(ctx, store.RuleMatch{Rule: rule, Articles: articles})
	if must(t, err); changed != 1 {
		t.Errorf("it sent %d earlier articles, want 1", changed)
	}
	pass(t, room)
	want("earlier articles", 1, cometTitle, "Gulls land")
	_, err = room.Store.UndoRule(ctx, 1, id)
	must(t, err)
	pass(t, room)
	want("undone", 1, "Gulls land")
	must(t, room.Store.Check(ctx))
}

// ruleOfAll adds a user with rules that act on all articles, unless an earlier process has.
func ruleOfAll(t *testing.T, room *pipelinetest.Room) {
	t.Helper()
	err := room.Store.AddUser(t.Context(), news.User{Name: "anna"}, "hash")
	if errors.Is(err, news.ErrExists) {
		return
	}
	must(t, err)
	addRule(t, room, news.UserRule{Query: "after:2000", Action: news.RuleHide})
	addRule(t, room, news.UserRule{Query: "after:2000", Action: news.RuleStar})
}

// wantActed requires that the rules of ruleOfAll have acted once on each article, as far as they were there before it.
func wantActed(t *testing.T, room *pipelinetest.Room) {
	t.Helper()
	status, err := room.Stories.Status(t.Context())
	must(t, err)
	rules, err := room.Store.Rules(t.Context(), 1)
	must(t, err)
	for _, r := range rules {
		if got := len(actedOn(t, room, r.ID)); r.Acted != got || got != status.Articles {
			t.Errorf("a rule says %d and has acted on %d articles of %d", r.Acted, got, status.Articles)
		}
	}
	left, err := room.Store.Items(t.Context(), 1, news.ItemList{In: []news.Stream{{Kind: news.StreamAll}}})
	must(t, err)
	if len(rules) != 2 || len(left) > 0 {
		t.Errorf("%d rules left %d articles in the list", len(rules), len(left))
	}
}

// TestRulesOfServe lets the stages of a server act: also on what comes while there are no rules yet, and after the first was added.
func TestRulesOfServe(t *testing.T) {
	room, p, _, c := library(t)
	ctx := t.Context()
	must(t, room.Store.AddUser(ctx, news.User{Name: "anna"}, "hash"))
	go func() { _ = room.Pipeline.KeepUp(ctx) }()
	id := addRule(t, room, news.UserRule{Query: "gulls", Action: news.RuleHide})
	c.Advance(time.Hour)
	p.set("gazette", item{"gulls", "Gulls land", "Gulls have landed on the roofs of Port Ellis on Tuesday.", c.Now()})
	_, err := room.Pipeline.Pass(ctx, pipeline.PassOptions{Force: true, CollectOnly: true})
	must(t, err)
	eventually(t, "the rule has acted", func() bool { return len(actedOn(t, room, id)) == 1 })
}

// TestHiddenOfRules hides articles from one user, and looks at what that user, another one and nobody find.
func TestHiddenOfRules(t *testing.T) {
	room, _, url, _ := library(t)
	ctx := t.Context()
	must(t, room.Store.AddUser(ctx, news.User{Name: "anna"}, "hash"))
	must(t, room.Store.AddUser(ctx, news.User{Name: "bert"}, "hash"))
	for _, owner := range []int64{0, 1, 2} {
		_, err := room.Store.AddTopic(ctx, news.Topic{User: owner, Name: "all", Query: "after:1970"})
		must(t, err)
	}
	tribune := feedOf(t, room, url+"/tribune")
	must(t, room.Store.EditFeed(ctx, tribune.ID, "Tribune", "Papers"))
	// lists has the headlines of each list of a viewer, sorted.
	lists := func(viewer int64) map[string][]string {
		t.Helper()
		out := map[string][]string{}
		add := func(list string, total int, stories []news.Story, err error) {
			t.Helper()
			must(t, err)
			for _, s := range stories {
				out[list] = append(out[list], s.Headline())
			}
			if slices.Sort(out[list]); total >= 0 && total != len(stories) {
				t.Errorf("%s of %d: %d in all, listed are %q", list, viewer, total, out[list])
			}
		}
		found, err := room.Stories.Search(ctx, search.Request{Query: "after:1970", User: viewer})
		must(t, err)
		for _, a := range found.Articles {
			out["search"] = append(out["search"], a.Article.Title)
		}
		slices.Sort(out["search"])
		shared, err := room.Store.SharedTopic(ctx, viewer, "all")
		must(t, err)
		own, err := room.Store.Topic(ctx, viewer, "all")
		must(t, err)
		for name, topic := range map[string]news.Topic{"shared topic": shared, "topic": own} {
			page, err := room.Stories.TopicPage(ctx, topic, 10, 0)
			add(name, page.Total, page.Stories, err)
			edition, err := room.Stories.Edition(ctx, news.EditionQuery{Topic: topic, Viewer: viewer})
			add("feed of a "+name, -1, edition.Stories, err)
		}
		edition, err := room.Stories.Edition(ctx, news.EditionQuery{Viewer: viewer})
		add("feed of everything", -1, edition.Stories, err)
		edition, err = room.Stories.Edition(ctx, news.EditionQuery{Folder: "Papers", Viewer: viewer})
		add("feed of a folder", -1, edition.Stories, err)
		front, err := room.Stories.Front(ctx, news.FrontQuery{Viewer: viewer, Limit: 1000}) // of more cards than are kept
		must(t, err)
		for _, c := range front.Cards {
			out["front page"] = append(out["front page"], c.Articles[0].Title)
		}
		if slices.Sort(out["front page"]); front.Total != len(front.Cards) {
			t.Errorf("the front page of %d has %d cards in all and shows %d", viewer, front.Total, len(front.Cards))
		}
		return out
	}
	front := func(viewer int64, cards int) func() bool {
		return func() bool {
			page, err := room.Stories.Front(ctx, news.FrontQuery{Viewer: viewer})
			must(t, err)
			return len(page.Cards) == cards && page.Total == cards
		}
	}
	before := lists(1)
	eventually(t, "the front page has everything", front(1, 3))
	rule, err := room.Store.Rule(ctx, 1, addRule(t, room, news.UserRule{Query: "strike OR flood", Feed: tribune.ID, Action: news.RuleHide}))
	must(t, err)
	articles, _, _, err := room.Stories.RuleArticles(ctx, rule, 7*24*time.Hour)
	must(t, err)
	changed, err := room.Store.ApplyRule(ctx, store.RuleMatch{Rule: rule, Articles: articles})
	if must(t, err); changed != 2 {
		t.Fatalf("%d articles were hidden, want the two of the Tribune", changed)
	}
	// The flood is still told by others, but by no feed of the folder.
	for list, got := range lists(1) {
		want := slices.DeleteFunc(slices.Clone(before[list]), func(title string) bool { return title == strikeTitle })
		switch list {
		case "search": // by article
			want = slices.Delete(want, slices.Index(want, floodTitle), slices.Index(want, floodTitle)+1)
		case "feed of a folder":
			want = nil
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q; before it was %q", list, got, want, before[list])
		}
	}
	for _, viewer := range []int64{0, 2} {
		if got := lists(viewer); !maps.EqualFunc(got, before, slices.Equal) {
			t.Errorf("user %d has %q, want all: %q", viewer, got, before)
		}
	}
	eventually(t, "the front page of the user has less", front(1, 2))
	eventually(t, "that of another has everything", front(2, 3))
	hidden, err := room.Stories.Search(ctx, search.Request{Query: "is:hidden", User: 1})
	if must(t, err); hidden.Total != 2 {
		t.Errorf("is:hidden finds %d articles", hidden.Total)
	}
	_, err = room.Store.UndoRule(ctx, 1, rule.ID)
	must(t, err)
	if got := lists(1); !maps.EqualFunc(got, before, slices.Equal) {
		t.Errorf("undone, the lists are %q, want %q", got, before)
	}
	eventually(t, "undone, the front page has everything", front(1, 3))
}
