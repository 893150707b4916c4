package parse

import (
	"context"
	"testing"
	"time"

	"headwater/internal/news"
)

func TestTTL(t *testing.T) {
	for in, want := range map[string]string{"": "0s", "60": "1h0m0s", " 5 ": "5m0s", "-1": "0s", "x": "0s", "99999999999": "720h0m0s"} {
		if got := ttl(in).String(); got != want {
			t.Errorf("ttl(%q) = %s, want %s", in, got, want)
		}
	}
}

// TestAsks reads whole documents, so that what the guard lets through counts.
func TestAsks(t *testing.T) {
	const rss = `<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><title>T</title>`
	const atom = `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><title>T</title>`
	const item = `<item><title>A</title><guid>1</guid></item></channel></rss>`
	for name, tc := range map[string]struct {
		doc  string
		want news.Document
	}{
		"nothing":         {rss + item, news.Document{}},
		"ttl":             {rss + `<ttl>90</ttl>` + item, news.Document{TTL: 90 * time.Minute}},
		"ttl and period":  {rss + `<ttl>90</ttl><sy:updatePeriod>daily</sy:updatePeriod>` + item, news.Document{TTL: 90 * time.Minute, Period: 24 * time.Hour}},
		"frequency":       {rss + `<sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>` + item, news.Document{Period: 15 * time.Minute}},
		"frequency alone": {rss + `<sy:updateFrequency>2</sy:updateFrequency>` + item, news.Document{Period: 12 * time.Hour}},
		"hours":           {rss + `<skipHours><hour>0</hour><hour> 23 </hour><hour>25</hour><hour>x</hour></skipHours>` + item, news.Document{Skips: news.Skips{Hours: 1 | 1<<23}}},
		"hour 24":         {rss + `<skipHours><hour>24</hour></skipHours>` + item, news.Document{Skips: news.Skips{Hours: 1}}},
		"days":            {rss + `<skipDays><day>Sunday</day><day>saturday</day><day>Caturday</day></skipDays>` + item, news.Document{Skips: news.Skips{Days: 1 | 1<<6}}},
		"every day":       {rss + `<skipDays><day>Sunday</day><day>Monday</day><day>Tuesday</day><day>Wednesday</day><day>Thursday</day><day>Friday</day><day>Saturday</day></skipDays>` + item, news.Document{}},
		"a missing end":   {rss + `<skipHours><hour>3<hour>4</skipHours>` + item, news.Document{Skips: news.Skips{Hours: 1<<3 | 1<<4}}},
		"atom":            {atom + `<sy:updatePeriod>weekly</sy:updatePeriod><entry><id>1</id><title>A</title></entry></feed>`, news.Document{Period: 7 * 24 * time.Hour}},
	} {
		got, err := Parse(context.Background(), []byte(tc.doc), Options{})
		if err != nil || len(got.Entries) != 1 {
			t.Errorf("%s: %d entries, %v", name, len(got.Entries), err)
		}
		if got.TTL != tc.want.TTL || got.Period != tc.want.Period || got.Skips != tc.want.Skips {
			t.Errorf("%s: ttl %s, period %s, skips %+v; want %s, %s, %+v", name, got.TTL, got.Period, got.Skips, tc.want.TTL, tc.want.Period, tc.want.Skips)
		}
	}
}
