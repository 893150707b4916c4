package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

func loopback() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

func client(t *testing.T, o Options) *Client {
	t.Helper()
	if o.AllowPrivate == nil {
		o.AllowPrivate = loopback()
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func server(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// failure asserts that err is an *Error in that state, whose sentence holds every one of the words.
func failure(t *testing.T, err error, state news.FeedState, words ...string) {
	t.Helper()
	if e := asError(t, err); e.State != state {
		t.Errorf("state %q, want %q (%v)", e.State, state, err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

func asError(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v (%T), want *Error", err, err)
	}
	return e
}

// send writes an answer. A client that hung up is no fault of the test.
func send(w io.Writer, text string) {
	_, _ = io.WriteString(w, text)
}

func TestGetSendsWhatItShould(t *testing.T) {
	var got http.Header
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		http.SetCookie(w, &http.Cookie{Name: "track", Value: "me"})
		w.Header().Set("ETag", `W/"two"`)
		send(w, "<rss/>")
	})
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	c := client(t, Options{UserAgent: "Headwater/1.2 (+https://headwater.example; 3 subscribers)"})
	r := Request{URL: s.URL, ETag: `W/"one, two"`, LastModified: "Sunday, 22-Nov-26 10:00:00 GMT"}
	for range 2 { // the second shows that no cookie is kept
		res, err := c.Get(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		if res.Status != 200 || string(res.Body) != "<rss/>" || res.NotModified || res.Header.Get("ETag") != `W/"two"` || res.Permanent != "" {
			t.Errorf("unexpected response %+v", res)
		}
	}
	want := http.Header{
		"User-Agent":        {"Headwater/1.2 (+https://headwater.example; 3 subscribers)"},
		"Accept":            {feedTypes},
		"Accept-Encoding":   {"gzip, deflate, br, zstd"},
		"If-None-Match":     {`W/"one, two"`},
		"If-Modified-Since": {"Sunday, 22-Nov-26 10:00:00 GMT"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestNotModified(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", r.Header.Get("If-None-Match"))
		w.WriteHeader(http.StatusNotModified)
	})
	c := client(t, Options{})
	res, err := c.Get(context.Background(), Request{URL: s.URL, ETag: `"a"`})
	if err != nil || !res.NotModified || res.Status != 304 || res.Header.Get("ETag") != `"a"` {
		t.Errorf("got %+v, %v", res, err)
	}
	_, err = c.Get(context.Background(), Request{URL: s.URL})
	failure(t, err, news.FeedHTTPError, "304")
}

func TestStatuses(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(strings.Trim(r.URL.Path, "/"))
		w.Header().Set("Retry-After", r.URL.Query().Get("after"))
		w.WriteHeader(status)
		send(w, "some words")
	})
	for _, tc := range []struct {
		status int
		after  string
		state  news.FeedState
		wait   time.Duration
		word   string
	}{
		{400, "", news.FeedHTTPError, 0, "browser"},
		{401, "", news.FeedHTTPError, 0, "login"},
		{403, "", news.FeedHTTPError, 0, "refuses"},
		{404, "", news.FeedNotFound, 0, "look for"},
		{410, "", news.FeedGone, 0, "ended"},
		{429, "120", news.FeedHTTPError, 2 * time.Minute, "too often"},
		{429, "soon", news.FeedHTTPError, 0, "too often"},
		{500, "", news.FeedHTTPError, 0, "later"},
		{503, "604800", news.FeedHTTPError, 7 * 24 * time.Hour, "later"},
		{503, "-5", news.FeedHTTPError, 0, "later"},
		{503, "99999999999999", news.FeedHTTPError, 7 * 24 * time.Hour, "later"},
		{204, "", news.FeedHTTPError, 0, "no document"},
		{205, "", news.FeedHTTPError, 0, "no document"},
		{206, "", news.FeedHTTPError, 0, "part of one"},
		{300, "", news.FeedHTTPError, 0, "no feed"},
	} {
		t.Run(fmt.Sprint(tc.status, tc.after), func(t *testing.T) {
			c := client(t, Options{}) // a new one each: hosts that ask for rest get it
			_, err := c.Get(context.Background(), Request{URL: fmt.Sprintf("%s/%d?after=%s", s.URL, tc.status, tc.after)})
			failure(t, err, tc.state, fmt.Sprint(tc.status), tc.word, s.URL)
			if e := asError(t, err); e.Status != tc.status || e.RetryAfter != tc.wait {
				t.Errorf("status %d, retry after %s; want %d, %s", e.Status, e.RetryAfter, tc.status, tc.wait)
			}
		})
	}
}

func TestRetryAfterDate(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"Mon, 23 Nov 2026 13:00:00 GMT":  time.Hour,
		"Monday, 23-Nov-26 12:00:30 GMT": 30 * time.Second,
		"Mon, 23 Nov 2026 11:00:00 GMT":  0,
		"":                               0,
		" 7 ":                            7 * time.Second,
	} {
		if got := RetryAfter(value, now); got != want {
			t.Errorf("RetryAfter(%q) = %s, want %s", value, got, want)
		}
	}
}

func TestRedirects(t *testing.T) {
	var referrer atomic.Value
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if v := r.Header.Get("Referer"); v != "" {
			referrer.Store(v)
		}
		if r.URL.Path == "/end" {
			send(w, "end "+r.Header.Get("If-None-Match"))
			return
		}
		// "/301/302/end" answers 301 and leads to "/302/end"; what is no number leads to itself.
		status, rest, _ := strings.Cut(r.URL.Path[1:], "/")
		code, err := strconv.Atoi(status)
		if err != nil {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
			return
		}
		to := r.URL.Query().Get("to")
		if to == "" {
			to = "/" + rest
		}
		w.Header().Set("Location", to)
		w.WriteHeader(code)
	})
	c := client(t, Options{PerHost: 1})
	for _, tc := range []struct {
		path      string
		permanent bool
		fault     string
	}{
		{path: "/301/end", permanent: true},
		{path: "/308/301/end", permanent: true},
		{path: "/302/end"},
		{path: "/301/302/end"},
		{path: "/307/301/end"},
		{path: "/303/end"},
		{path: "/301/301/301/301/301/end", permanent: true},
		{path: "/301/301/301/301/301/301/end", fault: "more than 5 redirects"},
		{path: "/loop", fault: "more than 5 redirects"},
		{path: "/302/?to=ftp://host.example/", fault: "no web address"},
		{path: "/302/?to=javascript:alert(1)", fault: "no web address"},
		{path: "/302/?to=http://%25zz/", fault: "no web address"},
		{path: "/302/?to=file:///etc/passwd", fault: "no web address"},
	} {
		t.Run(tc.path, func(t *testing.T) {
			res, err := c.Get(context.Background(), Request{URL: s.URL + tc.path + "#top", ETag: `"x"`})
			if tc.fault != "" {
				failure(t, err, news.FeedHTTPError, tc.fault)
				return
			}
			if err != nil || string(res.Body) != `end "x"` || res.URL != s.URL+"/end" {
				t.Fatalf("got %+v, %v", res, err)
			}
			if want := map[bool]string{true: s.URL + "/end"}[tc.permanent]; res.Permanent != want {
				t.Errorf("permanent %q, want %q", res.Permanent, want)
			}
		})
	}
	if v := referrer.Load(); v != nil {
		t.Errorf("a referrer was sent: %v", v)
	}
}

// TestRequestsAreASCII: whatever an address or a redirect holds, it is asked for as browsers do.
func TestRequestsAreASCII(t *testing.T) {
	asked := make(chan string, 10)
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r.RequestURI
		to, redirects := r.Header.Get("If-None-Match"), strings.HasPrefix(r.RequestURI, "/from")
		if !redirects {
			return
		}
		conn, buffered, err := http.NewResponseController(w).Hijack() // net/http writes no such header
		if err != nil {
			t.Error(err)
			return
		}
		_, err = fmt.Fprintf(buffered, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", to)
		if err := errors.Join(err, buffered.Flush(), conn.Close()); err != nil {
			t.Error(err)
		}
	})
	c := client(t, Options{})
	for written, want := range map[string]string{
		"/rss.php?nm=a|b -c d&f=60": "/rss.php?nm=a|b%20-c%20d&f=60",
		"/новости?q=тест#о":         "/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8?q=%D1%82%D0%B5%D1%81%D1%82",
		"/a%20b/50%":                "/a%20b/50%25",
		`\a\b[1]`:                   "/a/b[1]",
		"/caf\xe9?q=\xe9":           "/caf%E9?q=%E9",
		"/a\tb":                     "/ab",
		"/{x}\"<>`":                 "/%7Bx%7D%22%3C%3E%60",
	} {
		res, err := c.Get(t.Context(), Request{URL: s.URL + written})
		if got := <-asked; err != nil || got != want || res.URL != s.URL+want {
			t.Errorf("%q is asked for as %s, given as %s (%v), want %s", written, got, res.URL, err, want)
		}
		if strings.Contains(written, "\t") {
			continue // no header holds one
		}
		for _, location := range []string{written, s.URL + written} {
			res, err := c.Get(t.Context(), Request{URL: s.URL + "/from", ETag: location})
			<-asked
			if got := <-asked; err != nil || got != want || res.URL != s.URL+want {
				t.Errorf("a redirect to %q asks for %s, gives %s (%v), want %s", location, got, res.URL, err, want)
			}
		}
	}
}

func TestRedirectFromHTTPSToHTTP(t *testing.T) {
	plain := server(t, func(http.ResponseWriter, *http.Request) { t.Error("the http server was asked") })
	s := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	t.Cleanup(s.Close)
	c := client(t, Options{})
	_, err := c.Get(context.Background(), Request{URL: s.URL})
	failure(t, err, news.FeedUnreachable, "certificate")
	trusting, ok := s.Client().Transport.(*http.Transport)
	if !ok {
		t.Fatalf("the test server's client has a %T", s.Client().Transport)
	}
	c.transport.TLSClientConfig = trusting.TLSClientConfig
	_, err = c.Get(context.Background(), Request{URL: s.URL})
	failure(t, err, news.FeedHTTPError, "https to http")
}

func TestCredentialsStayWithTheirHost(t *testing.T) {
	var seen []string
	other := server(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, "other:"+r.Header.Get("Authorization"))
	})
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, "own:"+r.Header.Get("Authorization"))
		http.Redirect(w, r, other.URL, http.StatusFound)
	})
	c := client(t, Options{})
	if _, err := c.Get(context.Background(), Request{URL: strings.Replace(s.URL, "://", "://ada:secret@", 1)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"own:Basic YWRhOnNlY3JldA==", "other:"}, seen); diff != "" {
		t.Error(diff)
	}
	_, err := c.Get(context.Background(), Request{URL: "http://ada:secret@127.0.0.1:1/"})
	failure(t, err, news.FeedUnreachable, "refused")
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the password is in %q", err)
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	c := client(t, Options{})
	for _, u := range []string{"", "harbour.example/feed", "ftp://harbour.example/", "http://", "http://%zz/", "file:///etc/passwd"} {
		_, err := c.Get(context.Background(), Request{URL: u})
		failure(t, err, news.FeedUnreachable, "http://")
	}
	s := server(t, func(w http.ResponseWriter, r *http.Request) { send(w, "ok") })
	for _, u := range []string{strings.Replace(s.URL, "http:", "feed:", 1), "feed:" + s.URL} {
		if _, err := c.Get(context.Background(), Request{URL: u}); err != nil {
			t.Errorf("%s: %v", u, err)
		}
	}
}

func TestUnreachable(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	reset := server(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		if r.URL.Path == "/half" {
			send(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
		}
		if r.URL.Path == "/noise" {
			send(conn, "SSH-2.0-OpenSSH_9.9\r\n")
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	c := client(t, Options{})
	for u, word := range map[string]string{
		closed.URL:           "refused",
		reset.URL:            "broke off",
		reset.URL + "/half":  "broke off",
		reset.URL + "/noise": "no usable answer",
		strings.Replace(reset.URL, "http:", "https:", 1): "",
	} {
		_, err := c.Get(context.Background(), Request{URL: u})
		failure(t, err, news.FeedUnreachable, word)
	}
}

func TestTimeouts(t *testing.T) {
	drip := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write([]byte("x")); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	silent := func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for name, h := range map[string]http.HandlerFunc{"drip": drip, "silent": silent} {
		t.Run(name, func(t *testing.T) {
			s := server(t, h)
			c := client(t, Options{Timeout: 100 * time.Millisecond})
			_, err := c.Get(context.Background(), Request{URL: s.URL})
			failure(t, err, news.FeedTimeout, "100ms")
		})
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err := client(t, Options{}).Get(ctx, Request{URL: s.URL})
	var e *Error
	if !errors.Is(err, context.Canceled) || errors.As(err, &e) {
		t.Errorf("got %v (%T), want context.Canceled, which is not the feed's fault", err, err)
	}
}

func TestPrivateAddresses(t *testing.T) {
	s := server(t, func(http.ResponseWriter, *http.Request) { t.Error("the server was reached") })
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	closed := client(t, Options{AllowPrivate: []netip.Prefix{}})
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "[::]", "10.0.0.1", "169.254.169.254", "[fe80::1]"} {
		_, err := closed.Get(context.Background(), Request{URL: "http://" + host + ":" + port + "/"})
		failure(t, err, news.FeedPrivate, "fetch.allow_private")
	}
}

func TestRedirectToPrivateAddress(t *testing.T) {
	sink := server(t, func(http.ResponseWriter, *http.Request) { t.Error("the sink was reached") })
	_, port, err := net.SplitHostPort(sink.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.2:"+port+"/", http.StatusFound)
	})
	c := client(t, Options{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	_, err = c.Get(context.Background(), Request{URL: s.URL})
	failure(t, err, news.FeedPrivate, "127.0.0.2", "fetch.allow_private")
}

func TestExplain(t *testing.T) {
	address := &url.URL{Scheme: "https", Host: "harbour.example"}
	c := client(t, Options{})
	for _, tc := range []struct {
		err   error
		state news.FeedState
		word  string
	}{
		{&net.DNSError{Err: "no such host", Name: "harbour.example", IsNotFound: true}, news.FeedUnreachable, "harbour.example is not known"},
		{&net.DNSError{Err: "i/o timeout", IsTimeout: true}, news.FeedUnreachable, "no name server answered for harbour.example"},
		{&net.DNSError{Err: "server misbehaving", Name: "proxy.example", IsTemporary: true}, news.FeedUnreachable, "no name server answered for proxy.example"},
		{context.DeadlineExceeded, news.FeedTimeout, "20s"},
		{fmt.Errorf("reading: %w", syscall.ECONNRESET), news.FeedUnreachable, "broke off"},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, news.FeedUnreachable, "try http"},
		{errors.New("strange"), news.FeedUnreachable, "strange"},
	} {
		failure(t, c.explain(context.Background(), address, tc.err), tc.state, tc.word, "https://harbour.example")
	}
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []Options{{PerHost: -1}, {Pause: -1}, {AllowPrivate: []netip.Prefix{{}}}} {
		if _, err := New(o); err == nil {
			t.Errorf("New(%+v) did not fail", o)
		}
	}
}

// TestManyNotModified polls as a warm newsroom does: connections must be used again, or ports and time run out.
func TestManyNotModified(t *testing.T) {
	var connections atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotModified)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := client(t, Options{})
	const workers = 16
	errs := make(chan error, workers)
	for range workers {
		go func() {
			for range 1000 / workers {
				if _, err := c.Get(context.Background(), Request{URL: s.URL, ETag: `"a"`}); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range workers {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	if n := connections.Load(); n > 2*workers {
		t.Errorf("%d connections for %d workers", n, workers)
	}
}
