package web

import (
	"headwater/internal/locale"
	"headwater/internal/news"
)

// readingSettings are the settings of lists and marks.
func readingSettings(l *locale.Locale) settingGroup {
	return settingGroup{l.Text("Reading"), []settingField{
		settingOf("lists", l.Text("Lists of unread articles"), func(s *news.Settings) *news.ListBy { return &s.Lists },
			option(news.ListByStory, l.Text("By story, without its copies")), option(news.ListByArticle, l.Text("Each article"))),
		settingOf("order", l.Text("Their order"), func(s *news.Settings) *news.ListOrder { return &s.Order },
			option(news.NewestFirst, l.Text("Newest first")), option(news.OldestFirst, l.Text("Oldest first"))),
		switchOn("opening", l.Text("Mark what I open as read"), "", func(s *news.Settings) *news.DefaultOn { return &s.Opening }),
		switchOff("scrolling", l.Text("Mark what I scroll past as read"), l.Text("In lists of unread articles. Needs JavaScript."), func(s *news.Settings) *news.DefaultOff { return &s.Scrolling }),
		switchOn("keys", l.Text("Keyboard shortcuts"), l.Text("? shows them. Needs JavaScript."), func(s *news.Settings) *news.DefaultOn { return &s.Keys }),
		switchOn("swiping", l.Text("Swipe a headline to mark it"), l.Text("To one side as read or unread, to the other as starred. Needs JavaScript."), func(s *news.Settings) *news.DefaultOn { return &s.Swiping }),
	}}
}

// switchOn is a checkbox of a setting that is on unless it is turned off, and switchOff of one that is off unless it is turned on.
func switchOn(name, label, help string, at func(*news.Settings) *news.DefaultOn) settingField {
	return settingField{
		Name: name, Label: label, Help: help,
		get: func(s news.Settings) string { return onIf(at(&s).On()) },
		set: func(s *news.Settings, value string) {
			if *at(s) = news.TurnedOff; value == switchedOn {
				*at(s) = ""
			}
		},
	}
}

func switchOff(name, label, help string, at func(*news.Settings) *news.DefaultOff) settingField {
	return settingField{
		Name: name, Label: label, Help: help,
		get: func(s news.Settings) string { return onIf(at(&s).On()) },
		set: func(s *news.Settings, value string) { *at(s) = news.DefaultOff(value) },
	}
}

func onIf(on bool) string {
	if on {
		return switchedOn
	}
	return ""
}
