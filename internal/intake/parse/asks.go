package parse

import (
	"strconv"
	"strings"
	"time"

	"headwater/internal/news"
)

// longestAsked is the longest that a document is believed which asks to be left alone.
const longestAsked = 30 * 24 * time.Hour

// ttl reads <ttl>: minutes.
func ttl(minutes string) time.Duration {
	return min(time.Duration(min(size(minutes), 1e6))*time.Minute, longestAsked)
}

// period reads the syndication module: so many updates in an hour, a day ... A frequency alone is one of a day, which is
// the module's default period.
func period(x extensions) time.Duration {
	frequency := size(x.value("sy", "updatefrequency"))
	var period time.Duration
	switch strings.ToLower(strings.TrimSpace(x.value("sy", "updateperiod"))) {
	case "hourly":
		period = time.Hour
	case "daily":
		period = 24 * time.Hour
	case "weekly":
		period = 7 * 24 * time.Hour
	case "monthly", "yearly":
		period = longestAsked
	case "":
		if frequency > 0 {
			period = 24 * time.Hour
		}
	}
	return period / time.Duration(min(max(frequency, 1), 10000))
}

// skips reads <skipHours>, 0 to 23 in GMT (24 is midnight in the first drafts), and <skipDays>, days of the week in
// English. A feed that skips every hour or every day says nothing.
func skips(hours, days []string) news.Skips {
	var s news.Skips
	for _, text := range hours {
		if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n >= 0 && n <= 24 {
			s.Hours |= 1 << (n % 24)
		}
	}
	for _, text := range days {
		for d := time.Sunday; d <= time.Saturday; d++ {
			if strings.EqualFold(strings.TrimSpace(text), d.String()) {
				s.Days |= 1 << d
			}
		}
	}
	if s.Hours == 1<<24-1 {
		s.Hours = 0
	}
	if s.Days == 1<<7-1 {
		s.Days = 0
	}
	return s
}
