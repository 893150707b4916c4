// Package saveto saves articles to the services that users chose: read-it-later services, bookmark managers, Notion and Mastodon.
//
//	a click -> savings (a table) -> a goroutine a target -> the service
//
// Targets (targets.go) adds, changes and checks a user's targets, and queues articles. Queue (queue.go) saves what is queued. Each
// service has a file with an adapter: its name, what it asks a user for, and how it is spoken to. call.go makes their requests.
//
// # Rules
//
//   - An article is queued once a click and target, in a transaction. A second click changes nothing, unless the user asks to save it
//     again.
//   - The answer decides: only one that the service gives to what it has saved is a success. A page of HTML with the status 200 is
//     none. So nothing is lost at a target that answers garbage for a day.
//   - After a failure the article and its target wait as alerts do (package outbox). After giveUpAfter the article is given up,
//     and at once where the service refuses this article. It stays listed with the reason, and the user can have it tried again.
//   - Services that know an article by its address, or a request by a key, get the same once more after a failure. The others are
//     asked first whether they have it. So nothing is saved twice where an answer was lost, or the process was killed.
//   - The log says once that a target fails, and once that it works again. Its last problem is shown in the settings.
//   - Requests are made by fetch.Client.Send: private addresses must be listed in fetch.allow_private, redirects are not followed.
package saveto

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"headwater/internal/news"
)

// Article is what is saved of an article.
type Article struct {
	ID    string // of the saving; the same in every try
	URL   string
	Title string
	Again bool // a try before this one may have succeeded
}

// saver is a service with a user's login.
type saver interface {
	// Check logs in and saves nothing.
	Check(ctx context.Context) error
	Save(ctx context.Context, a Article) error
}

// Field is what a service asks a user for.
type Field struct {
	Name     string
	Label    string // in English, a key of the catalogues
	Secret   bool   // nobody is shown what is stored
	Optional bool
}

// Service is a service that articles can be saved to.
type Service struct {
	Kind    string
	Title   string // its own name
	Address string // where it is; "" for software that users run themselves
	Fields  []Field

	saver func(caller, news.SaveTarget) saver
}

// services are in the order in which they are offered.
var services = []Service{wallabagService, readeckService, linkdingService, karakeepService, shioriService, instapaperService, pinboardService, raindropService, notionService, mastodonService}

// Services returns all services.
func Services() []Service { return slices.Clone(services) }

// Find returns a service by its kind.
func Find(kind string) (Service, bool) {
	at := slices.IndexFunc(services, func(s Service) bool { return s.Kind == kind })
	if at < 0 {
		return Service{}, false
	}
	return services[at], true
}

// checked returns a target as it is stored. It returns a *news.SaveError for a wrong one.
func checked(t news.SaveTarget) (news.SaveTarget, error) {
	s, ok := Find(t.Kind)
	if !ok {
		return t, &news.SaveError{Field: "kind", Text: fmt.Sprintf("there is no service %q to save to", t.Kind)}
	}
	if t.Name = strings.TrimSpace(t.Name); t.Name == "" {
		t.Name = s.Title
	}
	if err := news.CheckName(t.Name); err != nil {
		return t, &news.SaveError{Field: "name", Text: err.Error()}
	}
	t.Address = strings.TrimRight(strings.TrimSpace(t.Address), "/")
	u, err := url.Parse(t.Address)
	switch {
	case t.Address == "" && s.Address != "":
	case t.Address == "":
		return t, &news.SaveError{Field: "address", Text: "the address of the server is missing; write it as https://example.org"}
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "":
		return t, &news.SaveError{Field: "address", Text: fmt.Sprintf("%q is no address of a server; write it as https://example.org", t.Address)}
	case u.User != nil: // lists and pages would show it
		return t, &news.SaveError{Field: "address", Text: "the address holds a password, which lists would show; leave it out"}
	}
	fields := map[string]string{}
	for _, f := range s.Fields {
		value := strings.TrimSpace(t.Fields[f.Name])
		switch {
		case value == "" && !f.Optional:
			return t, &news.SaveError{Field: f.Name, Text: "this is missing"}
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' }):
			return t, &news.SaveError{Field: f.Name, Text: "this has to be one line"}
		}
		fields[f.Name] = value
	}
	for name := range t.Fields {
		if _, known := fields[name]; !known {
			return t, &news.SaveError{Field: name, Text: fmt.Sprintf("%s asks for no %q", s.Title, name)}
		}
	}
	t.Fields = fields
	return t, nil
}

// saverOf returns the service of a target with its login. A login that can't be decrypted, or was removed since its key is lost, has no
// fields (store/secrets.go).
func saverOf(c caller, t news.SaveTarget) (saver, error) {
	s, ok := Find(t.Kind)
	if !ok {
		return nil, fmt.Errorf("this version saves to no %q; remove the target", t.Kind)
	}
	for _, f := range s.Fields {
		if !f.Optional && t.Fields[f.Name] == "" {
			return nil, fmt.Errorf("what %s asks for is damaged or was removed; enter it again", s.Title)
		}
	}
	if t.Address == "" {
		t.Address = s.Address
	}
	return s.saver(c, t), nil
}
