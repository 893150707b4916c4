package pipeline_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"headwater/internal/news"
	"headwater/internal/opml"
)

// sink listens on 127.0.0.1 and counts connections.
func sink(t *testing.T) (address string, connections *atomic.Int64) {
	t.Helper()
	connections = new(atomic.Int64)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("<rss version=\"2.0\"><channel><title>Inside</title></channel></rss>"))
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, connections
}

// TestListOfPrivateAddresses subscribes to a list of private addresses, with the port of a sink, and polls.
func TestListOfPrivateAddresses(t *testing.T) {
	inside, connections := sink(t)
	at, err := url.Parse(inside)
	must(t, err)
	var list opml.List
	ips, err := os.ReadFile(shared(t, "hostile/ssrf_ips.txt"))
	must(t, err)
	for ip := range strings.Lines(string(ips)) {
		ip = strings.TrimSpace(ip)
		if ip == "" || strings.HasPrefix(ip, "#") {
			continue
		}
		if strings.Contains(ip, ":") {
			ip = "[" + strings.Replace(ip, "%", "%25", 1) + "]"
		}
		for _, pattern := range []string{"http://%s:%s/feed", "https://%s:%s/feed", "http://name:word@%s:%s/"} {
			list.Feeds = append(list.Feeds, opml.Outline{URL: fmt.Sprintf(pattern, ip, at.Port())})
		}
	}
	for _, odd := range []string{"http://localhost:%s/", "http://0:%s/", "http://127.1:%s/", "http://2130706433:%s/", "http://0x7f000001:%s/", "http://localhost.:%s/"} {
		list.Feeds = append(list.Feeds, opml.Outline{URL: fmt.Sprintf(odd, at.Port())})
	}
	var written bytes.Buffer
	must(t, opml.Write(&written, list))
	read, problems, err := opml.Read(&written)
	must(t, err)
	room := open(t, t.TempDir(), settings{})
	var all []news.Feed
	for _, f := range read.Feeds {
		all = append(all, news.Feed{URL: f.URL})
	}
	_, err = room.Feeds.AddFeeds(t.Context(), all) // like an import, in which http and https of one address are one feed
	must(t, err)
	added, err := room.Store.Feeds(t.Context())
	must(t, err)
	sum := pass(t, room)
	if n := connections.Load(); n != 0 || sum.Failed != len(added) || len(added) < 120 || len(read.Feeds)+len(problems) < 180 {
		t.Errorf("%d connections at the sink; of %d feeds (%d left out) %d failed: %v", n, len(read.Feeds), len(problems), sum.Failed, sum.States)
	}
}

// TestFeedPointsInside polls a feed on a permitted host. All its links and redirects lead to the sink, which is not
// permitted.
func TestFeedPointsInside(t *testing.T) {
	inside, connections := sink(t)
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skipf("this machine has no 127.0.0.2: %v", err)
	}
	document := `<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"><channel>
		<title>Inward</title><link>SINK/home</link><image><url>SINK/icon.png</url></image><atom:link rel="hub" href="SINK/hub"/><atom:link rel="self" href="SINK/self"/>
		<item><guid>SINK/guid</guid><title>Look inside</title><link>SINK/page</link><source url="SINK/source">Inside</source><comments>SINK/comments</comments>
		<enclosure url="SINK/sound.mp3" type="audio/mpeg" length="1"/><media:thumbnail url="SINK/thumb.jpg"/><atom:link rel="canonical" href="SINK/canonical"/>
		<description>&lt;p&gt;Cut short ... &lt;a href="SINK/more"&gt;more&lt;/a&gt;&lt;img src="SINK/image.png"&gt;&lt;iframe src="SINK/frame"&gt;&lt;/iframe&gt;</description></item></channel></rss>`
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Link", "<"+inside+`/hub2>; rel="hub"`)
		_, _ = w.Write([]byte(strings.ReplaceAll(document, "SINK", inside)))
	}))
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	room := open(t, t.TempDir(), settings{allow: netip.MustParsePrefix("127.0.0.2/32")})
	add(t, room, s.URL, "feed")
	if sum := pass(t, room); sum.New != 1 || connections.Load() != 0 {
		t.Errorf("%d connections at the sink; %+v", connections.Load(), sum)
	}
}
