package fetch

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestFresh bounds what a server says of its answer: nobody knows more than a year ahead (RFC 9111, 5.3 had it so).
const longestFresh = 365 * 24 * time.Hour

// fresh is how long an answer stays current from now on (RFC 9111, 4.2): max-age, or else Expires after Date, less the
// Age that it had when it came. no-cache and no-store are 0, as is what can't be read.
func fresh(h http.Header, now time.Time) time.Duration {
	age, known := maxAge(h.Values("Cache-Control"))
	if !known {
		expires, err := http.ParseTime(h.Get("Expires"))
		if err != nil {
			return 0
		}
		if date, err := http.ParseTime(h.Get("Date")); err == nil {
			now = date // the server's clock, as that of Expires
		}
		age = expires.Sub(now)
	}
	spent, err := strconv.ParseInt(strings.TrimSpace(h.Get("Age")), 10, 64)
	if err == nil && spent > 0 {
		age -= time.Duration(min(spent, int64(longestFresh/time.Second))) * time.Second
	}
	return min(max(age, 0), longestFresh)
}

// maxAge reads Cache-Control, and says whether it bounds the age at all.
func maxAge(values []string) (age time.Duration, known bool) {
	for _, part := range strings.Split(strings.Join(values, ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(part)), "=")
		switch strings.TrimSpace(name) {
		case "no-cache", "no-store":
			if value == "" { // with field names it is about those
				return 0, true
			}
		case "max-age":
			seconds, err := strconv.ParseInt(strings.Trim(value, ` "`), 10, 64)
			if err == nil && !known {
				known = true
				age = time.Duration(min(max(seconds, 0), int64(longestFresh/time.Second))) * time.Second
			}
		}
	}
	return age, known
}
