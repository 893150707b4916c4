package pipeline

import (
	"context"
	"crypto/rand"

	"headwater/internal/news"
)

// AddAPIToken gives a token by which a program acts for a user. Only its hash is kept, so that it can be shown only now.
func (n *Newsroom) AddAPIToken(ctx context.Context, user news.User, label string) (string, error) {
	token := "hw_" + rand.Text() + rand.Text() // 260 random bits
	return token, n.Store.AddAPIToken(ctx, user.ID, tokenHash(token), label, n.Now())
}

// APIUser gives the user whom a token stands for, or news.ErrNotFound.
func (n *Newsroom) APIUser(ctx context.Context, token string) (news.User, error) {
	return n.Store.APITokenUser(ctx, tokenHash(token))
}

// APITokens gives a user's tokens, the oldest first.
func (n *Newsroom) APITokens(ctx context.Context, user news.User) ([]news.APIToken, error) {
	return n.Store.APITokens(ctx, user.ID)
}

// DropAPIToken ends one of a user's tokens, or gives news.ErrNotFound.
func (n *Newsroom) DropAPIToken(ctx context.Context, user news.User, id int64) error {
	return n.Store.DropAPIToken(ctx, user.ID, id)
}
