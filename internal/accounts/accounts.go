// Package accounts manages who may log in: users with passwords, and the tokens with which a feed reader or a program
// acts for a user.
//
// Names, hashes and tokens are in the store, which lists and removes them. This package does what needs a password or
// token in clear text. The store keeps only hashes: argon2id of passwords (password.go), and SHA-256 of tokens, since a
// token is 260 random bits.
//
// Users log in to the pages (serve/access) and with feed readers (greader). Feeds, folders and articles are shared. Read marks, stars,
// labels on articles, settings and own topics belong to one user (store/users.go, store/marks.go). A role says what a user may change of
// what is shared. The first start of a server creates an admin. Passwords are read from a prompt, standard input, a file or a form, never
// from a flag.
//
// Checking the password of an unknown name takes as long as a wrong password. A new password and removing the user end
// all the user's logins. A user has at most 100 logins of feed readers and 100 sessions, the newest ones. If a password is changed while
// it is checked, the login fails. serve/access limits wrong passwords.
package accounts

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"headwater/internal/news"
	"headwater/internal/store"
)

// Accounts manages the accounts of a store.
type Accounts struct {
	store *store.DB
	now   func() time.Time
}

// New returns the accounts of a store.
func New(db *store.DB, now func() time.Time) *Accounts { return &Accounts{db, now} }

// AddUser creates the account of a reader. It returns news.ErrExists for a name that is taken.
func (a *Accounts) AddUser(ctx context.Context, name, password string) error {
	return a.AddUserAs(ctx, name, password, news.ReaderRole)
}

// AddUserAs creates an account with a role. It returns news.ErrExists for a name that is taken.
func (a *Accounts) AddUserAs(ctx context.Context, name, password string, role news.UserRole) error {
	if err := errors.Join(news.CheckName(name), checkPassword(password)); err != nil {
		return err
	}
	return a.store.AddUser(ctx, news.User{Name: name, Role: role, Added: a.now()}, hashPassword(password))
}

// AddUserWith creates the account of somebody who logs in elsewhere, by an identity. Its password is a random one that nobody knows. It returns
// news.ErrExists where the name or the identity is taken.
func (a *Accounts) AddUserWith(ctx context.Context, name string, role news.UserRole, i news.Identity) error {
	if err := news.CheckName(name); err != nil {
		return err
	}
	return a.store.AddUserWith(ctx, news.User{Name: name, Role: role, Added: a.now()}, hashPassword(rand.Text()), i)
}

// adminName is the name of the account that a new data folder gets.
const adminName = "admin"

// EnsureAdmin creates an admin where there is none, and returns the name and the password of the one that it created; both
// are "" otherwise. An empty password is replaced by a random one. It is called by each process that starts to serve.
func (a *Accounts) EnsureAdmin(ctx context.Context, password string) (name, made string, err error) {
	if _, err := a.store.FirstAdmin(ctx); err == nil || !errors.Is(err, news.ErrNotFound) {
		return "", "", err
	}
	if password == "" {
		password = rand.Text()
	} else if err := checkPassword(password); err != nil {
		return "", "", fmt.Errorf("password of the first admin: %w", err)
	}
	hash := hashPassword(password)
	for name, n := adminName, 1; ; name = fmt.Sprint(adminName, n) {
		err := a.store.AddFirstAdmin(ctx, news.User{Name: name, Added: a.now()}, hash)
		if err == nil {
			return name, password, nil
		}
		if !errors.Is(err, news.ErrExists) {
			return "", "", err
		}
		if _, err := a.store.FirstAdmin(ctx); err == nil || !errors.Is(err, news.ErrNotFound) {
			return "", "", err // another process was first
		}
		n++ // a reader or an editor has the name
	}
}

// SetPassword changes a user's password. All logins end, so every feed reader has to log in again.
func (a *Accounts) SetPassword(ctx context.Context, name, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	return a.store.SetPassword(ctx, name, hashPassword(password))
}

// unknownHash is compared with the password for an unknown name, so that the answer takes as long.
var unknownHash = sync.OnceValue(func() string { return hashPassword(rand.Text()) })

// Check returns the user of a name and its password. It returns news.ErrPassword for a wrong name or password, and
// news.ErrNoUsers if there is no user at all. A session of the user is not stored if the password is changed meanwhile.
func (a *Accounts) Check(ctx context.Context, name, password string) (news.User, error) {
	u, _, err := a.check(ctx, name, password)
	return u, err
}

func (a *Accounts) check(ctx context.Context, name, password string) (u news.User, hash string, err error) {
	u, hash, err = a.store.User(ctx, name)
	if err != nil && !errors.Is(err, news.ErrNotFound) {
		return news.User{}, "", err
	}
	known := err == nil
	if !known {
		hash = unknownHash()
	}
	same, err := samePassword(hash, password)
	if err != nil {
		return news.User{}, "", err
	}
	if known && same {
		return u, hash, nil
	}
	users, err := a.store.Users(ctx)
	if err == nil && len(users) == 0 {
		err = news.ErrNoUsers
	}
	if err == nil {
		err = news.ErrPassword
	}
	return news.User{}, "", err
}

// Login returns a token for a name and its password, for a feed reader. Its errors are those of Check.
func (a *Accounts) Login(ctx context.Context, name, password string) (string, error) {
	u, hash, err := a.check(ctx, name, password)
	if err != nil {
		return "", err
	}
	token := rand.Text() + rand.Text()
	err = a.store.AddToken(ctx, u, hash, news.HashToken(token), a.now())
	if errors.Is(err, news.ErrNotFound) {
		return "", news.ErrPassword // the password was changed meanwhile
	}
	return token, err
}

// UserOf returns the user of a token of Login, or news.ErrNotFound.
func (a *Accounts) UserOf(ctx context.Context, token string) (news.User, error) {
	return a.store.TokenUser(ctx, news.HashToken(token))
}

// AddAPIToken returns a token with which a program acts for a user. The token is not stored, so it can be shown only now.
func (a *Accounts) AddAPIToken(ctx context.Context, user news.User, label string) (string, error) {
	token := "hw_" + rand.Text() + rand.Text()
	return token, a.store.AddAPIToken(ctx, user, news.HashToken(token), label, a.now())
}

// APIUser returns the user of a token of AddAPIToken, or news.ErrNotFound.
func (a *Accounts) APIUser(ctx context.Context, token string) (news.User, error) {
	return a.store.APITokenUser(ctx, news.HashToken(token))
}
