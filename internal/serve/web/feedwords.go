package web

import (
	"fmt"
	"strings"

	"headwater/internal/intake/poll"
	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/view"
)

// healthText names how a feed is, as a mark on its line and as a link that chooses feeds.
var healthText = map[news.FeedHealth]struct{ name, class, about string }{
	news.HealthGood:     {locale.Key("fine"), "good", ""},
	news.HealthRepaired: {locale.Key("repaired"), "good", locale.Key("Its document has faults, and is read after repairs.")},
	news.HealthQuiet:    {locale.Key("quiet"), "idle", locale.Key("It is read, and has brought nothing for three months.")},
	news.HealthNever:    {locale.Key("never updated"), "idle", locale.Key("It is read, and has never brought an article.")},
	news.HealthWaiting:  {locale.Key("not read yet"), "idle", locale.Key("It is read for the first time soon.")},
	news.HealthPaused:   {locale.Key("paused"), "idle", locale.Key("It is not read until it is resumed.")},
	news.HealthFailing:  {locale.Key("failing"), "bad", ""},
	news.HealthDead:     {locale.Key("dead"), "bad", locale.Key("It has ended, or has failed for two weeks.")},
}

// ruleText says why a feed is read when it is, for people. package poll has the same for those who set the program up.
func ruleText(r news.Rule) string {
	switch r {
	case poll.RuleAsked:
		return locale.Key("somebody asked for it")
	case poll.RuleHost, "retry after":
		return locale.Key("its site asked to be left alone until then")
	case "interval":
		return locale.Key("it is not known yet how often it brings something")
	case "rhythm":
		return locale.Key("this is how often it brings something")
	case "min":
		return locale.Key("it brings more, but no feed is read more often")
	case "max":
		return locale.Key("it brings little, but each feed is read that often")
	case "cache", "ttl", "period":
		return locale.Key("its site says that there is nothing new sooner")
	case "skip hours", "skip days":
		return locale.Key("its site wants it to be read in other hours")
	case "back-off":
		return locale.Key("the longer it fails, the less often it is tried")
	case "mail":
		return locale.Key("mails bring it, so this is only a check")
	case "hub":
		return locale.Key("its site announces news by itself, so this is only a check")
	}
	return ""
}

// healthView is how a feed is, in words.
type healthView struct {
	Name, Class string
	What, Do    string    // sentences; "" for none
	Since       timestamp // the first of the failures
	Failures    string    // "3 tries failed"
	Checked     timestamp
	Next        timestamp
	NextText    string // in place of Next
	Why         string // of Next
}

func healthOf(f news.Feed, l *locale.Locale) healthView {
	health := f.Health(l.Now)
	words := healthText[health]
	v := healthView{Name: l.Text(words.name), Class: words.class, Checked: timestampOf(f.Checked, l)}
	if words.about != "" {
		v.What = l.Text(words.about)
	}
	if t := news.TroubleOf(f.State, f.Cause); t.What != "" && health != news.HealthPaused {
		if v.What = l.Text(t.What); t.Do != "" {
			v.Do = l.Text(t.Do)
		}
		v.Since = timestampOf(f.Failing, l)
		v.Failures = l.Text("%d tries failed", f.Failures)
	} else if f.Problem != "" && !f.State.Failed() {
		v.What = fullSentence(l.Known(view.ProblemWithoutSecrets(f.Problem)))
	}
	switch {
	case f.Paused:
		v.NextText = l.Text("when it is resumed")
	case f.State == news.FeedGone:
		v.NextText = l.Text("never again")
	case f.Due.IsZero() || !f.Due.After(l.Now):
		v.NextText = l.Text("now")
	default:
		v.Next = timestampOf(f.Due, l)
		if why := ruleText(f.Rule); why != "" {
			v.Why = l.Text(why)
		}
	}
	return v
}

// sparkline is how many articles a feed brought on each of its last days, the newest at the end of the line.
type sparkline struct {
	Path  string // of an SVG of 90 by 20
	Words string // what it shows; "" where there is nothing to show
	Total int
}

func sparklineOf(days []news.DayCount, l *locale.Locale) sparkline {
	const width, height, step = news.FeedDays, 20, 3
	counts := [width]int{}
	total, most := 0, 0
	today := l.Now.UTC().Unix() / 86400
	for _, d := range days {
		at := width - 1 - int(today-d.Day.Unix()/86400)
		if at < 0 || at >= width {
			continue
		}
		counts[at] += d.Articles
		total, most = total+d.Articles, max(most, counts[at])
	}
	s := sparkline{Total: total, Words: l.Text("No article in the last 30 days")}
	if total == 0 {
		return s
	}
	var b strings.Builder
	for i, n := range counts {
		if n > 0 {
			fmt.Fprintf(&b, "M%d.5 %dv-%d", i*step+1, height, max(1, n*height/most))
		}
	}
	s.Path = b.String()
	s.Words = l.Text("%d articles in the last 30 days, at most %s a day", total, l.Number(most))
	return s
}
