package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"headwater/internal/news"
)

// Rules act on articles as they get their story (pipeline.Ruler), and on those of the last week where a user asks for it. A row of
// rule_articles holds that a rule has acted on an article. It is stored with what the rule did and with the watermark of the stage, so a
// rule acts on an article once, whatever is repeated after a crash. What a user does afterwards stays: an article that a rule marked as
// read, and that the user marked as unread, is not marked again.
//
// A rule acts on single articles, other than a user, whose mark of an article that stands for a story marks the copies as well: the query
// was compared with one article.
//
// A hidden article is read by a row of read_marks, and hidden by a row of hidden that goes with it. So counters of unread articles need
// not know of hidden ones, and an article that the user marks as unread is in the lists again. Lists by star, by label and by ids show
// hidden articles, and so does all that is nobody's. Other lists leave them out: those of stories and articles by their statements, and
// searches and front pages by DB.Hidden.
//
// An article that a rule sends to a topic is a row of topic_sent. The matches of stories with topics follow these rows: a story of a
// new article goes to the end of the story log, where pipeline.Matcher finds it, so that alerts tell of it. Stories of earlier articles
// are stored as those from before the topic was added (FillTopic), of which nobody is told.

// watermarkRules names the number of the log up to which articles were compared with the rules.
const watermarkRules = "rules"

const (
	// skipToRulesSQL moves the watermark of rules to that of settling where no rule needs what lies between: the stage does not run
	// without rules.
	skipToRulesSQL = `INSERT INTO marks (name, value) SELECT '` + watermarkRules + `', coalesce((SELECT value FROM marks WHERE name = '` + watermarkSettle + `'), 0)
		WHERE NOT EXISTS (SELECT 1 FROM rules WHERE paused = 0) ON CONFLICT (name) DO UPDATE SET value = max(marks.value, excluded.value)`
	countRulesSQL = `SELECT count(*) FROM rules WHERE user_id = ?`
	addRuleSQL    = `INSERT INTO rules (user_id, feed_id, folder, query, action, label, topic_id, paused, after, added)
		SELECT ?1, nullif(?2, 0), ?3, ?4, ?5, ?6, nullif(?7, 0), ?8, (` + highestArticleSQL + `), ?9 RETURNING id`
	changeRuleSQL = `UPDATE rules SET feed_id = nullif(?1, 0), folder = ?2, query = ?3, applied = CASE WHEN action = ?4 AND label = ?5 AND coalesce(topic_id, 0) = ?6 THEN applied ELSE 0 END,
		action = ?4, label = ?5, topic_id = nullif(?6, 0), paused = ?7, after = (` + highestArticleSQL + `), version = version + 1 WHERE id = ?8`
	pauseRuleSQL = `UPDATE rules SET after = CASE WHEN paused = ?1 THEN after ELSE (` + highestArticleSQL + `) END, paused = ?1, version = version + 1
		WHERE user_id = ?2 AND id = ?3`
	removeRuleSQL = `DELETE FROM rules WHERE user_id = ? AND id = ?`

	// mayFillTopicSQL holds for a topic t to which rules of a user u may send.
	mayFillTopicSQL = `(t.user_id = u.id OR t.user_id IS NULL AND u.role <> '` + string(news.ReaderRole) + `')`

	ruleColumns = `SELECT r.id, r.user_id, coalesce(r.feed_id, 0), r.folder, r.query, r.action, r.label, coalesce(r.topic_id, 0), coalesce(tt.name, ''), tt.id IS NOT NULL AND tt.user_id IS NULL, r.paused, r.added, r.version, r.acted, r.last, r.applied,
		CASE WHEN r.paused = 1 THEN '' WHEN EXISTS (SELECT 1 FROM feeds AS f WHERE f.id = r.feed_id AND f.removed <> 0) THEN '` + string(news.RuleNoFeed) + `'
			WHEN r.folder <> '' AND NOT EXISTS (SELECT 1 FROM feeds AS f WHERE f.folder = r.folder AND f.removed = 0) THEN '` + string(news.RuleNoFolder) + `'
			WHEN r.action = '` + string(news.RuleTopic) + `' AND NOT EXISTS (SELECT 1 FROM users AS u CROSS JOIN topics AS t
				WHERE u.id = r.user_id AND t.id = r.topic_id AND ` + mayFillTopicSQL + `) THEN '` + string(news.RuleNoTopic) + `' ELSE '' END
		FROM rules AS r LEFT JOIN topics AS tt ON tt.id = r.topic_id`
	ruleSQL        = ruleColumns + ` WHERE r.user_id = ? AND r.id = ?`
	rulesSQL       = ruleColumns + ` WHERE r.user_id = ? ORDER BY r.id`
	activeRulesSQL = ruleColumns + ` WHERE r.paused = 0 ORDER BY r.id`
	rulesStateSQL  = `SELECT count(*) || ' ' || coalesce(max(id), 0) || ' ' || coalesce(sum(version), 0) FROM rules WHERE paused = 0`

	ruleChangesSQL = `SELECT article_id, at FROM rule_articles WHERE rule_id = ? AND outcome = 1 ORDER BY at DESC, article_id DESC LIMIT ?`
)

var errStaleRule = errors.New("the rule was changed meanwhile, by you in another window or by a program of yours; look at it again")

// AddRule stores a rule and returns its id. It acts on articles that are stored from now on. It returns a *news.RuleError where the user
// has as many as one may have.
func (db *DB) AddRule(ctx context.Context, r news.UserRule) (id int64, err error) {
	err = db.write(ctx, "add a rule", func(ctx context.Context, t tx) error {
		var have int
		if err := t.scan(ctx, []any{&have}, countRulesSQL, r.User); err != nil {
			return err
		}
		if have >= news.MaxRules {
			return &news.RuleError{Field: "rules", Err: fmt.Errorf("a user has at most %d rules; remove one first", news.MaxRules)}
		}
		if err := t.exec(ctx, skipToRulesSQL); err != nil {
			return err
		}
		return t.scan(ctx, []any{&id}, addRuleSQL, r.User, r.Feed, text(r.Folder), text(r.Query), r.Action, text(r.Label), r.Topic, r.Paused, millis(db.Now()))
	})
	return id, err
}

// ChangeRule changes the rule with that ID of that User. Changed or continued, it acts on articles that are stored from now on. It returns
// news.ErrNotFound for an unknown rule, and a *news.RuleError where the rule has another Version by now.
func (db *DB) ChangeRule(ctx context.Context, r news.UserRule) error {
	return db.write(ctx, fmt.Sprint("change rule ", r.ID), func(ctx context.Context, t tx) error {
		if _, err := t.sameRule(ctx, r); err != nil {
			return err
		}
		if err := t.exec(ctx, skipToRulesSQL); err != nil {
			return err
		}
		return t.exec(ctx, changeRuleSQL, r.Feed, text(r.Folder), text(r.Query), r.Action, text(r.Label), r.Topic, r.Paused, r.ID)
	})
}

// sameRule returns a rule as it is now. It returns news.ErrNotFound where it was removed, and a *news.RuleError where it was changed.
func (t tx) sameRule(ctx context.Context, r news.UserRule) (news.UserRule, error) {
	all, err := collect(ctx, t.query, scanRule, ruleSQL, r.User, r.ID)
	switch {
	case err != nil:
		return r, err
	case len(all) == 0:
		return r, news.ErrNotFound
	case all[0].Version != r.Version:
		return r, &news.RuleError{Field: "version", Err: errStaleRule}
	}
	return all[0], nil
}

// PauseRule pauses a user's rule, or lets it go on: then it acts on articles that are stored from now on. It returns news.ErrNotFound for an
// unknown rule.
func (db *DB) PauseRule(ctx context.Context, user, id int64, paused bool) error {
	return db.write(ctx, fmt.Sprint("pause rule ", id), func(ctx context.Context, t tx) error {
		if err := t.exec(ctx, skipToRulesSQL); err != nil {
			return err
		}
		return t.execFound(ctx, pauseRuleSQL, paused, user, id)
	})
}

// RemoveRule removes a user's rule, or returns news.ErrNotFound. What the rule did stays.
func (db *DB) RemoveRule(ctx context.Context, user, id int64) error {
	return db.execFound(ctx, fmt.Sprint("remove rule ", id), removeRuleSQL, user, id)
}

func scanRule(row scanner) (r news.UserRule, err error) {
	var added, last int64
	err = row.Scan(&r.ID, &r.User, &r.Feed, &r.Folder, &r.Query, &r.Action, &r.Label, &r.Topic, &r.TopicName, &r.Shared, &r.Paused, &added, &r.Version, &r.Acted, &last, &r.Applied, &r.Idle)
	r.Added, r.Last = fromMillis(added), fromMillis(last)
	return r, asNotFound(err)
}

// Rule returns a user's rule, or news.ErrNotFound.
func (db *DB) Rule(ctx context.Context, user, id int64) (news.UserRule, error) {
	return rowOf(ctx, db, fmt.Sprint("rule ", id), scanRule, ruleSQL, user, id)
}

// Rules returns a user's rules in the order in which they were added.
func (db *DB) Rules(ctx context.Context, user int64) ([]news.UserRule, error) {
	return rowsOf(ctx, db, "rules of a user", scanRule, rulesSQL, user)
}

// ActiveRules returns the rules of all users that are not paused.
func (db *DB) ActiveRules(ctx context.Context) ([]news.UserRule, error) {
	return rowsOf(ctx, db, "rules", scanRule, activeRulesSQL)
}

// RulesState returns a text that changes whenever ActiveRules does.
func (db *DB) RulesState(ctx context.Context) (string, error) {
	return rowOf(ctx, db, "state of the rules", scanText, rulesStateSQL)
}

// RulesMark returns the number of the log up to which articles were compared with the rules.
func (db *DB) RulesMark(ctx context.Context) (int64, error) { return db.Watermark(ctx, watermarkRules) }

// RuleChanges returns the articles that a user's rule changed last, the latest first. They have no text.
func (db *DB) RuleChanges(ctx context.Context, user, id int64, limit int) ([]news.RuleChange, error) {
	if _, err := db.Rule(ctx, user, id); err != nil {
		return nil, err
	}
	all, err := rowsOf(ctx, db, fmt.Sprint("what rule ", id, " did"), func(row scanner) (c news.RuleChange, err error) {
		var at int64
		err = row.Scan(&c.Article.ID, &at)
		c.At = fromMillis(at)
		return c, err
	}, ruleChangesSQL, id, limit)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(all))
	for i, c := range all {
		ids[i] = c.Article.ID
	}
	headers, err := db.Headers(ctx, ids)
	for _, a := range headers {
		for i := range all {
			if all[i].Article.ID == a.ID {
				all[i].Article = a
			}
		}
	}
	return all, err
}

// firstSinceSQL takes the highest id of the articles of the last poll before a time. Articles of one poll have one time.
const firstSinceSQL = `SELECT coalesce((SELECT max(a.id) FROM articles AS a WHERE a.seen = (SELECT max(b.seen) FROM articles AS b WHERE b.seen < ?)), 0) + 1`

// FirstSince returns the id from which on articles were first seen since a time. Of polls that were stored at that time in another order, it
// may miss some.
func (db *DB) FirstSince(ctx context.Context, since time.Time) (int64, error) {
	return rowOf(ctx, db, "first article of a time", func(row scanner) (id int64, err error) { return id, row.Scan(&id) }, firstSinceSQL, millis(since))
}

// RuleMatch is a rule with the articles that match its query. Which of them are of its feeds, PutRuleMatches finds out.
type RuleMatch struct {
	Rule     news.UserRule
	Articles []int64
}

const (
	// inScopeSQL holds for an article a of the feeds of a rule r.
	inScopeSQL = `(r.feed_id IS NULL OR a.feed_id = r.feed_id)
		AND (r.folder = '' OR EXISTS (SELECT 1 FROM feeds AS f WHERE f.id = a.feed_id AND f.folder = r.folder AND f.removed = 0))`
	actSQL = `INSERT INTO rule_articles (rule_id, article_id, at, outcome) SELECT r.id, a.id, ?3, 0 FROM rules AS r CROSS JOIN articles AS a
		WHERE r.id = ?1 AND a.id IN (SELECT value FROM json_each(?2)) AND a.id > r.after AND ` + inScopeSQL + `
		ON CONFLICT (rule_id, article_id) DO NOTHING RETURNING article_id`
	actEarlierSQL = `INSERT INTO rule_articles (rule_id, article_id, at, outcome) SELECT r.id, a.id, ?3, 0 FROM rules AS r CROSS JOIN articles AS a
		WHERE r.id = ?1 AND a.id IN (SELECT value FROM json_each(?2)) AND ` + inScopeSQL + `
		ON CONFLICT (rule_id, article_id) DO UPDATE SET at = excluded.at, outcome = 0 WHERE rule_articles.outcome = 2 RETURNING article_id`

	// ownReadSQL marks articles as read by marks of their own, also where a range covers them.
	ownReadSQL = `INSERT INTO read_marks (user_id, article_id, at) SELECT ?1, a.id, ?3 FROM articles AS a WHERE a.id IN (SELECT value FROM json_each(?2))
		ON CONFLICT (user_id, article_id) DO NOTHING`
	hideSQL = `INSERT INTO hidden (user_id, article_id) SELECT ?1, a.id FROM articles AS a WHERE a.id IN (SELECT value FROM json_each(?2))
		ON CONFLICT (user_id, article_id) DO NOTHING RETURNING article_id`

	sendSQL = `INSERT INTO topic_sent (topic_id, article_id) SELECT t.id, a.id FROM topics AS t CROSS JOIN users AS u CROSS JOIN articles AS a
		WHERE t.id = ?1 AND u.id = ?3 AND ` + mayFillTopicSQL + ` AND a.id IN (SELECT value FROM json_each(?2))
		ON CONFLICT (topic_id, article_id) DO NOTHING RETURNING article_id`
	storiesWithSQL = `SELECT DISTINCT story_id FROM members WHERE article_id IN (SELECT value FROM json_each(?)) ORDER BY 1`

	lastActSQL = `SELECT coalesce(max(last), 0) + 1 FROM rules WHERE user_id = ?`
	outcomeSQL = `UPDATE rule_articles SET outcome = 1 WHERE rule_id = ?1 AND article_id IN (SELECT value FROM json_each(?2))`
	actedSQL   = `UPDATE rules SET acted = acted + ?2, last = ?3 WHERE id = ?1`
	appliedSQL = `UPDATE rules SET applied = ?2 WHERE id = ?1`
)

// PutRuleMatches acts on what matches rules, and raises the watermark of rules, in one transaction. Rules that were changed, paused or
// removed since they were read do not act.
func (db *DB) PutRuleMatches(ctx context.Context, through int64, matches []RuleMatch) error {
	_, err := db.markUsers(ctx, "act by rules", func(ctx context.Context, t tx) (map[int64]news.Marked, error) {
		all := map[int64]news.Marked{}
		for _, m := range matches {
			r, err := t.sameRule(ctx, m.Rule)
			var changed *news.RuleError
			if errors.Is(err, news.ErrNotFound) || errors.As(err, &changed) {
				continue
			} else if err != nil {
				return nil, err
			}
			done, err := t.act(ctx, actSQL, r, m.Articles)
			if err != nil {
				return nil, err
			}
			before := all[r.User]
			all[r.User] = news.Marked{
				Read: append(before.Read, done.marked.Read...), Starred: append(before.Starred, done.marked.Starred...), Hidden: append(before.Hidden, done.marked.Hidden...),
			}
		}
		return all, t.setWatermark(ctx, watermarkRules, through)
	})
	return err
}

// ApplyRule lets a user's rule act on earlier articles that match it, also where it is paused. Those on which it has acted are left out,
// unless that was undone. It returns how many it changed; its errors are those of ChangeRule.
func (db *DB) ApplyRule(ctx context.Context, m RuleMatch) (changed int, err error) {
	_, err = db.mark(ctx, fmt.Sprint("apply rule ", m.Rule.ID), m.Rule.User, func(ctx context.Context, t tx) (news.Marked, error) {
		changed = 0
		r, err := t.sameRule(ctx, m.Rule)
		if err != nil {
			return news.Marked{}, err
		}
		done, err := t.act(ctx, actEarlierSQL, r, m.Articles)
		if changed = len(done.changed); err == nil && changed > 0 {
			err = t.exec(ctx, appliedSQL, r.ID, done.at)
		}
		return done.marked, err
	})
	return changed, err
}

// ruleRun is what a rule did.
type ruleRun struct {
	at      int64 // names it among what the user's rules did
	changed []int64
	marked  news.Marked
}

// act lets a rule act on those of some articles that a statement adds to rule_articles.
func (t tx) act(ctx context.Context, add string, r news.UserRule, articles []int64) (done ruleRun, err error) {
	var last int64
	if err := t.scan(ctx, []any{&done.at}, markingSQL, millis(t.db.Now()), r.User); err != nil {
		return done, err
	}
	if err := t.scan(ctx, []any{&last}, lastActSQL, r.User); err != nil {
		return done, err
	}
	done.at = max(done.at, last)
	fresh, err := t.ids(ctx, add, r.ID, idList(articles), done.at)
	if err != nil || len(fresh) == 0 {
		return done, err
	}
	ids := idList(fresh)
	switch r.Action {
	case news.RuleRead, news.RuleHide:
		if done.changed, err = t.ids(ctx, readSQL, r.User, ids, done.at); err != nil {
			return done, err
		}
		done.marked.Read = done.changed
		if r.Action == news.RuleHide {
			if err := t.exec(ctx, ownReadSQL, r.User, ids, done.at); err != nil {
				return done, err
			}
			done.changed, err = t.ids(ctx, hideSQL, r.User, ids)
			done.marked.Hidden = done.changed
		}
	case news.RuleStar:
		done.changed, err = t.ids(ctx, labelSQL, r.User, ids, "")
		done.marked.Starred = done.changed
	case news.RuleLabel:
		done.changed, err = t.ids(ctx, labelSQL, r.User, ids, text(r.Label))
	case news.RuleTopic:
		done.changed, err = t.send(ctx, r, fresh, done.at, add == actEarlierSQL)
	default:
		err = fmt.Errorf("rule %d has the unknown action %q", r.ID, r.Action)
	}
	if err != nil || len(done.changed) == 0 {
		return done, err
	}
	if err := t.exec(ctx, outcomeSQL, r.ID, idList(done.changed)); err != nil {
		return done, err
	}
	return done, t.exec(ctx, actedSQL, r.ID, len(done.changed), done.at)
}

// send sends articles to the topic of a rule, and returns those that were not in it by a rule before.
func (t tx) send(ctx context.Context, r news.UserRule, articles []int64, at int64, earlier bool) ([]int64, error) {
	sent, err := t.ids(ctx, sendSQL, r.Topic, idList(articles), r.User)
	if err != nil || len(sent) == 0 {
		return nil, err
	}
	stories, err := t.ids(ctx, storiesWithSQL, idList(sent))
	if err != nil {
		return nil, err
	}
	if !earlier {
		return sent, t.logStories(ctx, idList(stories), idList(nil), idList(nil))
	}
	for _, story := range stories {
		if err := t.exec(ctx, putMatchSQL, r.Topic, story, 0, at); err != nil {
			return nil, err
		}
	}
	return sent, nil
}

const (
	sentToSQL = `SELECT article_id FROM topic_sent WHERE topic_id = ? ORDER BY article_id DESC LIMIT ?`
	sentSQL   = `SELECT article_id, topic_id FROM topic_sent WHERE article_id IN (SELECT value FROM json_each(?)) ORDER BY 1, 2`
)

// SentTo returns the articles that rules have sent to a topic, the latest first.
func (db *DB) SentTo(ctx context.Context, topic int64, limit int) ([]int64, error) {
	return rowsOf(ctx, db, fmt.Sprint("what was sent to topic ", topic), func(row scanner) (id int64, err error) { return id, row.Scan(&id) }, sentToSQL, topic, limit)
}

// Sent returns, by article, the sorted ids of the topics to which rules have sent it.
func (db *DB) Sent(ctx context.Context, articles []int64) (map[int64][]int64, error) {
	to := map[int64][]int64{}
	err := db.eachRow(ctx, "topics that articles were sent to", func(row scanner) error {
		var article, topic int64
		err := row.Scan(&article, &topic)
		to[article] = append(to[article], topic)
		return err
	}, sentSQL, idList(articles))
	return to, err
}

const (
	takeBackSQL   = `DELETE FROM topic_sent WHERE topic_id = ?1 AND article_id IN (SELECT value FROM json_each(?2))`
	checkAgainSQL = `DELETE FROM topic_articles WHERE article_id IN (SELECT article_id FROM members WHERE story_id IN (SELECT value FROM json_each(?)))`

	undoneRuleSQL   = `UPDATE rule_articles INDEXED BY rule_articles_at SET outcome = 2 WHERE rule_id = ? AND at = ? AND outcome = 1 RETURNING article_id`
	unactedSQL      = `UPDATE rules SET applied = 0, acted = acted - ?2 WHERE id = ?1`
	unreadByRuleSQL = `DELETE FROM read_marks WHERE user_id = ?1 AND article_id IN (SELECT value FROM json_each(?2)) AND at = ?3 RETURNING article_id`
	unhideSQL       = `DELETE FROM hidden WHERE user_id = ?1 AND article_id IN (SELECT value FROM json_each(?2))`
)

// UndoRule takes back what the last application of a user's rule to earlier articles changed, and returns how many articles that were.
// The rule acts on them again only where it is applied again. It returns news.ErrNotFound where there is nothing to take back.
func (db *DB) UndoRule(ctx context.Context, user, id int64) (undone int, err error) {
	_, err = db.mark(ctx, fmt.Sprint("undo rule ", id), user, func(ctx context.Context, t tx) (changed news.Marked, err error) {
		all, err := collect(ctx, t.query, scanRule, ruleSQL, user, id)
		if err != nil {
			return changed, err
		}
		if len(all) == 0 || all[0].Applied == 0 {
			return changed, news.ErrNotFound
		}
		r := all[0]
		articles, err := t.ids(ctx, undoneRuleSQL, id, r.Applied)
		if err != nil {
			return changed, err
		}
		undone = len(articles)
		ids := idList(articles)
		switch r.Action {
		case news.RuleRead, news.RuleHide:
			if changed.Unread, err = t.unreadByRule(ctx, user, ids, r.Applied); err != nil {
				return changed, err
			}
			err = t.exec(ctx, unhideSQL, user, ids)
			changed.Shown = articles
		case news.RuleStar:
			changed.Unstarred, err = t.ids(ctx, unlabelSQL, user, ids, "")
		case news.RuleLabel:
			_, err = t.ids(ctx, unlabelSQL, user, ids, text(r.Label))
		case news.RuleTopic:
			err = t.takeBack(ctx, r.Topic, articles)
		}
		if err != nil {
			return changed, err
		}
		return changed, t.exec(ctx, unactedSQL, id, undone)
	})
	return undone, err
}

// takeBack takes articles out of a topic, and lets their stories be matched with all topics again: the topic's query may find them.
func (t tx) takeBack(ctx context.Context, topic int64, articles []int64) error {
	if err := t.exec(ctx, takeBackSQL, topic, idList(articles)); err != nil {
		return err
	}
	stories, err := t.ids(ctx, storiesWithSQL, idList(articles))
	if err != nil {
		return err
	}
	if err := t.exec(ctx, checkAgainSQL, idList(stories)); err != nil {
		return err
	}
	return t.logStories(ctx, idList(stories), idList(nil), idList(nil))
}

// unreadByRule takes back marks of a time and returns the articles that are unread by that. Those that a range covers stay read.
func (t tx) unreadByRule(ctx context.Context, user int64, ids string, at int64) ([]int64, error) {
	unmarked, err := t.ids(ctx, unreadByRuleSQL, user, ids, at)
	if err != nil {
		return nil, err
	}
	read, err := t.ids(ctx, readIDsSQL, user, idList(unmarked))
	return slices.DeleteFunc(unmarked, func(id int64) bool { return slices.Contains(read, id) }), err
}
