package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/access"
	"headwater/internal/serve/view"
)

type ruleList struct {
	Total int         `json:"total" doc:"how many there are"`
	Rules []view.Rule `json:"rules" nullable:"false" doc:"the viewer's rules in the order in which they were added, which does not matter: all that match act"`
}

// RuleID names a rule of the viewer.
type RuleID struct {
	ID int64 `path:"id" minimum:"1" doc:"the rule's number"`
}

func (q RuleID) what() string { return fmt.Sprintf("rule %d of yours", q.ID) }

type ruleQuery struct {
	RuleID
	Limit int `query:"limit" minimum:"0" maximum:"1000" default:"20" doc:"how many of the articles that it changed last to show"`
}

type oneRule struct {
	view.Rule
	Changes []view.RuleArticle `json:"changes" nullable:"false" doc:"the articles that it changed last, the latest first"`
}

type newRule struct {
	Body struct {
		Query  string          `json:"query" minLength:"1" maxLength:"2000" example:"title:\"live blog\"" doc:"the search that articles are compared with; is:unread, is:starred and feeds by name cannot be asked for"`
		Feed   int64           `json:"feed,omitempty" minimum:"0" doc:"only articles of this feed, by its number"`
		Folder string          `json:"folder,omitempty" maxLength:"200" doc:"only articles of feeds in this folder"`
		Action news.RuleAction `json:"action" enum:"hide,read,star,label,topic" doc:"what is done: hide leaves the article out of lists and counts it as read"`
		Label  string          `json:"label,omitempty" maxLength:"200" doc:"for the action label, the label to give"`
		Topic  string          `json:"topic,omitempty" maxLength:"200" doc:"for the action topic, the name of the topic to send to: one of the viewer, or else for editors one of everybody"`
		Paused bool            `json:"paused,omitempty" doc:"add it, but let it do nothing yet"`
	}
}

// changedRule has what is to be different; what is left out stays.
type changedRule struct {
	RuleID
	Body struct {
		Query  *string          `json:"query,omitempty" minLength:"1" maxLength:"2000" doc:"the search that articles are compared with"`
		Feed   *int64           `json:"feed,omitempty" minimum:"0" doc:"only articles of this feed, by its number; 0 is of all"`
		Folder *string          `json:"folder,omitempty" maxLength:"200" doc:"only articles of feeds in this folder; empty is of all"`
		Action *news.RuleAction `json:"action,omitempty" enum:"hide,read,star,label,topic" doc:"what is done"`
		Label  *string          `json:"label,omitempty" maxLength:"200" doc:"for the action label, the label to give"`
		Topic  *string          `json:"topic,omitempty" maxLength:"200" doc:"for the action topic, the name of the topic to send to"`
		Paused *bool            `json:"paused,omitempty" doc:"whether it does nothing"`
	}
}

type ruleTrial struct {
	Matches int                `json:"matches" doc:"articles of the last week that match"`
	Of      int                `json:"of" doc:"articles of the last week that the rule is compared with: those of its feeds"`
	Newest  []view.RuleArticle `json:"newest" nullable:"false" doc:"the newest 20 that match"`
}

type ruleDone struct {
	Changed int `json:"changed" doc:"articles that were changed by this"`
}

func (s *server) rules(ctx context.Context, _ *struct{}) (*body[ruleList], error) {
	list, err := s.backend.UserRules(ctx, access.ViewerOf(ctx).User.ID)
	if err != nil {
		return nil, s.fail(err, "list of rules", "/rules")
	}
	return &body[ruleList]{ruleList{len(list), view.All(list, view.RuleOf)}}, nil
}

func (s *server) rule(ctx context.Context, q *ruleQuery) (*body[oneRule], error) {
	user := access.ViewerOf(ctx).User.ID
	r, err := s.backend.UserRule(ctx, user, q.ID)
	if err != nil {
		return nil, s.fail(err, q.what(), "/rules")
	}
	changes, err := s.backend.RuleChanges(ctx, user, q.ID, q.Limit)
	if err != nil {
		return nil, s.fail(err, q.what(), "/rules")
	}
	return &body[oneRule]{oneRule{view.RuleOf(r), view.All(changes, view.RuleChangeOf)}}, nil
}

// rule gives the rule that a client sent.
func (q *newRule) rule(ctx context.Context) news.UserRule {
	b := q.Body
	return news.UserRule{
		User: access.ViewerOf(ctx).User.ID, Query: b.Query, Feed: b.Feed, Folder: b.Folder, Action: b.Action, Label: b.Label, TopicName: b.Topic, Paused: b.Paused,
	}
}

func (s *server) addRule(ctx context.Context, q *newRule) (*created[view.Rule], error) {
	r, err := s.backend.AddRule(ctx, q.rule(ctx))
	if err != nil {
		return nil, s.ruleFail(err, "user", q.Body.Query)
	}
	return &created[view.Rule]{fmt.Sprintf("%s/rules/%d", root, r.ID), view.RuleOf(r)}, nil
}

func (s *server) tryRule(ctx context.Context, q *newRule) (*body[ruleTrial], error) {
	t, err := s.backend.TryRule(ctx, q.rule(ctx))
	if err != nil {
		return nil, s.ruleFail(err, "user", q.Body.Query)
	}
	return &body[ruleTrial]{ruleTrial{t.Total, t.Of, view.All(t.Newest, view.RuleArticleOf)}}, nil
}

func (s *server) changeRule(ctx context.Context, q *changedRule) (*body[view.Rule], error) {
	user, b := access.ViewerOf(ctx).User.ID, q.Body
	r, err := s.backend.UserRule(ctx, user, q.ID)
	if err != nil {
		return nil, s.fail(err, q.what(), "/rules")
	}
	if b.Query == nil && b.Feed == nil && b.Folder == nil && b.Action == nil && b.Label == nil && b.Topic == nil { // also a rule whose feed is gone
		if b.Paused != nil && *b.Paused != r.Paused {
			if err := s.backend.PauseRule(ctx, user, q.ID, *b.Paused); err != nil {
				return nil, s.fail(err, q.what(), "/rules")
			}
		}
		if r, err = s.backend.UserRule(ctx, user, q.ID); err != nil {
			return nil, s.fail(err, q.what(), "/rules")
		}
		return &body[view.Rule]{view.RuleOf(r)}, nil
	}
	r.Query = given(b.Query, r.Query)
	if b.Feed != nil && *b.Feed != 0 && b.Folder == nil { // instead of the folder
		r.Folder = ""
	}
	if b.Folder != nil && *b.Folder != "" && b.Feed == nil {
		r.Feed = 0
	}
	r.Feed = given(b.Feed, r.Feed)
	r.Folder = given(b.Folder, r.Folder)
	r.Action = given(b.Action, r.Action)
	r.Label = given(b.Label, r.Label)
	r.Paused = given(b.Paused, r.Paused)
	if b.Topic != nil {
		r.Topic, r.TopicName = 0, *b.Topic
	}
	if r, err = s.backend.ChangeRule(ctx, r); err != nil {
		return nil, s.ruleFail(err, q.what(), r.Query)
	}
	return &body[view.Rule]{view.RuleOf(r)}, nil
}

func (s *server) applyRule(ctx context.Context, q *RuleID) (*body[ruleDone], error) {
	n, err := s.backend.ApplyRule(ctx, access.ViewerOf(ctx).User.ID, q.ID)
	if err != nil {
		return nil, s.ruleFail(err, q.what(), "")
	}
	return &body[ruleDone]{ruleDone{n}}, nil
}

func (s *server) undoRule(ctx context.Context, q *RuleID) (*body[ruleDone], error) {
	user := access.ViewerOf(ctx).User.ID
	if _, err := s.backend.UserRule(ctx, user, q.ID); err != nil {
		return nil, s.fail(err, q.what(), "/rules")
	}
	n, err := s.backend.UndoRule(ctx, user, q.ID)
	if errors.Is(err, news.ErrNotFound) { // nothing was done, or it is taken back already
		return &body[ruleDone]{}, nil
	}
	if err != nil {
		return nil, s.fail(err, q.what(), "/rules")
	}
	return &body[ruleDone]{ruleDone{n}}, nil
}

func (s *server) removeRule(ctx context.Context, q *RuleID) (*struct{}, error) {
	if err := s.backend.RemoveRule(ctx, access.ViewerOf(ctx).User.ID, q.ID); err != nil {
		return nil, s.fail(err, q.what(), "/rules")
	}
	return nil, nil
}

// ruleFail is the answer to a rule that was not stored, tried or applied.
func (s *server) ruleFail(err error, what, query string) error {
	var wrong *news.RuleError
	var bad *search.QueryError
	switch {
	case errors.As(err, &bad):
		return badQuery("body.query", query, bad)
	case !errors.As(err, &wrong):
		return s.fail(err, what, "/rules")
	case wrong.Field == "rules" || wrong.Field == "version":
		return huma.Error409Conflict(wrong.Error())
	}
	return invalid("body."+wrong.Field, nil, wrong.Error())
}
