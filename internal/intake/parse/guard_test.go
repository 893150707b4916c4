package parse

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// numbered is a document in each format whose items have these days of November 2026 as dates, "-" for none; their ids
// count from 0.
var numbered = map[string]func(days []string) string{
	"RSS": func(days []string) string {
		return `<rss version="2.0"><channel><title>T</title>` + each(days, `<item><guid>%d</guid>`, `<pubDate>Mon, %s Nov 2026 10:00:00 GMT</pubDate>`, `<title>x</title></item>`) + `</channel></rss>`
	},
	"RDF": func(days []string) string {
		return `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>T</title></channel>` +
			each(days, `<item><guid>%d</guid>`, `<dc:date>2026-11-%sT10:00:00Z</dc:date>`, `</item>`) + `</rdf:RDF>`
	},
	"Atom": func(days []string) string {
		return `<feed xmlns="http://www.w3.org/2005/Atom">` + each(days, `<entry><id>%d</id>`, `<updated>2026-11-%sT10:00:00Z</updated>`, `<summary>x</summary></entry>`) + `</feed>`
	},
	"JSON Feed": func(days []string) string {
		return `{"version":"https://jsonfeed.org/version/1.1","items":[` + strings.TrimSuffix(each(days, `{"id":"%d"`, `,"date_published":"2026-11-%sT10:00:00Z"`, `},`), ",") + `],"title":"T"}`
	},
}

func each(days []string, begin, date, end string) string {
	var b strings.Builder
	for i, d := range days {
		fmt.Fprintf(&b, begin, i)
		if d != "-" {
			fmt.Fprintf(&b, date, d)
		}
		b.WriteString(end)
	}
	return b.String()
}

func TestNewest(t *testing.T) {
	for name, tt := range map[string]struct {
		days, want string // of three that are kept: their ids, in the order of the document
		newest     bool
	}{
		"the newest first":              {"09 08 07 06 05", "0 1 2", false},
		"the oldest first":              {"05 06 07 08 09", "2 3 4", true},
		"in no order":                   {"05 09 06 08 07", "1 3 4", true},
		"no dates":                      {"- - - - -", "0 1 2", false},
		"the oldest first, some dates":  {"01 - 03 - 05 -", "3 4 5", true},
		"the newest first, some dates":  {"05 - 03 - 01 -", "0 1 2", false},
		"the last is dated":             {"- - - - 05", "0 1 2", false},
		"one date, the oldest first":    {"01 05 05 05 05 05", "3 4 5", true},
		"one date, the newest first":    {"05 05 05 05 05 01", "0 1 2", false},
		"the first ones have no date":   {"- - - 08 09 10", "3 4 5", true},
		"a date that can't be right":    {"05 06 07 99 08", "2 3 4", true},
		"no more than are read":         {"05 06 07", "0 1 2", false},
		"none":                          {"", "", false},
		"the newest stands in between":  {"05 06 20 06 05 04 03", "1 2 3", true},
		"the newest ones stand at ends": {"20 01 02 03 19", "0 3 4", true},
	} {
		for format, write := range numbered {
			o := testOptions()
			o.MaxItems = 3
			days := strings.Fields(tt.days)
			doc, err := Parse(context.Background(), []byte(write(days)), o)
			if err != nil {
				t.Errorf("%s, %s: %v", name, format, err)
				continue
			}
			var got []string
			for _, e := range doc.Entries {
				got = append(got, e.GUID)
			}
			if s := strings.Join(got, " "); s != tt.want || doc.Newest != tt.newest || doc.Incomplete != (len(days) > 3) || len(doc.Repaired) != 0 {
				t.Errorf("%s, %s: kept %q, newest %v, incomplete %v, repaired %v", name, format, s, doc.Newest, doc.Incomplete, doc.Repaired)
			}
		}
	}
}

// TestNewestOfMany: a document of many items takes bounded time and memory, and nothing of what is not kept stays.
func TestNewestOfMany(t *testing.T) {
	days := make([]string, 40_000)
	for i := range days {
		days[i] = fmt.Sprintf("%02d", 1+i*22/len(days))
	}
	for format, write := range numbered {
		began := time.Now()
		o := testOptions()
		o.MaxItems = 100
		doc, err := Parse(context.Background(), []byte(write(days)), o)
		if err != nil || len(doc.Entries) != 100 || doc.Entries[99].GUID != "39999" || doc.Entries[0].GUID != "39900" {
			t.Errorf("%s: %d entries, %v", format, len(doc.Entries), err)
		}
		t.Logf("%s: %s", format, time.Since(began))
	}
}

func TestChooseNewest(t *testing.T) {
	for _, tt := range []struct {
		dates []int64
		limit int
		want  []bool
	}{
		{[]int64{1, 2, 3}, 1, []bool{false, false, true}},
		{[]int64{3, 2, 1}, 1, []bool{true, false, false}},
		{[]int64{0, 0, 0}, 2, []bool{true, true, false}},
		{[]int64{1, 0, 0, 4}, 2, []bool{false, false, true, true}},
		{[]int64{-5, -4, -3}, 2, []bool{false, true, true}},
	} {
		if diff := cmp.Diff(tt.want, selectNewest(tt.dates, tt.limit)); diff != "" {
			t.Errorf("%v, %d (-want +got):\n%s", tt.dates, tt.limit, diff)
		}
	}
}
