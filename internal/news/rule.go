package news

import "time"

// RuleAction is what a rule does with an article.
type RuleAction string

// The actions of rules.
const (
	RuleHide  RuleAction = "hide"  // leave it out of the user's lists; it counts as read
	RuleRead  RuleAction = "read"  // mark it as read
	RuleStar  RuleAction = "star"  // star it
	RuleLabel RuleAction = "label" // give it the label UserRule.Label
	RuleTopic RuleAction = "topic" // send it to the topic UserRule.Topic
)

// RuleActions are all actions, in the order in which forms offer them.
var RuleActions = []RuleAction{RuleHide, RuleRead, RuleStar, RuleLabel, RuleTopic}

// MaxRules is how many rules a user may have.
const MaxRules = 200

// RuleIdle is why a rule that is not paused does nothing.
type RuleIdle string

// The reasons. A rule goes on by itself when its reason is gone.
const (
	RuleNoFeed   RuleIdle = "feed"   // its feed was removed
	RuleNoFolder RuleIdle = "folder" // no feed is in its folder
	RuleNoTopic  RuleIdle = "topic"  // its topic was removed, or is one of everybody that the user may not change any more
	RuleBadQuery RuleIdle = "query"  // this version of the program cannot read its query
)

// UserRule is what a user has done with each article that matches a query. It acts once on an article, when that has its story.
type UserRule struct {
	ID     int64
	User   int64
	Query  string // in the query language of package search
	Feed   int64  // only articles of this feed; 0 means of any
	Folder string // only articles of feeds in this folder; "" means of any
	Action RuleAction
	Label  string // of RuleLabel
	Topic  int64  // of RuleTopic: one of the user, or of everybody where the user may change those; 0 once it was removed
	Paused bool

	TopicName string // of Topic; where that is 0, the topic that a new or changed rule is to have
	Shared    bool   // Topic is one of everybody

	Added   time.Time
	Version int64     // increases with each change
	Acted   int       // articles that it has changed
	Last    time.Time // when it last changed one; zero means never
	Applied int64     // names the application to earlier articles that can be undone; 0 means that there is none
	Idle    RuleIdle  // "" where it works, or is paused
}

// RuleChange is an article that a rule has changed.
type RuleChange struct {
	Article Article // without its text
	At      time.Time
}

// RuleTrial is what a rule matches among the articles of the last RuleTrialTime.
type RuleTrial struct {
	Total  int       // articles that match
	Of     int       // articles that it is compared with: those of its feeds
	Newest []Article // the newest of Total, without text
}

// RuleTrialTime is how far back rules are tried, and can be applied.
const RuleTrialTime = 7 * 24 * time.Hour

// RuleError is what is wrong with a rule, in words that say what to do.
type RuleError struct {
	Field string // query, feed, folder, action, label, topic, version or rules
	Err   error
}

// Error implements error.
func (e *RuleError) Error() string { return e.Err.Error() }

// Unwrap implements the interface of package errors.
func (e *RuleError) Unwrap() error { return e.Err }
