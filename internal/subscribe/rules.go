package subscribe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/store"
)

// RuleFinder finds what rules match.
type RuleFinder interface {
	// RuleArticles returns the articles within some time that a rule matches, the newest 2,000, with how many there are in all, and how
	// many articles of its feeds there are.
	RuleArticles(ctx context.Context, rule news.UserRule, within time.Duration) (ids []int64, total, of int, err error)
}

// Rules adds, changes and tries rules. What is wrong with a rule is a *news.RuleError; that of a query has a *search.QueryError in it.
type Rules struct {
	Store  *store.DB
	Finder RuleFinder
}

const (
	maxRuleQuery = 2000 // characters
	ruleNewest   = 20   // articles that a trial shows
)

// UserRules returns a user's rules in the order in which they were added.
func (r *Rules) UserRules(ctx context.Context, user int64) ([]news.UserRule, error) {
	all, err := r.Store.Rules(ctx, user)
	for i := range all {
		sayBadQuery(&all[i])
	}
	return all, err
}

// UserRule returns a user's rule, or news.ErrNotFound.
func (r *Rules) UserRule(ctx context.Context, user, id int64) (news.UserRule, error) {
	rule, err := r.Store.Rule(ctx, user, id)
	sayBadQuery(&rule)
	return rule, err
}

// sayBadQuery sets Idle where the query of a rule can't be read, which only an earlier version of the program has stored.
func sayBadQuery(rule *news.UserRule) {
	if !rule.Paused && rule.Idle == "" && search.CheckRule(rule.Query) != nil {
		rule.Idle = news.RuleBadQuery
	}
}

// AddRule adds a rule and returns it as stored. It acts on articles that are stored from now on.
func (r *Rules) AddRule(ctx context.Context, rule news.UserRule) (news.UserRule, error) {
	rule, err := r.checkNew(ctx, rule)
	if err != nil {
		return rule, err
	}
	if rule.ID, err = r.Store.AddRule(ctx, rule); err != nil {
		return rule, err
	}
	return r.UserRule(ctx, rule.User, rule.ID)
}

// ChangeRule changes the rule with that ID of that User, and returns it as stored. Version is that of the rule that was looked at. It returns
// news.ErrNotFound for an unknown rule.
func (r *Rules) ChangeRule(ctx context.Context, rule news.UserRule) (news.UserRule, error) {
	if _, err := r.Store.Rule(ctx, rule.User, rule.ID); err != nil {
		return rule, err
	}
	rule, err := r.checkNew(ctx, rule)
	if err != nil {
		return rule, err
	}
	if err := r.Store.ChangeRule(ctx, rule); err != nil {
		return rule, err
	}
	return r.UserRule(ctx, rule.User, rule.ID)
}

// TryRule returns what a rule, which need not be stored, matches among the articles of the last week. It changes nothing.
func (r *Rules) TryRule(ctx context.Context, rule news.UserRule) (trial news.RuleTrial, err error) {
	if rule, err = r.check(ctx, rule); err != nil {
		return trial, err
	}
	var ids []int64
	if ids, trial.Total, trial.Of, err = r.Finder.RuleArticles(ctx, rule, news.RuleTrialTime); err != nil {
		return trial, err
	}
	ids = ids[:min(len(ids), ruleNewest)]
	trial.Newest, err = r.Store.Headers(ctx, ids)
	slices.SortStableFunc(trial.Newest, func(a, b news.Article) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	return trial, err
}

// ApplyRule lets a user's rule act on the articles of the last week, at most the newest 2,000 that match, and returns how many it changed.
func (r *Rules) ApplyRule(ctx context.Context, user, id int64) (changed int, err error) {
	rule, err := r.Store.Rule(ctx, user, id)
	if err != nil {
		return 0, err
	}
	if err := checkRuleQuery(rule.Query); err != nil {
		return 0, err
	}
	articles, _, _, err := r.Finder.RuleArticles(ctx, rule, news.RuleTrialTime)
	if err != nil {
		return 0, err
	}
	return r.Store.ApplyRule(ctx, store.RuleMatch{Rule: rule, Articles: articles})
}

// check returns a rule as it is to be stored.
func (r *Rules) check(ctx context.Context, rule news.UserRule) (news.UserRule, error) {
	wrong := func(field, format string, args ...any) (news.UserRule, error) {
		return rule, &news.RuleError{Field: field, Err: fmt.Errorf(format, args...)}
	}
	if _, err := r.Store.UserByID(ctx, rule.User); err != nil {
		return rule, err
	}
	rule.Query = strings.TrimSpace(rule.Query)
	if err := checkRuleQuery(rule.Query); err != nil {
		return rule, err
	}
	switch {
	case rule.Feed != 0 && rule.Folder != "":
		return wrong("folder", "a rule is for one feed or for one folder; leave one of them out")
	case rule.Feed != 0:
		if _, err := r.Store.Feed(ctx, rule.Feed); errors.Is(err, news.ErrNotFound) {
			return wrong("feed", "there is no feed %d, or it was removed; choose another one", rule.Feed)
		} else if err != nil {
			return rule, err
		}
	case rule.Folder != "":
		all, err := r.Store.Feeds(ctx)
		if err != nil {
			return rule, err
		}
		if !slices.ContainsFunc(all, func(f news.Feed) bool { return f.Folder == rule.Folder }) {
			return wrong("folder", "no feed is in the folder %s; choose another one", rule.Folder)
		}
	}
	if !slices.Contains(news.RuleActions, rule.Action) {
		return wrong("action", "a rule can't %q; choose hide, read, star, label or topic", rule.Action)
	}
	if rule.Action != news.RuleLabel {
		rule.Label = ""
	} else if err := news.CheckName(rule.Label); err != nil {
		return wrong("label", "the label: %w", err)
	}
	if rule.Action != news.RuleTopic {
		rule.Topic, rule.TopicName = 0, ""
	} else if err := r.setTopic(ctx, &rule); err != nil {
		return rule, err
	}
	return rule, nil
}

// checkNew is check for a rule that is to be stored. It refuses one that another makes needless.
func (r *Rules) checkNew(ctx context.Context, rule news.UserRule) (news.UserRule, error) {
	rule, err := r.check(ctx, rule)
	if err != nil {
		return rule, err
	}
	have, err := r.Store.Rules(ctx, rule.User)
	if err != nil {
		return rule, err
	}
	for _, h := range have {
		if h.ID != rule.ID && h.Query == rule.Query && h.Feed == rule.Feed && h.Folder == rule.Folder && h.Action == rule.Action && h.Label == rule.Label && h.Topic == rule.Topic {
			return rule, &news.RuleError{Field: "rules", Err: fmt.Errorf("rule %d does the same already; change that one", h.ID)}
		}
	}
	return rule, nil
}

func checkRuleQuery(query string) error {
	if n := utf8.RuneCountInString(query); n > maxRuleQuery {
		return &news.RuleError{Field: "query", Err: fmt.Errorf("the search has %d characters; at most %d are read", n, maxRuleQuery)}
	}
	if err := search.CheckRule(query); err != nil {
		return &news.RuleError{Field: "query", Err: err}
	}
	return nil
}

// setTopic finds the topic that a rule sends to, by its id or its name: one of the user, or of everybody where the user may change those.
func (r *Rules) setTopic(ctx context.Context, rule *news.UserRule) error {
	u, err := r.Store.UserByID(ctx, rule.User)
	if err != nil {
		return err
	}
	own, err := r.Store.Topics(ctx, rule.User)
	if err != nil {
		return err
	}
	if u.Role != news.ReaderRole {
		shared, err := r.Store.Topics(ctx, 0)
		if err != nil {
			return err
		}
		own = append(own, shared...)
	}
	for _, t := range own {
		if t.ID == rule.Topic || rule.Topic == 0 && t.Name == rule.TopicName {
			rule.Topic, rule.TopicName, rule.Shared = t.ID, t.Name, t.User == 0
			return nil
		}
	}
	if rule.Topic == 0 && rule.TopicName == "" {
		return &news.RuleError{Field: "topic", Err: errors.New("a rule that sends to a topic needs a topic; choose one")}
	}
	return &news.RuleError{Field: "topic", Err: errors.New("that topic is gone, or you may not change it; choose another one")}
}
