package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"headwater/internal/news"
	"headwater/internal/store/pgtest"
)

// TestQueriesUseTheirIndexes checks SQLite's plans for the queries whose cost could grow with the store.
func TestQueriesUseTheirIndexes(t *testing.T) {
	sqliteOnly(t)
	db := newsroom(t, 3)
	stories := func(l news.StoryList) string {
		q, _ := storyQuery(storyColumns, l)
		return q
	}
	articles := func(l news.ArticleList) string {
		q, _ := articleQuery(l)
		return q
	}
	tests := []struct {
		name, query, uses string
	}{
		{"hosts with due feeds", dueHostsSQL, "INDEX feeds_due"},
		{"known guids", knownSQL, "INDEX sqlite_autoindex_articles_1"},
		{"known ids", knownSQL, "INDEX articles_id_key"},
		{"known addresses", knownSQL, "INDEX articles_address_key"},
		{"known titles", knownSQL, "INDEX articles_title_key"},
		{"known texts", knownSQL, "INDEX articles_text_key"},
		{"log", logSQL, "INDEX articles_seq"},
		{"count after", countAfterSQL, "COVERING INDEX articles_seq"},
		{"window", windowSQL, "INDEX articles_seen"},
		{"outlets with articles", outletDomainsSQL, "COVERING INDEX articles_outlet (outlet_domain=?)"},
		{"outlets with articles, by name", outletNamesSQL, "COVERING INDEX articles_outlet (outlet_domain=? AND outlet_name=?)"},
		{"items seen", itemsSeenSQL, "INDEX articles_seen"},
		{"edges", edgesSQL, "INDEX articles_seen"},
		{"window of stories", windowOfSQL, "INDEX members_story"},
		{"edges of stories", edgesOfSQL, "INDEX edges_b"},
		{"links", edgesBetweenSQL, "INDEX sqlite_autoindex_edges_1 (a=?"},
		{"drop edges", dropEdgesBSQL, "INDEX edges_b"},
		{"vectors", vectorsSQL, "INTEGER PRIMARY KEY"},
		{"subscription of a feed", subscriptionOfSQL, "INDEX subscriptions_feed"},
		{"free hosts", freeHostsSQL, "INDEX page_hosts_free (queue=? AND free<?)"},
		{"claim sources", claimCreditedPagesSQL, "INDEX sources_wanted (host=?)"},
		{"sources that wait", leasedCreditedPagesSQL, "INDEX sources_wanted (host=?)"},
		{"expire sources", expireCreditedPagesSQL, "INDEX sources_waiting (credited<?)"},
		{"sources of articles", creditedPagesSQL, "INDEX citing_article"},
		{"unweighed", unweighedSQL, "INDEX citing_due"},
		{"weighed", markWeighedSQL, "INDEX citing_"},
		{"claim pages", claimPagesSQL, "INDEX pages_wanted (host=?)"},
		{"pages that wait", leasedPagesSQL, "INDEX pages_wanted (host=?)"},
		{"expire pages", expirePagesSQL, "INDEX pages_waiting"},
		{"unread", unreadSQL, "SEARCH r USING PRIMARY KEY (user_id=? AND feed_id=?)"},
		{"unread stories", unreadStoriesSQL, "SEARCH read_counts USING PRIMARY KEY (user_id=?)"},
		{"lead", setLeadsSQL, "INDEX members_story"},
		{"unlead", clearLeadsSQL, "INDEX members_story"},
		{"list stories of feeds", addToFeedListsSQL, "INDEX members_story"},
		{"unlist stories of feeds", removeFromFeedListsSQL, "INDEX story_feeds_story"},
		{"pages had", pageHashesSQL, "INTEGER PRIMARY KEY"},
		{"furniture", furnitureSQL, "INDEX furniture_seen"},
		{"items shown", shownSQL, "INDEX shown_item"},
		{"bound furniture", boundFurnitureSQL, "INDEX furniture_seen"},
		{"bound items", boundShownSQL, "INDEX shown_item"},
		{"mark templates", markTemplatesSQL, "INTEGER PRIMARY KEY"},
		{"front page", stories(news.StoryList{}), "INDEX stories_rank"},
		{"stories after a place", stories(news.StoryList{Newest: true, Before: news.Place{Time: day, ID: 3}}), "INDEX stories_changed ((changed,latest)<(?,?))"},
		{"feeds of a folder", newestOfFeedsSQL, "INDEX feeds_folder"},
		{"newest of the feeds of a folder", newestOfFeedsSQL, "SEARCH x USING PRIMARY KEY (feed_id=?"},
		{"stories of a feed", ofFeedSQL, "SEARCH story_feeds USING PRIMARY KEY (feed_id=?"},
		{"newest stories", stories(news.StoryList{Newest: true}), "INDEX stories_changed"},
		{"changed stories", stories(news.StoryList{Since: day}), "INDEX stories_changed"},
		{"coverage", coverageSQL, "INDEX stories_event"},
		{"an event", eventSQL, "INTEGER PRIMARY KEY"},
		{"events of former stories", eventNowSQL, "SEARCH s USING INTEGER PRIMARY KEY"},
		{"events that are gone", goneEventsSQL, "SEARCH e USING INTEGER PRIMARY KEY"},
		{"events that stories are in again", revivedEventsSQL, "SEARCH event_redirects USING"},
		{"redirects to an event", forwardEventsSQL, "INDEX event_redirects_new"},
		{"outlets of events", reachSQL, "INDEX members_story"},
		{"origins of events", reachSQL, "INDEX stories_event"},
		{"sizes of events", coverageTotalsSQL, "INTEGER PRIMARY KEY"},
		{"event", stories(news.StoryList{Event: 1}), "INDEX stories_event"},
		{"stories by id", stories(news.StoryList{IDs: news.Choose(1)}), "PRIMARY KEY"},
		{"members", membersSQL, "INDEX members_story"},
		{"who is carried", carriedSQL, "INDEX stories_changed"},
		{"who carries", carriesSQL, "INDEX members_story"},
		{"articles ahead of the clock", anyArticleAheadSQL, "INDEX articles_seen"},
		{"stories ahead of the clock", anyStoryAheadSQL, "INDEX stories_changed (changed>?)"},
		{"articles to date", aheadSeenSQL, "INDEX articles_seen (seen>?)"},
		{"stories to date", aheadMovedSQL, "INDEX stories_changed (changed>?)"},
		{"hosts that wait for ever", clampQueuesSQL, "INDEX page_hosts_free (queue=? AND free>?)"},
		{"log's epoch", epochSQL, "INTEGER PRIMARY KEY (rowid<?)"},
		{"newest articles", articles(news.ArticleList{}), "INDEX articles_time"},
		{"articles of a feed", articles(news.ArticleList{FeedID: 1}), "INDEX articles_feed"},
		{"topics of stories", matchesOfSQL, "INDEX topic_stories_story"},
		{"what is new of topics", topicsSQL, "INDEX topic_stories_seq"},
		{"unread of a topic", unreadTopicSQL, "INDEX topic_stories_seq"},
		{"new of topics", topicsSQL, "COVERING INDEX topic_stories_seq"},
		{"articles held against topics", topicChecksSQL, "INDEX topic_articles_story"},
		{"changes for alerts", changedSQL, "INDEX sqlite_autoindex_story_log_1"},
		{"what to tell", alertCandidatesSQL, "INDEX topic_stories_story"},
		{"alerts of matches", alertCandidatesSQL, "INDEX alerts_target"},
		{"what was told", moveNotifiedSQL, "INDEX alert_told_story"},
		{"due deliveries", dueDeliveriesSQL, "INDEX alert_outbox_due"},
		{"drop what was told", dropRepeatsSQL, "INDEX alert_outbox_story"},
		{"drop what was told", dropRepeatsSQL, "INDEX redirects_new"},
		{"drop what was told", dropRepeatsSQL, "SEARCH t EXISTS USING PRIMARY KEY (alert_id=? AND story_id=?)"},
		{"forget what was not told", dropUntoldSQL, "SEARCH alert_told USING PRIMARY KEY"},
		{"forget what waits", dropWaitingSQL, "INDEX alert_told_story"},
		{"move what waits", moveOutboxSQL, "INDEX alert_outbox_story"},
		{"stories that are closing", closingSQL, "INDEX stories_closing"},
		{"stories to close", closableSQL, "INDEX stories_open (changed<?)"},
		{"prints of a story", printedSQL, "INDEX members_story"},
		{"set a story's phase", setPhaseSQL, "INTEGER PRIMARY KEY"},
		{"reopen stories", reopenSQL, "INTEGER PRIMARY KEY"},
		{"drop prints", dropPrintsSQL, "INTEGER PRIMARY KEY"},
		{"drop closed edges", dropClosedEdgesASQL, "INDEX sqlite_autoindex_edges_1 (a=?"},
		{"drop closed edges back", dropClosedEdgesBSQL, "INDEX edges_b"},
		{"stories to age out", agingStoriesSQL, "INDEX stories_closed (changed<?)"},
		{"articles to age out", agingArticlesSQL, "INDEX members_story"},
		{"articles that are starred", agingArticlesSQL, "INDEX labelled_article"},
		{"articles that are corrected", agingArticlesSQL, "INDEX corrected_article"},
		{"age stories", ageStoriesSQL, "INDEX members_story"},
		{"age redirects", ageRedirectsSQL, "INDEX redirects_new"},
		{"events of stories", countEventsSQL, "INDEX stories_event"},
		{"uncount articles", uncountSQL, "INTEGER PRIMARY KEY"},
		{"age items", ageItemsSQL, "INTEGER PRIMARY KEY"},
		{"aged-out articles in the log", removalsSQL, "SEARCH removals USING INTEGER PRIMARY KEY"},
		{"the oldest of them", oldRemovalsSQL, "SEARCH removals USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
		{"those to forget", dropRemovalsSQL, "SEARCH removals USING INTEGER PRIMARY KEY"},
		{"stories that changed", changedPlacesSQL, "SEARCH l USING"},
		{"their places", placementsOfSQL, "SEARCH m USING"},
		{"sources of aged-out articles", citedPagesSQL, "INDEX citing_article"},
		{"sources that nobody cites", dropCreditedPagesSQL, "PRIMARY KEY (source_id=?"},
		{"drop read marks", dropReadMarksSQL, "INDEX read_marks_article"},
		{"aged-out items of a feed", hasAgedSQL, "SEARCH aged_items USING COVERING INDEX"},
		{"aged-out ids", agedSQL, "INDEX aged_items_id_key"},
		{"aged-out addresses", agedSQL, "INDEX aged_items_address_key"},
		{"aged-out titles", agedSQL, "INDEX aged_items_title_key"},
		{"aged-out texts", agedSQL, "INDEX aged_items_text_key"},
		{"forget aged-out items", forgetAgedSQL, "INDEX aged_items_listed"},
		{"open stories that are due", dueOpenFewSQL, "COVERING INDEX stories_open (changed>? AND changed<?)"},
		{"closed stories that are due", dueClosedFewSQL, "COVERING INDEX stories_closed (changed>? AND changed<?)"},
		{"due stories", dueStoriesSQL, "COVERING INDEX stories_closed"},
		{"articles seen since", seenSinceSQL, "COVERING INDEX articles_seen"},
		{"the first article seen", firstSeenSQL, "COVERING INDEX articles_seen"},
		{"an aged-out story", agedStorySQL, "INTEGER PRIMARY KEY"},
		{"articles since", articles(news.ArticleList{Since: day}), "INDEX articles_seen"},
	}
	for i, q := range append(slices.Clone(forgetStoriesSQL), forgetArticlesOfSQL...) {
		tests = append(tests, struct{ name, query, uses string }{fmt.Sprint("age out ", i), q, "SEARCH"})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := make([]any, strings.Count(tt.query, "?"))
			for i := range args {
				args[i] = "1"
			}
			if strings.Contains(tt.query, "?1") {
				args = args[:1]
				for _, more := range []string{"?2", "?3", "?4", "?5", "?6", "?7"} {
					args = append(args, make([]any, min(strings.Count(tt.query, more), 1))...)
				}
			}
			plan, err := collect(t.Context(), db.reader.QueryContext, scanStep, "EXPLAIN QUERY PLAN "+tt.query, args...)
			all := strings.Join(plan, "\n")
			if err != nil || !strings.Contains(all, tt.uses) {
				t.Errorf("plan without %s (%v):\n%s", tt.uses, err, all)
			}
			for _, step := range plan {
				if strings.HasPrefix(step, "SCAN") && !strings.Contains(step, "INDEX") && !scansFew(step) {
					t.Errorf("reads a whole table: %s", step)
				}
			}
		})
	}
}

// scanStep parses a step of a query plan.
func scanStep(row scanner) (step string, err error) {
	var skip any
	err = row.Scan(&skip, &skip, &skip, &step)
	return step, err
}

// scansFew reports whether a step reads only the caller's ids, the results of another step, or the feeds.
func scansFew(step string) bool {
	for _, few := range []string{"wanted", "json_each", "subquery", "CONSTANT ROW"} {
		if strings.Contains(step, few) {
			return true
		}
	}
	return slices.Contains([]string{"SCAN w", "SCAN page", "SCAN found", "SCAN open", "SCAN f", "SCAN feeds", "SCAN gone", "SCAN sqlite_sequence"}, step)
}

// TestKnownItemsAreLookedUp holds that PostgreSQL looks up the items of a document by their keys, and does not try each article
// that is stored for each of them.
func TestKnownItemsAreLookedUp(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("TestQueriesUseTheirIndexes has SQLite's plans")
	}
	db := newsroom(t, 3)
	for _, tt := range []struct {
		query string
		args  []any
	}{
		{knownSQL, []any{int64(1), `["g"]`, "[1]", "[1]", "[1]", "[1]", int64(maxKnown)}},
		{agedSQL, []any{int64(1), "[1]", "[1]", "[1]", "[1]", int64(maxKnown)}},
	} {
		var plan []string
		if err := db.eachRow(t.Context(), "plan", func(row scanner) error {
			line, err := scanText(row)
			plan = append(plan, line)
			return err
		}, "EXPLAIN "+tt.query, tt.args...); err != nil {
			t.Fatal(err)
		}
		if all := strings.Join(plan, "\n"); strings.Contains(all, "SubPlan") || strings.Contains(all, "Seq Scan") || !strings.Contains(all, "Limit") {
			t.Errorf("a subquery runs for each row, or a table is read whole:\n%s\n%s", tt.query, all)
		}
	}
}
