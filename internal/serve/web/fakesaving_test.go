package web_test

import (
	"context"

	"headwater/internal/news"
)

func (f *fake) SaveTargets(context.Context, int64) ([]news.SaveTarget, error) {
	defer f.lock()()
	return f.targets, f.broken
}

func (f *fake) SaveTarget(_ context.Context, _, id int64) (news.SaveTarget, error) {
	defer f.lock()()
	for _, t := range f.targets {
		if t.ID == id {
			return t, f.broken
		}
	}
	return news.SaveTarget{}, news.ErrNotFound
}

func (f *fake) RemoveSaveTarget(context.Context, int64, int64) error { return f.broken }

func (f *fake) SavingsOf(context.Context, int64, int64) ([]news.Saving, error) {
	defer f.lock()()
	return f.savings, f.broken
}

func (f *fake) FailedSavings(context.Context, int64, int) ([]news.Saving, error) {
	defer f.lock()()
	return f.savings, f.broken
}

func (f *fake) AddSaveTarget(_ context.Context, t news.SaveTarget) (news.SaveTarget, error) {
	defer f.lock()()
	if t.Address == "" {
		return t, &news.SaveError{Field: "address", Text: "the address of the server is missing; write it as https://example.org"}
	}
	t.ID = int64(len(f.targets) + 1)
	f.targets = append(f.targets, t)
	return t, f.broken
}

func (f *fake) ChangeSaveTarget(_ context.Context, t news.SaveTarget) (news.SaveTarget, error) {
	return t, f.broken
}

func (f *fake) CheckSaveTarget(ctx context.Context, user, id int64) error {
	if _, err := f.SaveTarget(ctx, user, id); err != nil {
		return err
	}
	defer f.lock()()
	f.targets[0].Problem = "it refuses the login"
	return &news.SaveError{Text: f.targets[0].Problem}
}

func (f *fake) SaveArticle(_ context.Context, _, target int64, a news.Article, again bool) (*news.Saving, error) {
	defer f.lock()()
	if len(f.savings) > 0 && !again {
		return &f.savings[0], f.broken
	}
	f.savings = []news.Saving{{Target: target, Article: a.ID, State: news.SavingDone}}
	return nil, f.broken
}

func (f *fake) RetrySavings(context.Context, int64, int64) error { return f.broken }
