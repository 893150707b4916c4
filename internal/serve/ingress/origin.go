package ingress

import (
	"net/http"
	"net/url"

	"headwater/internal/weburl"
)

// SameOrigin refuses requests that may change something and that a browser sends from another site's page: by
// Sec-Fetch-Site, else by Origin (http.CrossOriginProtection). Programs send neither and pass. Pages of publicURL pass,
// though a proxy has changed Host. What is refused goes to refused, or gets plain text where that is nil.
func SameOrigin(publicURL string, refused, next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	if refused == nil {
		refused = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			refuse(w, http.StatusForbidden, r.Method+" "+r.URL.Path+" was sent from another site's page, so it is refused. "+
				"Programs send neither Origin nor Sec-Fetch-Site.")
		})
	}
	guard.SetDenyHandler(refused)
	if origin := originOf(publicURL); origin != "" {
		_ = guard.AddTrustedOrigin(origin) // it takes scheme and host; where it did not, nobody would be trusted
	}
	return guard.Handler(next)
}

// originOf is the origin of an address as browsers send it, without a port that its scheme implies; "" for none.
func originOf(address string) string {
	u, err := weburl.Parse(address)
	if err != nil {
		return ""
	}
	host := u.Host
	if port := u.Port(); port == map[string]string{"http": "80", "https": "443"}[u.Scheme] && port != "" {
		host = host[:len(host)-len(port)-1]
	}
	return (&url.URL{Scheme: u.Scheme, Host: host}).String()
}
