package store

import (
	"errors"
	"testing"

	"headwater/internal/news"
)

// TestIdentities: an identity is one user's, found by issuer and subject exactly, and goes with the user.
func TestIdentities(t *testing.T) {
	db := open(t, t.TempDir())
	ctx := t.Context()
	for _, name := range []string{"anna", "ben"} {
		if err := db.AddUser(ctx, news.User{Name: name}, "hash"); err != nil {
			t.Fatal(err)
		}
	}
	i := news.Identity{Issuer: "https://id.example", Subject: "4711", Name: "a.miller"}
	for _, step := range []struct {
		what string
		err  error
		want error
	}{
		{"added", db.AddIdentity(ctx, "anna", i), nil},
		{"twice", db.AddIdentity(ctx, "anna", i), news.ErrExists},
		{"of another", db.AddIdentity(ctx, "ben", i), news.ErrExists},
		{"of nobody", db.AddIdentity(ctx, "nobody", i), news.ErrNotFound},
		{"of another issuer", db.AddIdentity(ctx, "ben", news.Identity{Issuer: "https://id2.example", Subject: "4711"}), nil},
		{"a new user", db.AddUserWith(ctx, news.User{Name: "cleo", Role: news.EditorRole}, "hash", news.Identity{Issuer: i.Issuer, Subject: "4712"}), nil},
		{"a name that is taken", db.AddUserWith(ctx, news.User{Name: "cleo", Role: news.EditorRole}, "hash", news.Identity{Issuer: i.Issuer, Subject: "4713"}), news.ErrExists},
		{"an identity that is taken", db.AddUserWith(ctx, news.User{Name: "dora", Role: news.EditorRole}, "hash", i), news.ErrExists},
	} {
		if !errors.Is(step.err, step.want) || (step.want == nil) != (step.err == nil) {
			t.Errorf("%s: %v, want %v", step.what, step.err, step.want)
		}
	}
	for subject, want := range map[string]string{"4711": "anna", "4712": "cleo", "4713": "", "47": "", "4711 ": ""} {
		u, err := db.IdentityUser(ctx, i.Issuer, subject)
		if u.Name != want || (want == "") != errors.Is(err, news.ErrNotFound) {
			t.Errorf("%q: %q, %v", subject, u.Name, err)
		}
	}
	if _, _, err := db.User(ctx, "dora"); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("a user whose identity was taken: %v", err)
	}
	anna, err := db.IdentityUser(ctx, i.Issuer, i.Subject)
	if err != nil {
		t.Fatal(err)
	}
	list, err := db.Identities(ctx, anna.ID)
	if err != nil || len(list) != 1 || list[0].Name != "a.miller" || list[0].Added.IsZero() {
		t.Fatalf("%+v, %v", list, err)
	}
	cleo, err := db.IdentityUser(ctx, i.Issuer, "4712")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.RemoveIdentity(ctx, cleo, list[0].ID); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("that of another user: %v", err)
	}
	if err := errors.Join(db.RemoveIdentity(ctx, anna, list[0].ID), db.RemoveUser(ctx, "cleo")); err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{"4711", "4712"} {
		if _, err := db.IdentityUser(ctx, i.Issuer, subject); !errors.Is(err, news.ErrNotFound) {
			t.Errorf("%s afterwards: %v", subject, err)
		}
	}
}
