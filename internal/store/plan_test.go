package store

import (
	"cmp"
	"database/sql"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"headwater/internal/news"
	"headwater/internal/store/pgtest"
)

// planned is a statement whose cost could grow with the store, and a part of its plan in SQLite.
type planned struct{ name, query, uses string }

// plannedStatements are the statements that run by themselves or for a page.
func plannedStatements() []planned {
	stories := func(l news.StoryList) string {
		q, _ := storyQuery(storyColumns, l)
		return q
	}
	articles := func(l news.ArticleList) string {
		q, _ := articleQuery(l)
		return q
	}
	counts := func(in ...news.Stream) string {
		q, _ := unreadCountsQuery(1, in, 10)
		return q
	}
	history := func(i int, l news.ItemList) string {
		queries, _, _ := historyQueries(1, l)
		return queries[i]
	}
	items := func(l news.ItemList) string {
		q, _, _ := itemQuery(1, l, itemsSQL, filter{})
		return q
	}
	whole := wholeFeedsSQL + " WHERE f.removed = 0 AND f.articles > coalesce(r.articles, 0) ORDER BY f.id"
	all := []planned{
		{"session", sessionSQL, "INDEX sqlite_autoindex_sessions_1"},
		{"expired sessions", expireSessionsSQL, "INDEX sessions_expires"},
		{"sessions of a user", sessionsSQL, "INDEX sessions_user"},
		{"sessions beyond those of a user", boundSessionsSQL, "INDEX sessions_user"},
		{"sessions of a user whose password changed", dropSessionsSQL, "INDEX sessions_user"},
		{"changes of access", auditSQL, "INTEGER PRIMARY KEY"},
		{"old changes of access", boundAuditSQL, "INDEX audit_time"},
		{"refused logins beyond the bound", boundRefusedSQL, "INDEX audit_refused"},
		{"hosts with due feeds", dueHostsSQL, "INDEX feeds_due"},
		{"due feeds", dueFeedsSQL, "INDEX feeds_due (due<?)"},
		{"hosts that are asked", askedHostsSQL, "COVERING INDEX poll_hosts_until (until>?)"},
		{"hosts with pages that wait", pageHostsSQL, "INDEX page_hosts_free (queue=?)"},
		{"deliveries that wait", outboxSQL, "COVERING INDEX alert_outbox_due (alert_id=?)"},
		{"changes behind a mark", changesAfterSQL, "INDEX sqlite_autoindex_story_log_1 (seq>?)"},
		{"feeds of a folder with articles", newestArticleFeedsSQL, "INDEX articles_feed (feed_id=?"},
		{"articles of a feed of a folder", articlesOfFeedSQL, "INDEX articles_feed (feed_id=?"},
		{"feeds of a folder with articles, without hidden ones", visibleNewestArticleFeedsSQL, "INDEX articles_feed (feed_id=?"},
		{"articles of a feed, without hidden ones", visibleArticlesOfFeedSQL, "INDEX articles_feed (feed_id=?"},
		{"headers", headersByIDSQL, "INTEGER PRIMARY KEY"},
		{"feeds by id", feedsByIDSQL, "INTEGER PRIMARY KEY"},
		{"removals of feeds that are final", endedRemovalsSQL, "INDEX feeds_removed"},
		{"feeds whose removal can be undone", removedFeedsSQL, "INDEX feeds_removed"},
		{"the newest run of polls", newestRunSQL, "SEARCH feed_polls USING PRIMARY KEY (feed_id=?)"},
		{"history of a feed", feedHistorySQL, "SEARCH feed_polls USING PRIMARY KEY (feed_id=?)"},
		{"old runs of polls", dropOldRunsSQL, "SEARCH feed_polls USING PRIMARY KEY (feed_id=?"},
		{"articles a day", feedDaysSQL, "SEARCH d USING PRIMARY KEY (feed_id=? AND day>?)"},
		{"old days", dropOldDaysSQL, "SEARCH feed_days USING PRIMARY KEY (feed_id=? AND day<?)"},
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
		{"what is counted of an outlet", outletCountsOfSQL, "SEARCH outlet_counts USING PRIMARY KEY (outlet=?)"},
		{"whom an outlet reruns", rerunsOfSQL, "SEARCH outlet_pairs USING PRIMARY KEY (outlet=?)"},
		{"who reruns an outlet", rerunBySQL, "COVERING INDEX outlet_pairs_origin (origin=?)"},
		{"stories of an outlet", wroteSQL, "COVERING INDEX outlet_stories_wrote (outlet=?)"},
		{"counted outlets of stories", outletStoriesOfSQL, "SEARCH outlet_stories USING PRIMARY KEY (story_id=?)"},
		{"outlets that tell stories", tellingArticlesSQL, "INDEX members_story"},
		{"stories to count", nextToCountSQL, "INTEGER PRIMARY KEY (rowid<?)"},
		{"articles of open stories of outlets", openArticlesOfOutletsSQL, "INDEX outlet_stories_outlet (outlet=? AND time>?)"},
		{"articles of open stories", openOfArticlesSQL, "SEARCH m USING INTEGER PRIMARY KEY"},
		{"items seen", itemsSeenSQL, "INDEX articles_seen"},
		{"edges", edgesSQL, "INDEX articles_seen"},
		{"window of stories", windowOfSQL, "INDEX members_story"},
		{"edges of stories", edgesOfSQL, "INDEX edges_b"},
		{"log of the window", windowLogSQL, "INTEGER PRIMARY KEY (rowid>?)"},
		{"own entries of it", ownWindowLogSQL, "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
		{"places in the window", windowPlacesSQL, "INDEX members_story"},
		{"articles of the window", windowArticlesSQL, "SEARCH a USING INTEGER PRIMARY KEY"},
		{"edges of articles", edgesOfArticlesSQL, "INDEX edges_b"},
		{"edges among articles", edgesAmongSQL, "INDEX sqlite_autoindex_edges_1 (a=?"},
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
		{"settings of a user", userSettingsSQL, "INTEGER PRIMARY KEY"},
		{"unread", unreadSQL, "SEARCH r USING PRIMARY KEY (user_id=? AND feed_id=?)"},
		{"unread stories", unreadStoriesSQL, "SEARCH r USING PRIMARY KEY (user_id=?)"},
		{"feeds with unread articles", unreadFeedsSQL, "SEARCH r USING PRIMARY KEY (user_id=? AND feed_id=?)"},
		{"counts of feeds with unread articles", counts(), "SEARCH r USING PRIMARY KEY (user_id=? AND feed_id=?)"},
		{"counts of feeds of a folder with unread articles", counts(news.Stream{Kind: news.StreamFolder, Label: "x"}), "INDEX feeds_folder (folder=?)"},
		{"all unread articles", unreadTotalSQL, "SEARCH r USING PRIMARY KEY (user_id=?)"},
		{"feeds with read articles", readFeedsSQL, "SEARCH r USING PRIMARY KEY (user_id=?)"},
		{"feeds with labelled articles", labelledFeedsSQL, "SEARCH l USING PRIMARY KEY (user_id=? AND label=?)"},
		{"last article", lastArticleSQL, "SEARCH articles"},
		{"history", history(0, news.ItemList{Limit: 20}), "COVERING INDEX read_marks_at (user_id=?"},
		{"history of a feed", history(0, news.ItemList{In: []news.Stream{{Kind: news.StreamFeed, Feed: 1}}, Limit: 20}), "COVERING INDEX read_marks_at (user_id=?"},
		{"history of ranges", history(1, news.ItemList{Limit: 20}), "INDEX read_ranges_at (user_id=?"},
		{"articles of ranges in the history", history(1, news.ItemList{After: news.Place{Time: day, ID: 1}, Limit: 20}), "INDEX articles_of_feed (feed_id=? AND id>? AND id<?)"},
		{"read since", readItemsSQL + " WHERE m.user_id = ? AND m.at >= ? AND a.id = m.article_id", "COVERING INDEX read_marks_at (user_id=? AND at>?"},
		{"read since, in ranges", `SELECT a.id` + coveredSQL + ` AND g.user_id = ? AND g.at >= ?`, "INDEX read_ranges_at (user_id=? AND at>?"},
		{"read in ranges", coveredBySQL, "INDEX articles_of_feed (feed_id=? AND id>? AND id<?)"},
		{"next marking", markingSQL, "COVERING INDEX read_marks_at (user_id=?"},
		{"undo a marking", undoReadSQL, "COVERING INDEX read_marks_at (user_id=? AND at=?)"},
		{"articles of the ranges of a marking", undoneRangesSQL, "INDEX read_ranges_at (user_id=? AND at=?)"},
		{"undo the ranges of a marking", dropRangesSQL, "INDEX read_ranges_at (user_id=? AND at=?)"},
		{"ranges above those of a marking", openAboveSQL, "INDEX read_ranges_at (user_id=? AND at=?)"},
		{"counts of a marking", uncountReadSQL, "SEARCH read_counts USING PRIMARY KEY (user_id=?"},
		{"articles to mark as read", readSQL, "SEARCH g USING PRIMARY KEY (user_id=? AND feed_id=? AND through>?)"},
		{"copies to mark as read", readCopiesSQL, "INDEX members_story"},
		{"articles to mark as unread", readIDsSQL, "SEARCH a USING INTEGER PRIMARY KEY"},
		{"articles to take out of ranges", takeOutSQL, "SEARCH g USING PRIMARY KEY (user_id=? AND feed_id=? AND through>?)"},
		{"feeds to mark as read", whole, "SEARCH g USING PRIMARY KEY (user_id=? AND feed_id=?)"},
		{"ranges with unread articles below", openRangesSQL, "INDEX read_ranges_open (user_id=?)"},
		{"a range to join", joinRangeSQL, "INDEX read_ranges_open (user_id=? AND feed_id=?)"},
		{"articles that were taken out", takenOutSQL, "SEARCH x USING PRIMARY KEY (user_id=? AND feed_id=? AND article_id<?)"},
		{"articles after one", afterFewSQL, "INTEGER PRIMARY KEY (rowid>?)"},
		{"articles seen since", seenFromSQL, "COVERING INDEX articles_seen (seen>?)"},
		{"articles above ranges", beyondSQL, "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
		{"unread articles above ranges", setReadCountsSQL, "INTEGER PRIMARY KEY (rowid>?)"},
		{"copies of ranges", copiesOfRangesSQL, "INDEX read_ranges_at (user_id=? AND at=?)"},
		{"copies above ranges", copiesAboveSQL, "INTEGER PRIMARY KEY (rowid>?)"},
		{"copies in feeds", copiesOfFeedsSQL, "(feed_id=?"},
		{"labels", labelsSQL, "PRIMARY KEY (user_id=? AND label>?)"},
		{"sizes of labels", labelCountsSQL, "PRIMARY KEY (user_id=?)"},
		{"labels removed long ago", forgetRemovedLabelsSQL, "PRIMARY KEY (user_id=? AND removal<?)"},
		{"last removed label", removalSQL, "PRIMARY KEY (user_id=?)"},
		{"a label to remove", keepRemovedLabelSQL, "PRIMARY KEY (user_id=? AND label=?)"},
		{"a label to restore", restoreLabelSQL, "PRIMARY KEY (user_id=? AND removal=?)"},
		{"a restored label", dropRemovedLabelSQL, "PRIMARY KEY (user_id=? AND removal=?)"},
		{"first article of a time", firstSinceSQL, "INDEX articles_seen (seen=?)"},
		{"rules of a user", rulesSQL, "INDEX rules_user (user_id=?)"},
		{"a rule", ruleSQL, "INTEGER PRIMARY KEY"},
		{"count rules", countRulesSQL, "INDEX rules_user (user_id=?)"},
		{"last act of rules", lastActSQL, "INDEX rules_user (user_id=?)"},
		{"what a rule did last", ruleChangesSQL, "INDEX rule_articles_at (rule_id=?)"},
		{"act by a rule", actSQL, "SEARCH a USING INTEGER PRIMARY KEY"},
		{"act on earlier articles", actEarlierSQL, "SEARCH a USING INTEGER PRIMARY KEY"},
		{"outcome of a rule", outcomeSQL, "PRIMARY KEY (rule_id=? AND article_id=?)"},
		{"marks of articles of their own", ownReadSQL, "SEARCH a USING INTEGER PRIMARY KEY"},
		{"send to a topic", sendSQL, "SEARCH a USING INTEGER PRIMARY KEY"},
		{"stories of what was sent", storiesWithSQL, "SEARCH members USING"},
		{"what was sent to a topic", sentToSQL, "PRIMARY KEY (topic_id=?)"},
		{"where articles were sent", sentSQL, "INDEX topic_sent_article (article_id=?)"},
		{"take back from a topic", takeBackSQL, "SEARCH topic_sent USING"},
		{"match again with topics", checkAgainSQL, "SEARCH topic_articles USING INTEGER PRIMARY KEY"},
		{"hide", hideSQL, "SEARCH a USING INTEGER PRIMARY KEY"},
		{"undo a rule", undoneRuleSQL, "INDEX rule_articles_at (rule_id=? AND at=?)"},
		{"undo marks of a rule", unreadByRuleSQL, "SEARCH read_marks USING"},
		{"show again", unhideSQL, "PRIMARY KEY (user_id=? AND article_id=?)"},
		{"hidden items", items(news.ItemList{In: []news.Stream{{Kind: news.StreamHidden}}, Limit: 20}), "hidden USING PRIMARY KEY (user_id=?)"},
		{"all items, without hidden ones", items(news.ItemList{In: []news.Stream{{Kind: news.StreamAll}}, Limit: 20}), "SEARCH h USING PRIMARY KEY (user_id=? AND article_id=?)"},
		{"visit", visitSQL, "INTEGER PRIMARY KEY"},
		{"visits", visitsSQL, "INTEGER PRIMARY KEY"},
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
		{"feeds of a removed folder", restoreFolderSQL, "PRIMARY KEY (removal=? AND feed_id=?)"},
		{"newest of the feeds of a folder", newestOfFeedsSQL, "SEARCH x USING PRIMARY KEY (feed_id=?"},
		{"stories of a feed", ofFeedSQL, "SEARCH x USING PRIMARY KEY (feed_id=?"},
		{"stories of a feed, without hidden ones", visibleOfFeedSQL, "SEARCH x USING PRIMARY KEY (feed_id=?"},
		{"what is hidden of them", visibleOfFeedSQL, "SEARCH h USING PRIMARY KEY (user_id=? AND article_id=?)"},
		{"members of them", visibleOfFeedSQL, "SEARCH m USING"},
		{"newest of the feeds of a folder, without hidden ones", visibleNewestOfFeedsSQL, "SEARCH x USING PRIMARY KEY (feed_id=?"},
		{"newest stories, without hidden ones", stories(news.StoryList{Newest: true, Viewer: 1}), "INDEX stories_changed"},
		{"what is hidden of all", hiddenBySQL, "SEARCH hidden USING PRIMARY KEY (user_id=?)"},
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
		{"what is new of topics to a user", sharedTopicsSQL, "INDEX topic_stories_seq"},
		{"what a user has seen of topics", sharedTopicsSQL, "SEARCH s "},
		{"a topic as a user has seen it", sharedTopicSQL, "INDEX topics_name"},
		{"the new stories of a topic", newStoriesOfTopicSQL, "INDEX topic_stories_seq"},
		{"unread of a topic", unreadTopicSQL, "INDEX topic_stories_seq"},
		{"new of topics", topicsSQL, "COVERING INDEX topic_stories_seq"},
		{"articles held against topics", topicChecksSQL, "INDEX topic_articles_story"},
		{"changes for alerts", changedSQL, "INDEX sqlite_autoindex_story_log_1"},
		{"what to tell", alertCandidatesSQL, "INDEX topic_stories_story"},
		{"alerts of matches", alertCandidatesSQL, "INDEX alerts_target"},
		{"what was told", moveNotifiedSQL, "INDEX alert_told_story"},
		{"due deliveries", dueDeliveriesSQL, "INDEX alert_outbox_due"},
		{"due targets of savings", dueSaveTargetsSQL, "INDEX savings_due (due<?)"},
		{"due savings", dueSavingSQL, "INDEX savings_waiting (target_id=? AND due<?)"},
		{"savings of an article", savingsOfSQL, "INDEX savings_article (article_id=?)"},
		{"savings that were given up", failedSQL, "INDEX savings_failed (target_id=?)"},
		{"give up no more", retrySavingsSQL, "INDEX savings_failed (target_id=?)"},
		{"savings that are due now", hurrySavingsSQL, "INDEX savings_waiting (target_id=?)"},
		{"savings of the future", clampSavingsSQL, "INDEX savings_"},
		{"saved articles that age out", forgetSavingsOfSQL, "INDEX savings_article (article_id=?)"},
		{"drop what was told", dropRepeatsSQL, "INDEX alert_outbox_story"},
		{"drop what was told", dropRepeatsSQL, "INDEX redirects_new"},
		{"drop what was told", dropRepeatsSQL, "SEARCH t USING PRIMARY KEY (alert_id=? AND story_id=?)"},
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
		{"drop unread marks", dropUnreadMarksSQL, "INDEX unread_marks_article"},
		{"take articles out of ranges", takeOutForAllSQL, "SEARCH a USING INTEGER PRIMARY KEY"},
		{"drop old ranges", dropOldRangesSQL, "INDEX read_ranges_feed (feed_id=? AND through<?)"},
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
		all = append(all, planned{fmt.Sprint("age out ", i), q, "SEARCH"})
	}
	return all
}

// TestQueriesUseTheirIndexes checks SQLite's plans.
func TestQueriesUseTheirIndexes(t *testing.T) {
	sqliteOnly(t)
	db := newsroom(t, 3)
	for _, tt := range plannedStatements() {
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

// scansFew reports whether a step reads only the caller's ids, the results of another step, the feeds or the alerts.
func scansFew(step string) bool {
	for _, few := range []string{"wanted", "json_each", "subquery", "CONSTANT ROW"} {
		if strings.Contains(step, few) {
			return true
		}
	}
	return slices.Contains([]string{
		"SCAN w", "SCAN page", "SCAN found", "SCAN found LEFT-JOIN", "SCAN open", "SCAN f", "SCAN feeds", "SCAN alerts", "SCAN gone", "SCAN merged", "SCAN own", "SCAN sqlite_sequence",
	}, step)
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

// largeSQL fills the tables that grow with time, beside those of articles and stories. A new one belongs here, too.
const largeSQL = `
	INSERT INTO users (id, name, password, added) SELECT i, 'user' || i, '', 0 FROM generate_series(1, 3) AS i;
	INSERT INTO sessions (hash, user_id, data, made, seen, expires, address, agent)
		SELECT decode(lpad(to_hex(i), 8, '0'), 'hex'), 1 + i % 3, '\x00', i, i, i, '', '' FROM generate_series(1, 5000) AS i;
	INSERT INTO audit (time, actor, address, action, subject, detail)
		SELECT i, '', '', CASE WHEN i % 2 = 0 THEN 'login refused' ELSE 'login' END, '', '' FROM generate_series(1, 5000) AS i;
	INSERT INTO read_marks (user_id, article_id, at) SELECT u, a.id, a.id / 10 FROM generate_series(1, 3) AS u, articles AS a;
	INSERT INTO read_ranges (user_id, feed_id, through, after, at, joined)
		SELECT u, f.id, i * 100, i * 100 - 100, i, i % 10 / 9 FROM generate_series(1, 3) AS u, feeds AS f, generate_series(1, 30) AS i;
	INSERT INTO unread_marks (user_id, feed_id, article_id) SELECT u, a.feed_id, a.id FROM generate_series(1, 3) AS u, articles AS a WHERE a.id % 3 = 0;
	INSERT INTO labelled (user_id, label, article_id) SELECT u, 'x', a.id FROM generate_series(1, 3) AS u, articles AS a;
	INSERT INTO removed_folders (removal, feed_id, folder, became) SELECT i, f.id, 'x', '' FROM generate_series(1, 20) AS i, feeds AS f;
	INSERT INTO removed_labels (user_id, removal, article_id, label) SELECT u, 1 + a.id / 100, a.id, 'x' FROM generate_series(1, 3) AS u, articles AS a;
	INSERT INTO hidden (user_id, article_id) SELECT user_id, article_id FROM read_marks WHERE article_id % 2 = 0;
	INSERT INTO rules (user_id, folder, query, action, label, paused, after, added) SELECT 1 + i % 3, '', 'x', 'read', '', 0, 0, 0 FROM generate_series(1, 300) AS i;
	INSERT INTO rule_articles (rule_id, article_id, at, outcome) SELECT 1 + a.id % 300, a.id, a.id, 1 FROM articles AS a;
	INSERT INTO user_settings (user_id, settings) SELECT i, '{}' FROM generate_series(1, 3) AS i;
	INSERT INTO topics (id, name, query, added) SELECT i, 'topic' || i, 'x', 0 FROM generate_series(1, 10) AS i;
	INSERT INTO topic_sent (topic_id, article_id) SELECT 1 + a.id % 10, a.id FROM articles AS a;
	INSERT INTO topic_seen (user_id, topic_id, seen) SELECT u, i, i FROM generate_series(1, 3) AS u, generate_series(1, 10) AS i;
	INSERT INTO topic_stories (topic_id, story_id, seq, at) SELECT i, s.id, s.id * 10 + i, 0 FROM generate_series(1, 10) AS i, stories AS s;
	INSERT INTO topic_articles (article_id, story_id, seq) SELECT article_id, story_id, article_id FROM members;
	INSERT INTO alerts (id, topic_id, kind, target, secret, schedule, again_outlets, again_original, after, added)
		SELECT i, i, 'webhook', 'https://receiver.example/' || i, '', '', 0, 0, 0, 0 FROM generate_series(1, 10) AS i;
	INSERT INTO alert_told (alert_id, story_id, outlets, original) SELECT i, s.id, 1, 0 FROM generate_series(1, 10) AS i, stories AS s;
	INSERT INTO alert_outbox (id, alert_id, story_id, reason, since, due) SELECT 'm' || i, 1 + i % 10, i, 'new', 0, i FROM generate_series(1, 5000) AS i;
	INSERT INTO save_targets (id, user_id, kind, name, address, secret, added) SELECT i, 1 + i % 3, 'linkding', 'target' || i, '', '{}', 0 FROM generate_series(1, 10) AS i;
	INSERT INTO savings (id, target_id, article_id, url, title, state, since, due)
		SELECT 's' || a.id, 1 + a.id % 10, a.id, 'u', 't', CASE WHEN a.id % 100 = 0 THEN 'waiting' WHEN a.id % 100 = 1 THEN 'failed' ELSE 'saved' END, a.id, a.id FROM articles AS a;
	INSERT INTO outlet_counts (outlet, name, stories, articles, carried, wrote, named, rerun, first, last)
		SELECT 'outlet' || i, 'Outlet ' || i, 1, 1, 1, 1, 0, 0, i, i FROM generate_series(1, 5000) AS i;
	INSERT INTO outlet_pairs (outlet, origin, lag, stories) SELECT 'outlet' || i, 'outlet' || i * 7 % 5000 + j, j, 1 FROM generate_series(1, 5000) AS i, generate_series(1, 8) AS j;
	INSERT INTO event_redirects (old, new) SELECT 1000000 + i, i FROM generate_series(1, 5000) AS i;
	INSERT INTO sources (id, address, link, host, credited) SELECT i, 'a' || i, 'l' || i, 'host' || i % 500, i FROM generate_series(1, 5000) AS i;
	INSERT INTO citing (source_id, article_id) SELECT 1 + id % 5000, id FROM articles;
	INSERT INTO pages (article_id, hash, url, host) SELECT id, 'h', 'u', 'host' || id % 500 FROM articles;
	INSERT INTO page_hosts (queue, host) SELECT q, 'host' || i FROM unnest(ARRAY['pages', 'sources']) AS q, generate_series(1, 2000) AS i;
	INSERT INTO poll_hosts (host) SELECT 'host' || i FROM generate_series(1, 5000) AS i;
	INSERT INTO subscriptions (id, feed_id, hub, topic, secret, ending, asked, next, until, failures, problem)
		SELECT 's' || id, id, 'h', 't', '', 0, 0, id, 0, 0, '' FROM feeds;
	INSERT INTO feed_days (feed_id, day, articles) SELECT f.id, i, 1 FROM generate_series(1, 30) AS i, feeds AS f;
	INSERT INTO feed_polls (feed_id, first, last, polls, state, cause, problem, articles)
		SELECT f.id, i, i, 1, 'ok', '', '', 0 FROM generate_series(1, 30) AS i, feeds AS f;
	INSERT INTO removals (seq, article_id, at) SELECT i, 1000000 + i, i FROM generate_series(1, 20000) AS i;
	INSERT INTO aged_items (id, feed_id, listed, guid, hash, url, title, published, seen, undated, id_key, address_key, title_key, text_key)
		SELECT 1000000 + f.id * 1000 + i, f.id, i, 'g' || i, 'h' || i, 'u' || i, 't' || i, i, i, 0, i, i, i, i FROM generate_series(1, 200) AS i, feeds AS f WHERE f.id <= 50;
	INSERT INTO aged_stories (id, title, articles, outlets, first, latest, changed, origin_name, origin_domain, origin_agency, origin_url, origin_title, origin_aged, level, confidence)
		SELECT 1000000 + i, 't', 1, 1, 0, 0, i, '', '', 0, '', '', 0, 'none', 0 FROM generate_series(1, 10000) AS i;
	INSERT INTO aged_redirects (old, new) SELECT 2000000 + i, 1000000 + i FROM generate_series(1, 5000) AS i;
	INSERT INTO redirects (old, new) SELECT 3000000 + id, id FROM stories;
	INSERT INTO event_redirects (old, new) SELECT 3000000 + id, id FROM events;
	INSERT INTO corrections (id, made) SELECT i, i FROM generate_series(1, 2000) AS i;
	INSERT INTO corrected (correction_id, article_id, apart) SELECT i, i, 0 FROM generate_series(1, 2000) AS i;
	INSERT INTO vectors (article_id, hash, model, vector) SELECT id, 'h', 'm', '\x00' FROM articles;
	INSERT INTO shown (id, feed_id, item, blocks) SELECT id, feed_id, id, '\x00' FROM articles;
	INSERT INTO furniture (feed_id, block, seen) SELECT f.id, i, i FROM feeds AS f, generate_series(1, 50) AS i`

// millionsSQL tells the planner that tables which grow with time have a thousand times their rows, with as many more
// different values, none of which is frequent.
const millionsSQL = `
	UPDATE pg_statistic AS s SET stadistinct = -least(1, s.stadistinct / c.reltuples) FROM pg_class AS c WHERE c.oid = s.starelid AND s.stadistinct > 50;
	UPDATE pg_statistic SET stakind1 = 0 WHERE stakind1 = 1 AND stadistinct < 0;
	UPDATE pg_class SET reltuples = reltuples * 1000 WHERE relnamespace = 'public'::regnamespace AND reltuples > 200`

// TestNoTableIsReadWhole holds that PostgreSQL reads no table that grows with time from end to end. Reading an index from end to
// end counts, too. A prepared statement keeps a plan for all arguments unless plans for the arguments of each call are cheaper.
// The latter are tried with numbers and times that are low, and high.
func TestNoTableIsReadWhole(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("TestQueriesUseTheirIndexes has SQLite's plans")
	}
	server := pgtest.Start(t, pgtest.Options{Settings: []string{"autovacuum=off"}})
	address := server.Database(t)
	db := openWith(t, t.TempDir(), Options{Database: address})
	polls := benchPolls(100, 50, 80)
	addFeeds(t, db, len(polls))
	for i := range polls {
		for j := range polls[i].Articles {
			a := &polls[i].Articles[j]
			a.Outlet.Domain = fmt.Sprint("paper", i, ".example")
			a.Keys = news.ItemKeys{ID: a.GUID, Address: a.GUID, Text: a.GUID}
		}
	}
	collectAll(t, db, polls)
	settlement, _ := benchSettlement(1, 4500)
	if err := db.Settle(t.Context(), settlement); err != nil {
		t.Fatal(err)
	}
	conn, err := db.writer.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}()
	run := func(t *testing.T, query string) {
		t.Helper()
		if _, err := conn.ExecContext(t.Context(), query); err != nil {
			t.Fatalf("%v: %s", err, query)
		}
	}
	for query := range strings.SplitSeq(largeSQL, ";") {
		run(t, query)
	}
	if err := db.engine.compact(t.Context(), db.writer); err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	admin, err := sql.Open("pgx", server.AdminURL(strings.TrimPrefix(at.Path, "/")))
	if err != nil {
		t.Fatal(err)
	}
	for query := range strings.SplitSeq(millionsSQL, ";") {
		if _, err := admin.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	if err := admin.Close(); err != nil {
		t.Fatal(err)
	}
	for _, p := range plannedStatements() {
		t.Run(p.name, func(t *testing.T) {
			run(t, "PREPARE p AS "+p.query)
			defer run(t, "DEALLOCATE p")
			types, err := collect(t.Context(), conn.QueryContext, scanText, "SELECT unnest(parameter_types)::text FROM pg_prepared_statements WHERE name = 'p'")
			if err != nil {
				t.Fatal(err)
			}
			var plan []string
			cost := math.Inf(1)
			for _, tt := range []struct{ mode, number string }{
				{"force_generic_plan", "1"}, {"force_custom_plan", "1"}, {"force_custom_plan", "3000000000000"},
			} {
				run(t, "SET plan_cache_mode = "+tt.mode)
				args := make([]string, len(types))
				for i, typ := range types {
					args[i] = cmp.Or(map[string]string{"text": "'[1]'", "bytea": `'\x31'`}[typ], tt.number)
				}
				execute := "EXPLAIN EXECUTE p"
				if len(args) > 0 {
					execute += "(" + strings.Join(args, ", ") + ")"
				}
				other, err := collect(t.Context(), conn.QueryContext, scanText, execute)
				if err != nil {
					t.Fatal(err)
				}
				if c := costOf(t, other); c < cost {
					plan, cost = other, c
				}
			}
			for _, step := range readsWhole(plan) {
				t.Errorf("%s\n%s", step, strings.Join(plan, "\n"))
			}
		})
	}
}

// costOf returns the cost that PostgreSQL expects of a plan.
func costOf(t *testing.T, plan []string) (cost float64) {
	t.Helper()
	_, after, _ := strings.Cut(plan[0], "..")
	text, _, _ := strings.Cut(after, " ")
	cost, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatalf("%v: %s", err, plan[0])
	}
	return cost
}

// readsWhole returns the steps of a plan of PostgreSQL that read a table or an index from end to end.
func readsWhole(plan []string) (steps []string) {
	for i, step := range plan {
		scan := scanOfPlan.FindStringSubmatch(step)
		if scan == nil || slices.Contains(smallTables, scan[3]) || slices.Contains(queues, scan[2]) {
			continue
		}
		next := ""
		if i+1 < len(plan) {
			next = plan[i+1]
		}
		limited := !strings.Contains(next, "Filter:") && slices.ContainsFunc(plan[:i], func(above string) bool { return strings.Contains(above, "Limit ") })
		if scan[1] == "Seq Scan" || !strings.Contains(next, "Index Cond:") && !limited {
			steps = append(steps, strings.TrimSpace(step))
		}
	}
	return steps
}

// scanOfPlan finds the kind, the index and the table of a step that reads one. The step of a bitmap has the index as its table.
var scanOfPlan = regexp.MustCompile(`(Seq Scan|Index Scan|Index Only Scan|Bitmap Index Scan)(?: Backward)?(?: using ([a-z_0-9]+))? on ([a-z_0-9]+)`)

// smallTables do not grow with time. queues are indexes that have only what waits.
var (
	smallTables = []string{"feeds", "marks", "topics", "users", "alerts", "save_targets", "counters", "settings", "writer", "rules"}
	queues      = []string{"citing_due", "savings_due", "savings_waiting"}
)
