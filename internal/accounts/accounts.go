// Package accounts holds who may log in: users with passwords, and the tokens by which a reader or a program acts for one.
//
// Names, hashes and tokens are in the store, which lists and removes them; this package does what needs a password or a
// token in clear. The store keeps only hashes of both: of passwords by argon2id (password.go), of tokens by SHA-256, since a
// token is 260 random bits.
//
// Accounts are for feed readers. The pages have no logins and stay open, on loopback by default. A new data folder has no
// account. Feeds, folders and articles are everybody's; read marks, stars, labels on articles and the topics of `topic add
// --user` are a user's own (store/users.go, store/marks.go). Passwords come in by a prompt, standard input or a file, never
// by a flag.
//
// A name that nobody has costs as much time as a wrong password. Another password, and removing the user, end all tokens of
// a user's logins; the newest 100 count. A password that is changed while it is checked lets nobody in. greader limits
// wrong passwords.
package accounts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"headwater/internal/news"
	"headwater/internal/store"
)

// Accounts are those of a store.
type Accounts struct {
	store *store.DB
	now   func() time.Time
}

// New gives the accounts of a store.
func New(db *store.DB, now func() time.Time) *Accounts { return &Accounts{db, now} }

// AddUser makes an account. A name that is taken gives news.ErrExists.
func (a *Accounts) AddUser(ctx context.Context, name, password string) error {
	if err := errors.Join(news.CheckName(name), checkPassword(password)); err != nil {
		return err
	}
	return a.store.AddUser(ctx, news.User{Name: name, Added: a.now()}, hashPassword(password))
}

// SetPassword gives a user another password. Every reader that is logged in has to log in again.
func (a *Accounts) SetPassword(ctx context.Context, name, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	return a.store.SetPassword(ctx, name, hashPassword(password))
}

// unknownHash is compared with the password for a name that no user has, so that the answer takes as long.
var unknownHash = sync.OnceValue(func() string { return hashPassword(rand.Text()) })

// Login gives a token for a name and its password, or news.ErrPassword; news.ErrNoUsers where there is no user at all.
func (a *Accounts) Login(ctx context.Context, name, password string) (string, error) {
	u, hash, err := a.store.User(ctx, name)
	if err != nil && !errors.Is(err, news.ErrNotFound) {
		return "", err
	}
	known := err == nil
	if !known {
		hash = unknownHash()
	}
	same, err := samePassword(hash, password)
	if err != nil {
		return "", err
	}
	if !known || !same {
		users, err := a.store.Users(ctx)
		if err == nil && len(users) == 0 {
			err = news.ErrNoUsers
		}
		if err == nil {
			err = news.ErrPassword
		}
		return "", err
	}
	token := rand.Text() + rand.Text()
	err = a.store.AddToken(ctx, u, hash, tokenHash(token), a.now())
	if errors.Is(err, news.ErrNotFound) {
		return "", news.ErrPassword // the password was changed meanwhile
	}
	return token, err
}

// UserOf gives the user whom a token of Login stands for, or news.ErrNotFound.
func (a *Accounts) UserOf(ctx context.Context, token string) (news.User, error) {
	return a.store.TokenUser(ctx, tokenHash(token))
}

// AddAPIToken gives a token by which a program acts for a user. It can be shown only now.
func (a *Accounts) AddAPIToken(ctx context.Context, user news.User, label string) (string, error) {
	token := "hw_" + rand.Text() + rand.Text()
	return token, a.store.AddAPIToken(ctx, user.ID, tokenHash(token), label, a.now())
}

// APIUser gives the user whom a token of AddAPIToken stands for, or news.ErrNotFound.
func (a *Accounts) APIUser(ctx context.Context, token string) (news.User, error) {
	return a.store.APITokenUser(ctx, tokenHash(token))
}

// tokenHash needs no salt: a token is 260 random bits.
func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
