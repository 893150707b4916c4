package pipeline

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"

	"headwater/internal/news"
)

// Users lists the users by name.
func (n *Newsroom) Users(ctx context.Context) ([]news.User, error) { return n.Store.Users(ctx) }

// AddUser makes an account. A name that is taken gives news.ErrExists.
func (n *Newsroom) AddUser(ctx context.Context, name, password string) error {
	if err := errors.Join(news.CheckName(name), checkPassword(password)); err != nil {
		return err
	}
	return n.Store.AddUser(ctx, news.User{Name: name, Added: n.Now()}, hashPassword(password))
}

// SetPassword gives a user another password. Every reader that is logged in has to log in again.
func (n *Newsroom) SetPassword(ctx context.Context, name, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	return n.Store.SetPassword(ctx, name, hashPassword(password))
}

// RemoveUser removes an account with its topics and marks.
func (n *Newsroom) RemoveUser(ctx context.Context, name string) error {
	return n.Store.RemoveUser(ctx, name)
}

// nobody is what the password of a name that nobody has is compared with, so that the answer takes as long.
var nobody = sync.OnceValue(func() string { return hashPassword(rand.Text()) })

// Login gives a token for a name and its password, or news.ErrPassword; news.ErrNoUsers where there is nobody at all.
// Only the token's hash is kept.
func (n *Newsroom) Login(ctx context.Context, name, password string) (string, error) {
	u, hash, err := n.Store.User(ctx, name)
	if err != nil && !errors.Is(err, news.ErrNotFound) {
		return "", err
	}
	known := err == nil
	if !known {
		hash = nobody()
	}
	same, err := samePassword(hash, password)
	if err != nil {
		return "", err
	}
	if !known || !same {
		return "", n.refusal(ctx)
	}
	token := rand.Text() + rand.Text()
	err = n.Store.AddToken(ctx, u, hash, tokenHash(token), n.Now())
	if errors.Is(err, news.ErrNotFound) {
		return "", news.ErrPassword // the password was changed meanwhile
	}
	return token, err
}

func (n *Newsroom) refusal(ctx context.Context) error {
	users, err := n.Store.Users(ctx)
	if err != nil {
		return err
	}
	if len(users) == 0 {
		return news.ErrNoUsers
	}
	return news.ErrPassword
}

// tokenHash needs no salt: a token is 260 random bits.
func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// UserOf gives the user whom a token lets in, or news.ErrNotFound.
func (n *Newsroom) UserOf(ctx context.Context, token string) (news.User, error) {
	return n.Store.TokenUser(ctx, tokenHash(token))
}

// FindUser gives a user by name.
func (n *Newsroom) FindUser(ctx context.Context, name string) (news.User, error) {
	u, _, err := n.Store.User(ctx, name)
	return u, err
}
