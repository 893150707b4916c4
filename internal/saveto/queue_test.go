package saveto

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/store/storetest"
)

// bookmarks is a service in the form of Raindrop.io, which keeps an address as often as it is sent. While broken it keeps what it
// is sent and answers a page that quotes the login; while refusing it keeps nothing and answers a page.
type bookmarks struct {
	kept             []string
	broken, refusing bool
	status           int // of all answers; 0 answers as it should
}

func (b *bookmarks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var sent struct {
		Link string
		URLs []string
	}
	_ = json.NewDecoder(r.Body).Decode(&sent)
	switch {
	case b.status != 0:
		w.WriteHeader(b.status)
		return
	case b.refusing:
		_, _ = io.WriteString(w, "<html>Log in")
		return
	case r.URL.Path == "/rest/v1/import/url/exists":
		ids := []int{}
		for i, link := range b.kept {
			if link == sent.URLs[0] {
				ids = append(ids, i)
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"result": len(ids) > 0, "ids": ids})
		return
	case r.URL.Path == "/rest/v1/raindrop":
		b.kept = append(b.kept, sent.Link)
	}
	if b.broken {
		_, _ = io.WriteString(w, "<html>Bad gateway for "+r.Header.Get("Authorization"))
		return
	}
	_, _ = io.WriteString(w, `{"result":true}`)
}

// savings is a user with a target, and a clock.
type savings struct {
	t       *testing.T
	store   *store.DB
	targets *Targets
	queue   *Queue
	target  news.SaveTarget
	user    int64
	now     time.Time
	log     bytes.Buffer
	service bookmarks
}

func newSavings(t *testing.T) *savings {
	t.Helper()
	s := &savings{t: t, store: storetest.Open(t, t.TempDir()), now: day}
	t.Cleanup(func() { s.must(s.store.Close()) })
	server := serve(t, nil)
	server.answer = s.service.ServeHTTP
	s.targets = &Targets{Store: s.store, Send: client(t, true).Send, Now: func() time.Time { return s.now }}
	s.queue = NewQueue(s.targets, slog.New(slog.NewTextHandler(&s.log, nil)))
	s.must(s.store.AddUser(t.Context(), news.User{Name: "anna", Role: news.ReaderRole, Added: day}, ""))
	u, _, err := s.store.User(t.Context(), "anna")
	s.must(err)
	s.user = u.ID
	s.target, err = s.targets.AddSaveTarget(t.Context(), news.SaveTarget{User: s.user, Kind: "raindrop", Address: server.url, Fields: map[string]string{"token": "s3cret"}})
	s.must(err)
	return s
}

func (s *savings) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// click saves an article, and returns the state in which it was before.
func (s *savings) click(id int64, again bool) news.SavingState {
	s.t.Helper()
	before, err := s.targets.SaveArticle(s.t.Context(), s.user, s.target.ID, news.Article{ID: id, URL: "https://news.example/a", Title: "Whales"}, again)
	s.must(err)
	if before == nil {
		return ""
	}
	return before.State
}

// pass lets time pass, in steps of half an hour, with the queue at work.
func (s *savings) pass(d time.Duration) {
	s.t.Helper()
	for end := s.now.Add(d); ; s.now = s.now.Add(30 * time.Minute) {
		due, err := s.store.DueSaveTargets(s.t.Context(), s.now)
		s.must(err)
		for _, t := range due {
			s.must(s.queue.saveDue(s.t.Context(), t))
		}
		if !s.now.Before(end) {
			return
		}
	}
}

// state returns the state of an article.
func (s *savings) state(id int64) news.SavingState {
	s.t.Helper()
	all, err := s.store.SavingsOf(s.t.Context(), s.user, id)
	s.must(err)
	if len(all) != 1 {
		s.t.Fatalf("%d savings", len(all))
	}
	return all[0].State
}

// TestSaveOnce holds that a second click saves nothing, unless it is asked for.
func TestSaveOnce(t *testing.T) {
	s := newSavings(t)
	for _, want := range []news.SavingState{"", news.SavingWaiting} {
		if before := s.click(7, false); before != want {
			t.Errorf("before a click: %q, want %q", before, want)
		}
	}
	s.pass(0)
	if before := s.click(7, false); before != news.SavingDone {
		t.Errorf("a click after it: %q", before)
	}
	s.pass(time.Hour)
	if len(s.service.kept) != 1 || s.state(7) != news.SavingDone {
		t.Errorf("saved %d times, %s", len(s.service.kept), s.state(7))
	}
	if before := s.click(7, true); before != "" {
		t.Errorf("asked for again: %q", before)
	}
	s.pass(0)
	if len(s.service.kept) != 2 {
		t.Errorf("asked for again, it was saved %d times", len(s.service.kept))
	}
}

// TestDayOfGarbage holds that nothing is lost and nothing saved twice at a service that answers garbage for a day, whether it keeps what
// it is sent or not, and that it is logged once.
func TestDayOfGarbage(t *testing.T) {
	for name, fail := range map[string]func(*bookmarks, bool){
		"keeps nothing":   func(b *bookmarks, on bool) { b.refusing = on },
		"keeps what came": func(b *bookmarks, on bool) { b.broken = on },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSavings(t)
			fail(&s.service, true)
			s.click(7, false)
			s.pass(24 * time.Hour)
			target, err := s.store.SaveTarget(t.Context(), s.user, s.target.ID)
			s.must(err)
			if strings.Contains(target.Problem, "s3cret") {
				t.Errorf("the problem quotes the token: %s", target.Problem)
			}
			if kept := name == "keeps what came"; !kept && (target.Failures < 5 || target.Waiting != 1 || !strings.Contains(target.Problem, "check the address")) {
				t.Errorf("after a day: %+v", target)
			}
			fail(&s.service, false)
			s.pass(6 * time.Hour)
			if len(s.service.kept) != 1 || s.state(7) != news.SavingDone {
				t.Errorf("saved %d times, %s", len(s.service.kept), s.state(7))
			}
			log := s.log.String()
			if strings.Count(log, "level=WARN") != 1 || strings.Count(log, "saved to a target again") != 1 || strings.Contains(log, "s3cret") {
				t.Errorf("log:\n%s", log)
			}
		})
	}
}

// TestGivenUp holds that an article is given up after a week, and at once where the service refuses it, and can be tried again.
func TestGivenUp(t *testing.T) {
	s := newSavings(t)
	s.service.status = http.StatusBadGateway
	s.click(7, false)
	s.pass(8 * 24 * time.Hour)
	failed, err := s.store.FailedSavings(t.Context(), s.target.ID, 9)
	s.must(err)
	if len(failed) != 1 || failed[0].Problem == "" {
		t.Fatalf("after a week: %+v", failed)
	}
	s.service.status = 0
	s.must(s.targets.CheckSaveTarget(t.Context(), s.user, s.target.ID))
	s.pass(time.Hour)
	if len(s.service.kept) != 0 {
		t.Error("what was given up is tried unasked")
	}
	s.must(s.targets.RetrySavings(t.Context(), s.user, s.target.ID))
	s.pass(0)
	if len(s.service.kept) != 1 || s.state(7) != news.SavingDone {
		t.Errorf("tried again: saved %d times, %s", len(s.service.kept), s.state(7))
	}
	s.service.broken, s.service.kept = true, nil
	s.click(6, false)
	s.pass(8 * 24 * time.Hour)
	s.service.broken = false
	s.click(6, false)
	s.pass(time.Hour)
	if len(s.service.kept) != 1 || s.state(6) != news.SavingDone {
		t.Errorf("kept, given up and clicked again: saved %d times, %s", len(s.service.kept), s.state(6))
	}
	s.service.status = http.StatusUnprocessableEntity
	s.click(8, false)
	s.click(9, false)
	s.pass(0)
	if s.state(8) != news.SavingFailed || s.state(9) != news.SavingFailed {
		t.Errorf("refused: %s and %s", s.state(8), s.state(9))
	}
}

// TestCheck holds that a check that succeeds has what waits saved at once, and that one that fails is the target's problem.
func TestCheck(t *testing.T) {
	s := newSavings(t)
	s.service.status = http.StatusUnauthorized
	s.click(7, false)
	s.pass(3 * time.Hour)
	var wrong *news.SaveError
	if err := s.targets.CheckSaveTarget(t.Context(), s.user, s.target.ID); !errors.As(err, &wrong) || !strings.Contains(wrong.Text, "refuses the login") {
		t.Error(err)
	}
	s.service.status = 0
	s.must(s.targets.CheckSaveTarget(t.Context(), s.user, s.target.ID))
	s.pass(0)
	if s.state(7) != news.SavingDone {
		t.Error("what waits was not saved")
	}
}

// TestOwnTargets holds that nobody reaches the targets of another user, and that a token goes to no other server than it was given for.
func TestOwnTargets(t *testing.T) {
	s := newSavings(t)
	other := s.user + 1
	if err := s.targets.CheckSaveTarget(t.Context(), other, s.target.ID); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("check: %v", err)
	}
	if _, err := s.targets.SaveArticle(t.Context(), other, s.target.ID, news.Article{ID: 7, URL: "https://news.example/a"}, false); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("save: %v", err)
	}
	if err := s.store.RemoveSaveTarget(t.Context(), other, s.target.ID); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("remove: %v", err)
	}
	changed := news.SaveTarget{ID: s.target.ID, User: s.user, Name: "Links", Address: s.target.Address, Fields: map[string]string{}}
	if got, err := s.targets.ChangeSaveTarget(t.Context(), changed); err != nil || got.Fields["token"] != "s3cret" {
		t.Errorf("change of the name: %+v, %v", got, err)
	}
	var wrong *news.SaveError
	changed.Address, changed.Fields = "https://other.example", map[string]string{}
	if _, err := s.targets.ChangeSaveTarget(t.Context(), changed); !errors.As(err, &wrong) || wrong.Field != "token" {
		t.Errorf("change of the address: %v", err)
	}
	if _, err := s.targets.AddSaveTarget(t.Context(), news.SaveTarget{User: s.user, Kind: "raindrop", Name: "Links", Fields: map[string]string{"token": "x"}}); !errors.Is(err, news.ErrExists) {
		t.Errorf("the same name: %v", err)
	}
	s.click(7, false)
	s.must(s.store.AddUser(t.Context(), news.User{Name: "berta", Role: news.AdminRole, Added: day}, ""))
	s.must(s.store.RemoveUser(t.Context(), "anna"))
	if due, err := s.store.DueSaveTargets(t.Context(), s.now); err != nil || len(due) != 0 {
		t.Errorf("after the user went: %+v, %v", due, err)
	}
}

// TestDamagedLogin has articles wait whose target has a login that the store can't read, until the user enters it again.
func TestDamagedLogin(t *testing.T) {
	s := newSavings(t)
	damaged := s.target
	damaged.Fields = map[string]string{} // as the store returns it
	s.must(s.store.ChangeSaveTarget(t.Context(), damaged))
	s.click(1, false)
	s.pass(time.Hour)
	const says = "what Raindrop.io asks for is damaged or was removed; enter it again"
	got, err := s.store.SaveTarget(t.Context(), s.user, s.target.ID)
	s.must(err)
	if len(s.service.kept) > 0 || got.Problem != says || s.state(1) != news.SavingWaiting {
		t.Errorf("kept %q, problem %q, state %s", s.service.kept, got.Problem, s.state(1))
	}
	var wrong *news.SaveError
	if err := s.targets.CheckSaveTarget(t.Context(), s.user, s.target.ID); !errors.As(err, &wrong) || wrong.Text != says {
		t.Errorf("a check: %v", err)
	}
	if _, err := s.targets.ChangeSaveTarget(t.Context(), damaged); !errors.As(err, &wrong) || wrong.Field != "token" {
		t.Errorf("a change that keeps the login: %v", err)
	}
	_, err = s.targets.ChangeSaveTarget(t.Context(), s.target)
	s.must(err)
	s.pass(2 * time.Hour)
	if len(s.service.kept) != 1 || s.state(1) != news.SavingDone {
		t.Errorf("with the login again: kept %q, state %s", s.service.kept, s.state(1))
	}
	for _, service := range services {
		if _, err := saverOf(caller{}, news.SaveTarget{Kind: service.Kind, Address: "https://x.example"}); err == nil {
			t.Errorf("%s is asked without a login", service.Title)
		}
	}
}
