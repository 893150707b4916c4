package saveto

import (
	"context"
	"crypto/rand"
	"time"

	"headwater/internal/news"
	"headwater/internal/outbox"
	"headwater/internal/store"
)

// Targets adds, changes and checks the targets of users, and queues articles. The store lists and removes targets.
type Targets struct {
	Store *store.DB
	Send  Send
	Now   func() time.Time
}

// timeout limits one try, which may take several requests.
const timeout = 30 * time.Second

func (ts *Targets) caller() caller { return caller{ts.Send, ts.Now} }

// AddSaveTarget adds a target, and returns it as stored. It returns a *news.SaveError for a wrong one, and news.ErrExists where the user has
// one of that name.
func (ts *Targets) AddSaveTarget(ctx context.Context, t news.SaveTarget) (news.SaveTarget, error) {
	t, err := checked(t)
	if err != nil {
		return t, err
	}
	t.Added = ts.Now()
	t.ID, err = ts.Store.AddSaveTarget(ctx, t)
	return t, err
}

// ChangeSaveTarget changes the name, address and fields of the target with that ID and user. An empty secret stays what it is. Its errors
// are those of AddSaveTarget, and news.ErrNotFound.
func (ts *Targets) ChangeSaveTarget(ctx context.Context, t news.SaveTarget) (news.SaveTarget, error) {
	was, err := ts.Store.SaveTarget(ctx, t.User, t.ID)
	if err != nil {
		return t, err
	}
	t.Kind = was.Kind
	service, _ := Find(t.Kind) // checked refuses an unknown one
	for _, f := range service.Fields {
		if f.Secret && t.Fields[f.Name] == "" && t.Address == was.Address { // a token goes to no other server unasked
			t.Fields[f.Name] = was.Fields[f.Name]
		}
	}
	if t, err = checked(t); err != nil {
		return t, err
	}
	return t, ts.Store.ChangeSaveTarget(ctx, t)
}

// CheckSaveTarget logs in at a target and saves nothing. If that succeeds, what waits is due at once. Otherwise the error is a
// *news.SaveError with what the service said and what to do; the target has it as its problem.
func (ts *Targets) CheckSaveTarget(ctx context.Context, user, id int64) error {
	t, err := ts.Store.SaveTarget(ctx, user, id)
	if err != nil {
		return err
	}
	s, problem := saverOf(ts.caller(), t)
	if problem == nil {
		problem = outbox.Within(ctx, timeout, s.Check)
	}
	if problem != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if problem == nil {
		return ts.Store.CheckedSaveTarget(ctx, id, "", ts.Now(), time.Time{})
	}
	text := problemOf(t, problem)
	if err := ts.Store.CheckedSaveTarget(ctx, id, text, ts.Now(), t.Next); err != nil { // a failed check delays nothing
		return err
	}
	return &news.SaveError{Text: text}
}

// problemOf returns an error of a target for its readers and the log.
func problemOf(t news.SaveTarget, err error) string {
	service, _ := Find(t.Kind) // without one nothing was sent
	var secrets []string
	for _, f := range service.Fields {
		if f.Secret {
			secrets = append(secrets, t.Fields[f.Name])
		}
	}
	return outbox.Problem(err, secrets...)
}

// RetrySavings has what was given up of a target of a user tried again. It returns news.ErrNotFound for an unknown target.
func (ts *Targets) RetrySavings(ctx context.Context, user, target int64) error {
	return ts.Store.RetrySavings(ctx, user, target, ts.Now())
}

// SaveArticle queues the saving of an article to a target of a user. Where the article waits or was saved before, it is not queued, and that
// saving is returned; again queues what was saved before. It returns news.ErrNotFound for an unknown target, and a *news.SaveError for an
// article without an address. Rules that save articles call it as well.
func (ts *Targets) SaveArticle(ctx context.Context, user, target int64, a news.Article, again bool) (before *news.Saving, err error) {
	if _, err := ts.Store.SaveTarget(ctx, user, target); err != nil {
		return nil, err
	}
	if a.URL == "" {
		return nil, &news.SaveError{Field: "article", Text: "this article has no address that could be saved"}
	}
	return ts.Store.QueueSaving(ctx, news.Saving{ID: rand.Text(), Target: target, Article: a.ID, URL: a.URL, Title: a.Headline(), Since: ts.Now()}, again)
}
