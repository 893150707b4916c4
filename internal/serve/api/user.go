package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"headwater/internal/news"
	"headwater/internal/serve/access"
	"headwater/internal/serve/view"
)

// userCursor begins a cursor of the list of users; the name of the last one follows.
const userCursor = "users:"

type user struct {
	ID    int64         `json:"id" doc:"its number"`
	Name  string        `json:"name" doc:"unique; upper and lower case differ"`
	Role  news.UserRole `json:"role" enum:"reader,editor,admin" doc:"what the user may do: readers read, editors also change feeds, outlets and corrections, admins also manage users"`
	Added time.Time     `json:"added" doc:"when the account was made"`
}

func userShown(u news.User) user { return user{u.ID, u.Name, u.Role, u.Added} }

type userList struct {
	Total int    `json:"total" doc:"how many there are"`
	Users []user `json:"users" nullable:"false" doc:"the users, by name"`
	Next  string `json:"next,omitempty" doc:"the cursor of the next page; left out on the last"`
}

type newUser struct {
	Body struct {
		Name     string        `json:"name" minLength:"1" maxLength:"200" example:"anna" doc:"unique; upper and lower case differ"`
		Password string        `json:"password" maxLength:"1024" doc:"at least 8 characters"`
		Role     news.UserRole `json:"role,omitempty" enum:"reader,editor,admin" default:"reader" doc:"what the user may do"`
	}
}

// changedUser has what is to be different; what is left out stays.
type changedUser struct {
	ID   int64 `path:"id" minimum:"1" doc:"its number"`
	Body struct {
		Role     *news.UserRole `json:"role,omitempty" enum:"reader,editor,admin" doc:"what the user may do; the last admin stays one"`
		Password *string        `json:"password,omitempty" maxLength:"1024" doc:"another password, of at least 8 characters; it ends all logins of the user"`
	}
}

func userPath(id int64) string { return fmt.Sprintf("%s/users/%d", root, id) }

func (s *server) users(ctx context.Context, q *struct{ Part }) (*body[userList], error) {
	after, err := q.position(userCursor)
	if err != nil {
		return nil, err
	}
	list, err := s.backend.UserPage(ctx, after, q.Limit+1)
	if err != nil {
		return nil, s.fail(err, "list of users", "/users")
	}
	var out userList
	if out.Total, err = s.backend.CountUsers(ctx); err != nil {
		return nil, s.fail(err, "list of users", "/users")
	}
	list, out.Next = cutPage(list, q.Limit, func(u news.User) string { return userCursor + u.Name })
	out.Users = view.All(list, userShown)
	return &body[userList]{out}, nil
}

// userByID gives a user by number.
func (s *server) userByID(ctx context.Context, id int64) (news.User, error) {
	u, err := s.backend.UserByID(ctx, id)
	if err != nil {
		return u, s.fail(err, fmt.Sprintf("user %d", id), "/users")
	}
	return u, nil
}

func (s *server) user(ctx context.Context, q *byID) (*body[user], error) {
	u, err := s.userByID(ctx, q.ID)
	if err != nil {
		return nil, err
	}
	return &body[user]{userShown(u)}, nil
}

func (s *server) addUser(ctx context.Context, q *newUser) (*created[user], error) {
	b := q.Body
	if err := news.CheckName(b.Name); err != nil {
		return nil, invalid("body.name", b.Name, err.Error())
	}
	if err := s.backend.AddUserAs(ctx, b.Name, b.Password, b.Role); err != nil {
		return nil, s.failUser(err, b.Name)
	}
	u, _, err := s.backend.User(ctx, b.Name)
	if err != nil {
		return nil, s.failUser(err, b.Name)
	}
	return &created[user]{userPath(u.ID), userShown(u)}, nil
}

// failUser says why a user is not as it was asked for.
func (s *server) failUser(err error, name string) error {
	var bad *news.PasswordError
	switch {
	case errors.As(err, &bad):
		return invalid("body.password", nil, bad.Error())
	case errors.Is(err, news.ErrExists):
		return huma.Error409Conflict(fmt.Sprintf("there is a user %q already; choose another name", name))
	case errors.Is(err, news.ErrLastAdmin):
		return huma.Error409Conflict(fmt.Sprintf("%q: %v", name, news.ErrLastAdmin))
	}
	return s.fail(err, fmt.Sprintf("user %q", name), "/users")
}

func (s *server) changeUser(ctx context.Context, q *changedUser) (*body[user], error) {
	u, err := s.userByID(ctx, q.ID)
	if err != nil {
		return nil, err
	}
	if q.Body.Password != nil && q.Body.Role != nil {
		return nil, invalid("body", nil, "role and password are changed one at a time, so that neither is changed where the other is refused; send two requests")
	}
	if q.Body.Password != nil {
		if err := s.backend.SetPassword(ctx, u.Name, *q.Body.Password); err != nil {
			return nil, s.failUser(err, u.Name)
		}
	}
	if q.Body.Role != nil {
		if err := s.backend.SetRole(ctx, u.Name, *q.Body.Role); err != nil {
			return nil, s.failUser(err, u.Name)
		}
	}
	return s.user(ctx, &byID{q.ID})
}

func (s *server) removeUser(ctx context.Context, q *byID) (*struct{}, error) {
	u, err := s.userByID(ctx, q.ID)
	if err != nil {
		return nil, err
	}
	if err := s.backend.RemoveUser(ctx, u.Name); err != nil {
		return nil, s.failUser(err, u.Name)
	}
	return nil, nil
}

// endSessions ends the logins of a user. A session that asks for its own user's stays.
func (s *server) endSessions(ctx context.Context, q *byID) (*struct{}, error) {
	u, err := s.userByID(ctx, q.ID)
	if err != nil {
		return nil, err
	}
	except := int64(0)
	if v := access.ViewerOf(ctx); v.User.ID == u.ID {
		except = v.Session
	}
	if err := s.backend.EndSessions(ctx, u, except); err != nil {
		return nil, s.failUser(err, u.Name)
	}
	return nil, nil
}
