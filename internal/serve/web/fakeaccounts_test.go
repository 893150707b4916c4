package web_test

import (
	"context"

	"headwater/internal/news"
	"headwater/internal/serve/web"
)

// noAccounts has nobody. The pages of accounts are tested with the whole program.
type noAccounts struct{ web.AccountStore }

func (noAccounts) UserByFeedSecret(context.Context, string) (news.User, error) {
	return news.User{}, news.ErrNotFound
}
