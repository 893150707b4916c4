package notify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/semaphore"

	"headwater/feeds"
	"headwater/internal/intake/fetch"
	"headwater/internal/news"
	"headwater/internal/notify"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/query"
	"headwater/internal/store"
	"headwater/internal/store/pgtest"
	"headwater/internal/store/storetest"
	"headwater/internal/stories/outlets"
)

// watch is a store with a topic, whose stories tests make directly.
type watch struct {
	Alerts *notify.Alerts
	Queue  *notify.Queue
	Store  *store.DB
	topic  int64
	stop   func()
}

// startWatch opens a watch over a folder. Without options of its own it sends over HTTP, including to loopback.
func startWatch(t *testing.T, dir string, now func() time.Time, o notify.SenderOptions) *watch {
	t.Helper()
	return startNode(t, dir, storetest.Database(t, dir), now, o)
}

// lease is how long an alert waits for a node that was killed.
const lease = 5 * time.Second

// startNode is startWatch over the database of that address, which other nodes may use.
func startNode(t *testing.T, dir, database string, now func() time.Time, o notify.SenderOptions) *watch {
	t.Helper()
	db, err := store.Open(t.Context(), dir, store.Options{Database: database, Lease: lease})
	must(t, err)
	client, err := fetch.New(fetch.Options{Now: now, AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	must(t, err)
	registry, err := outlets.Load(feeds.Agencies())
	must(t, err)
	if o.Send == nil {
		o.Send = client.Send
	}
	o.Now, o.Pages = now, "https://news.example"
	w := &watch{
		Store: db,
		stop: sync.OnceFunc(func() {
			client.Close()
			must(t, db.Close())
		}),
	}
	t.Cleanup(w.stop)
	w.Alerts = &notify.Alerts{
		Store: db, Sender: notify.NewSender(o), Stories: query.NewReader(db, query.NewIndex(db, nil, 0), registry, now), Now: now,
	}
	w.Queue = notify.NewQueue(w.Alerts, slog.New(slog.DiscardHandler))
	topics, err := db.AllTopics(t.Context())
	must(t, err)
	if len(topics) > 0 {
		w.topic = topics[0].ID
		return w
	}
	w.topic, err = db.AddTopic(t.Context(), news.Topic{Name: "floods", Query: "flood"})
	must(t, err)
	feed, err := w.Store.AddFeed(t.Context(), news.Feed{URL: "https://paper.example/feed"})
	must(t, err)
	p := store.Poll{Feed: feed}
	for i := range 9 {
		p.Articles = append(p.Articles, news.Article{
			GUID: fmt.Sprint(i), Title: fmt.Sprint("Article ", i), Hash: fmt.Sprint(i), URL: fmt.Sprint("https://paper.example/", i), Text: "Words.", Seen: now(), Lang: "en",
		})
	}
	_, err = db.Collect(t.Context(), []store.Poll{p})
	must(t, err)
	return w
}

// settle makes a story of articles that matches the topic. The first article is its original, unless the original is only
// named.
func (w *watch) settle(t *testing.T, id int64, named bool, articles ...int64) {
	t.Helper()
	s := news.Story{
		ID: id, Event: id, Title: fmt.Sprint("Story ", id), Outlets: len(articles),
		Origin: news.Origin{Outlet: news.Outlet{Name: "Wire"}, Article: articles[0], Level: news.LevelLikely},
	}
	for _, a := range articles {
		s.Members = append(s.Members, news.Member{Article: news.Article{ID: a}, Role: news.RoleCopy})
	}
	if named {
		s.Origin.Article = 0
	}
	must(t, w.Store.Settle(t.Context(), store.Settlement{Through: 9, Stories: []news.Story{s}}))
	last, err := w.Store.LastChange(t.Context())
	must(t, err)
	must(t, w.Store.PutMatches(t.Context(), store.MatchBatch{Through: last, Matches: []store.Match{{Topic: w.topic, Story: id, Seq: last}}}))
	must(t, w.Queue.Fill(t.Context(), w.Store))
}

func (w *watch) add(t *testing.T, a news.Alert) news.Alert {
	t.Helper()
	a.Topic = w.topic
	added, err := w.Alerts.AddAlert(t.Context(), a)
	must(t, err)
	return added
}

func (w *watch) deliver(t *testing.T) int {
	t.Helper()
	n, err := w.Queue.Deliver(t.Context(), time.Minute)
	must(t, err)
	return n
}

func (w *watch) alert(t *testing.T, id int64) news.Alert {
	t.Helper()
	a, err := w.Store.Alert(t.Context(), id)
	must(t, err)
	return a
}

// hook is a webhook receiver. It sends the given answers in order, and then 204.
type hook struct {
	url     string
	mu      sync.Mutex
	got     []string // "story.new Story 1"
	ids     []string
	answers []http.HandlerFunc
}

func newHook(t *testing.T, answers ...http.HandlerFunc) *hook {
	t.Helper()
	h := &hook{answers: answers}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	h.url = s.URL
	return h
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Type string
		Data struct{ Story struct{ Title string } }
	}
	err := json.NewDecoder(r.Body).Decode(&body)
	h.mu.Lock()
	h.got = append(h.got, body.Type+" "+body.Data.Story.Title)
	h.ids = append(h.ids, r.Header.Get("webhook-id"))
	var answer http.HandlerFunc
	if len(h.answers) > 0 {
		answer, h.answers = h.answers[0], h.answers[1:]
	}
	h.mu.Unlock()
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	case answer != nil:
		answer(w, r)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// took returns the messages since the last call.
func (h *hook) took() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	got := h.got
	h.got = nil
	return got
}

func (h *hook) is(t *testing.T, what string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, h.took()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// TestAlertOnce tells of a story once, and again if requested, even with restarts in between.
func TestAlertOnce(t *testing.T) {
	c, dir := pipelinetest.NewClock(), t.TempDir()
	plain, again := newHook(t), newHook(t)
	w := startWatch(t, dir, c.Now, notify.SenderOptions{})
	w.settle(t, 1, false, 1) // before the alert is added
	w.add(t, news.Alert{Kind: news.AlertWebhook, Target: plain.url})
	w.add(t, news.Alert{Kind: news.AlertWebhook, Target: again.url, AgainOutlets: 3, AgainOriginal: true})
	step := func(what string, named bool, articles []int64, wantAgain ...string) {
		t.Helper()
		w.settle(t, 2, named, articles...)
		w.deliver(t)
		again.is(t, what, wantAgain...)
		w.stop()
		w = startWatch(t, dir, c.Now, notify.SenderOptions{})
		if n := w.deliver(t); n != 0 {
			t.Errorf("%s: %d more after a restart", what, n)
		}
	}
	w.settle(t, 1, false, 1, 9)
	step("a new story", true, []int64{2}, "story.new Story 2")
	step("a second outlet", true, []int64{2, 3})
	step("its original", false, []int64{2, 3}, "story.original Story 2")
	step("a third outlet", false, []int64{2, 3, 4}, "story.grown Story 2")
	step("a fourth", false, []int64{2, 3, 4, 5})
	plain.is(t, "who wants to know once", "story.new Story 2")
}

// TestAlertAcrossKills ends the process between queueing and sending, and between sending and recording the result.
func TestAlertAcrossKills(t *testing.T) {
	c, dir := pipelinetest.NewClock(), t.TempDir()
	var w *watch
	h := newHook(t, func(http.ResponseWriter, *http.Request) { w.stop() }) // stops the program on accepting a message, so that the result is not recorded
	w = startWatch(t, dir, c.Now, notify.SenderOptions{})
	w.add(t, news.Alert{Kind: news.AlertWebhook, Target: h.url})
	w.settle(t, 1, false, 1)
	w.stop()

	w = startWatch(t, dir, c.Now, notify.SenderOptions{})
	if n, err := w.Queue.Deliver(t.Context(), time.Minute); err == nil {
		t.Errorf("%d were noted in a store that was closed", n)
	}
	h.is(t, "sent", "story.new Story 1")

	w = startWatch(t, dir, c.Now, notify.SenderOptions{})
	sent := w.deliver(t)
	for ends := time.Now().Add(time.Minute); sent == 0 && pgtest.OnPostgreSQL() && time.Now().Before(ends); sent = w.deliver(t) {
		time.Sleep(lease / 20) // the lease of the process that was killed has to end
	}
	if sent != 1 {
		t.Errorf("%d sent after a restart", sent)
	}
	h.is(t, "sent again, as nobody noted it", "story.new Story 1")
	if h.ids[0] != h.ids[1] || !strings.HasPrefix(h.ids[0], "msg_") {
		t.Errorf("a receiver can't tell that it is the same: %v", h.ids)
	}
	if w.deliver(t); len(h.took()) > 0 {
		t.Error("and again")
	}
}

// TestAlertsOfTwoNodes lets two nodes send the same deliveries at the same time.
func TestAlertsOfTwoNodes(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("SQLite has one node")
	}
	c, database := pipelinetest.NewClock(), storetest.Database(t, t.TempDir())
	var nodes [2]*watch
	for i := range nodes {
		nodes[i] = startNode(t, t.TempDir(), database, c.Now, notify.SenderOptions{})
	}
	slow := func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(20 * time.Millisecond)
		w.WriteHeader(http.StatusNoContent)
	}
	var hooks []*hook
	for range 3 {
		h := newHook(t, slices.Repeat([]http.HandlerFunc{slow}, 20)...)
		nodes[0].add(t, news.Alert{Kind: news.AlertWebhook, Target: h.url})
		hooks = append(hooks, h)
	}
	for id := range int64(8) {
		nodes[0].settle(t, id+1, false, id+1)
	}
	var sent [2]int
	var wg sync.WaitGroup
	for i, w := range nodes {
		wg.Go(func() {
			for ends := time.Now().Add(time.Minute); time.Now().Before(ends); {
				n, err := w.Queue.Deliver(t.Context(), time.Minute)
				if err != nil {
					t.Error(err)
					return
				}
				sent[i] += n
				if due, err := w.Store.DueAlerts(t.Context(), c.Now()); err != nil || len(due) == 0 {
					if err != nil {
						t.Error(err)
					}
					return
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	wg.Wait()
	if sent[0]+sent[1] != 24 {
		t.Errorf("%v messages sent, want 24 in all", sent)
	}
	for i, h := range hooks {
		got := h.took()
		slices.Sort(got)
		var want []string
		for id := range 8 {
			want = append(want, fmt.Sprint("story.new Story ", id+1))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("receiver %d (-want +got):\n%s", i, diff)
		}
	}
}

// TestAlertRetries sends to failing receivers. Each wait is at least as long as the answer asks for.
func TestAlertRetries(t *testing.T) {
	c := pipelinetest.NewClock()
	busy := pipelinetest.Answer(503, "", "Retry-After", "7200")
	h := newHook(t, pipelinetest.Answer(500, "no"), pipelinetest.Answer(502, ""), busy)
	w := startWatch(t, t.TempDir(), c.Now, notify.SenderOptions{})
	a := w.add(t, news.Alert{Kind: news.AlertWebhook, Target: h.url})
	w.settle(t, 1, false, 1)
	for i, least := range []time.Duration{27 * time.Second, 54 * time.Second, 2 * time.Hour} {
		w.deliver(t)
		now := w.alert(t, a.ID)
		if now.Failures != i+1 || now.Problem == "" || now.Waiting != 1 || now.Next.Sub(c.Now()) < least || now.Next.Sub(c.Now()) > least*2 {
			t.Errorf("after %d failures: %+v, tried again in %s, want at least %s", i+1, now, now.Next.Sub(c.Now()), least)
		}
		c.Advance(least - time.Second)
		if n := w.deliver(t); n != 0 || len(h.took()) != 1 {
			t.Errorf("tried again before %s were over", least)
		}
		c.Advance(least/4 + time.Second)
	}
	if n := w.deliver(t); n != 1 {
		t.Errorf("%d taken in the end", n)
	}
	if now := w.alert(t, a.ID); now.Failures != 0 || now.Problem != "" || now.Waiting != 0 {
		t.Errorf("when all is well: %+v", now)
	}
	if ids := slices.Compact(slices.Clone(h.ids)); len(h.ids) != 4 || len(ids) != 1 {
		t.Errorf("%d tries had the ids %v", len(h.ids), ids)
	}
}

// TestAlertGone ends an alert whose receiver answers 410.
func TestAlertGone(t *testing.T) {
	h := newHook(t, pipelinetest.Answer(410, ""))
	w := startWatch(t, t.TempDir(), time.Now, notify.SenderOptions{})
	a := w.add(t, news.Alert{Kind: news.AlertWebhook, Target: h.url})
	w.settle(t, 1, false, 1)
	w.settle(t, 2, false, 2)
	w.deliver(t)
	w.settle(t, 3, false, 3)
	w.deliver(t)
	h.is(t, "asked once", "story.new Story 1")
	if now := w.alert(t, a.ID); !now.Ended || now.Waiting != 0 || !strings.Contains(now.Problem, "wants no more") {
		t.Errorf("%+v", now)
	}
}

// TestAlertGivesUp: a receiver fails for days. Deliveries that have waited for two days are given up, later ones are not.
func TestAlertGivesUp(t *testing.T) {
	c := pipelinetest.NewClock()
	start := c.Now()
	tries := 0
	w := startWatch(t, t.TempDir(), c.Now, notify.SenderOptions{Send: func(context.Context, string, string, http.Header, []byte) (*http.Response, error) {
		tries++
		return nil, io.ErrUnexpectedEOF
	}})
	a := w.add(t, news.Alert{Kind: news.AlertWebhook, Target: "https://hooks.example/"})
	w.settle(t, 1, false, 1)
	w.settle(t, 2, false, 2)
	w.deliver(t)
	for w.alert(t, a.ID).Waiting == 2 && c.Now().Sub(start) < 100*time.Hour {
		c.Advance(w.alert(t, a.ID).Next.Sub(c.Now()))
		w.deliver(t)
	}
	if took := c.Now().Sub(start); took < 48*time.Hour || took > 54*time.Hour || tries < 18 || tries > 26 {
		t.Errorf("given up after %s and %d tries", took, tries)
	}
	if now := w.alert(t, a.ID); now.Waiting != 0 {
		t.Errorf("both have waited for two days: %+v", now)
	}
	w.settle(t, 3, false, 3)
	c.Advance(5 * time.Hour)
	w.deliver(t)
	if now := w.alert(t, a.ID); now.Waiting != 1 || !now.Failing.Equal(start) {
		t.Errorf("what came later waits: %+v", now)
	}
}

// TestChatDayOfGarbage: a login page stands before a chat for a day. It is logged once, each story is told once afterwards, and no key is
// logged or kept in the problem.
func TestChatDayOfGarbage(t *testing.T) {
	c := pipelinetest.NewClock()
	start, garbage, told := c.Now(), true, 0
	w := startWatch(t, t.TempDir(), c.Now, notify.SenderOptions{Send: func(_ context.Context, _, address string, _ http.Header, _ []byte) (*http.Response, error) {
		answer := `{"ok":true,"result":{"message_id":4}}`
		if garbage {
			answer = "<html>Log in to see " + address
		} else {
			told++
		}
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer))}, nil
	}})
	var log bytes.Buffer
	w.Queue = notify.NewQueue(w.Alerts, slog.New(slog.NewTextHandler(&log, nil)))
	a := w.add(t, news.Alert{Kind: news.AlertTelegram, Target: "@floods", Secret: "12:K3y"})
	w.settle(t, 1, false, 1)
	w.settle(t, 2, false, 2)
	w.deliver(t)
	for c.Now().Sub(start) < 24*time.Hour {
		c.Advance(w.alert(t, a.ID).Next.Sub(c.Now()))
		w.deliver(t)
	}
	if now := w.alert(t, a.ID); now.Waiting != 2 || !strings.Contains(now.Problem, "is not Telegram") || strings.Contains(now.Problem, "K3y") {
		t.Errorf("after a day: %+v", now)
	}
	garbage = false
	c.Advance(w.alert(t, a.ID).Next.Sub(c.Now()))
	w.deliver(t)
	c.Advance(5 * time.Hour)
	w.deliver(t)
	if now := w.alert(t, a.ID); now.Waiting != 0 || now.Problem != "" || told != 2 {
		t.Errorf("afterwards %d stories are told: %+v", told, now)
	}
	if log := log.String(); strings.Count(log, "level=WARN") != 1 || strings.Count(log, "goes out again") != 1 || strings.Contains(log, "K3y") {
		t.Errorf("log:\n%s", log)
	}
}

// TestAlertPrivate refuses this machine if the settings do not permit it, and says how to permit it.
func TestAlertPrivate(t *testing.T) {
	h := newHook(t)
	strict, err := fetch.New(fetch.Options{})
	must(t, err)
	t.Cleanup(strict.Close)
	w := startWatch(t, t.TempDir(), time.Now, notify.SenderOptions{Send: strict.Send})
	a := w.add(t, news.Alert{Kind: news.AlertWebhook, Target: h.url})
	w.settle(t, 1, false, 1)
	w.deliver(t)
	if now := w.alert(t, a.ID); !strings.Contains(now.Problem, "fetch.allow_private") || len(h.took()) > 0 {
		t.Errorf("%+v", now)
	}
}

// TestAlertBesideSilence: one receiver never answers, and another gets all messages meanwhile.
func TestAlertBesideSilence(t *testing.T) {
	t.Parallel() // it waits
	reached := make(chan struct{}, 1)
	silent := newHook(t, func(_ http.ResponseWriter, r *http.Request) {
		reached <- struct{}{}
		<-r.Context().Done()
	})
	told := make(chan struct{}, 9)
	take := func(http.ResponseWriter, *http.Request) { told <- struct{}{} }
	well := newHook(t, take, take)
	w := startWatch(t, t.TempDir(), time.Now, notify.SenderOptions{Timeout: time.Hour})
	a := w.add(t, news.Alert{Kind: news.AlertWebhook, Target: silent.url})
	w.add(t, news.Alert{Kind: news.AlertWebhook, Target: well.url})
	w.settle(t, 1, false, 1)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Queue.Run(ctx, semaphore.NewWeighted(1))
	}()
	arrives := func(what string, c <-chan struct{}) {
		t.Helper()
		select {
		case <-c:
		case <-time.After(time.Minute):
			t.Fatal("in a minute, ", what)
		}
	}
	arrives("the silent one was not asked", reached)
	arrives("the other was not told", told)
	w.settle(t, 2, false, 2)
	arrives("the other was not told of a second story", told)
	cancel()
	arrives("serving did not end", done)
	well.is(t, "told", "story.new Story 1", "story.new Story 2")
	if now := w.alert(t, a.ID); now.Failures != 0 || now.Waiting != 2 {
		t.Errorf("that we ended is no fault of the receiver's: %+v", now)
	}
}

// TestAddAlert reports errors in alerts and fills in defaults.
func TestAddAlert(t *testing.T) {
	w := startWatch(t, t.TempDir(), time.Now, notify.SenderOptions{Mail: notify.Mail{Host: "mail.example", From: "news@example.org"}})
	for _, tt := range []struct {
		alert news.Alert
		says  string
	}{
		{news.Alert{Kind: news.AlertEmail, Target: "anna@example.org", Schedule: "at seven"}, `"seven": it is no time of day; write it as "every day at 18:30"`},
		{news.Alert{Kind: news.AlertEmail, Target: "anna@example.org", Schedule: "CRON_TZ=UTC 0 7 * * *"}, "names a time zone"},
		{news.Alert{Kind: news.AlertWebhook, Target: "https://hooks.example/", Schedule: "@hourly"}, "only mails"},
		{news.Alert{Kind: news.AlertEmail, Target: "anna@example.org", Zone: "Mars/Olympus"}, `time zone "Mars/Olympus": there is no such time zone`},
		{news.Alert{Kind: news.AlertWebhook, Target: "https://hooks.example/", Secret: "mine"}, "does not begin with whsec_"},
		{news.Alert{Kind: news.AlertWebhook, Target: "https://hooks.example/", Secret: "whsec_c2hvcnQ="}, "24 to 64 bytes"},
		{news.Alert{Kind: news.AlertWebhook, Target: "hooks.example"}, "no web address"},
	} {
		tt.alert.Topic = w.topic
		if _, err := w.Alerts.AddAlert(t.Context(), tt.alert); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%+v: %v, want %q", tt.alert, err, tt.says)
		}
	}
	if a := w.add(t, news.Alert{Kind: news.AlertEmail, Target: "anna@example.org"}); a.Schedule != "every day at 07:00" || a.Secret != "" {
		t.Errorf("%+v", a)
	}
	a := w.add(t, news.Alert{Kind: news.AlertWebhook, Target: "https://hooks.example/"})
	if !strings.HasPrefix(a.Secret, "whsec_") || w.alert(t, a.ID).Secret != a.Secret {
		t.Errorf("%+v", a)
	}
	if list, err := w.Store.Alerts(t.Context(), w.topic); len(list) != 2 || err != nil {
		t.Errorf("%+v, %v", list, err)
	}
	must(t, w.Store.RemoveAlert(t.Context(), a.ID))
	if list, err := w.Store.AllAlerts(t.Context()); len(list) != 1 || err != nil {
		t.Errorf("%+v, %v", list, err)
	}
}

var must = pipelinetest.Must
