package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/access"
)

// The paths that the API's answers name.
const (
	root            = "/api/v1"
	pathDescription = root + "/openapi.json"
)

type server struct {
	backend       Backend
	checkQuery    func(string) error
	checkOwnQuery func(string) error // for the search of a user
	checkTopic    func(news.Topic) error
	guard         *access.Guard
	tokens        string // what needs one in open mode
	mailDomain    string // of the addresses of newsletters
	log           *slog.Logger
	unavailable   atomic.Bool // store or index did not answer when last asked
	caughtUp      atomic.Bool // the index was near the end of the log once
}

// Request and answer types become JSON schemas that bear their names. Embedded structs are exported, since huma ignores others.

type body[T any] struct{ Body T }

// created is the answer to what was added.
type created[T any] struct {
	Location string `header:"Location" doc:"the path of what was made"`
	Body     T
}

type byID struct {
	ID int64 `path:"id" minimum:"1" doc:"its number"`
}

// Page asks for a part of a list by number.
type Page struct {
	Limit  int `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"how many, at most 200"`
	Offset int `query:"offset" minimum:"0" maximum:"1000000" default:"0" doc:"how many to pass over"`
}

// Since is the time from which on things are asked for.
type Since struct {
	Since string `query:"since" format:"date-time" example:"2026-08-18T06:00:00Z" doc:"only what changed (stories) or was first fetched (articles) since, RFC 3339"`
}

func (s Since) time() (time.Time, error) {
	if s.Since == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s.Since)
	if err != nil {
		return t, invalid("query.since", s.Since, "expected string to be RFC 3339 date-time")
	}
	return t, nil
}

// Part asks for a part of a list by cursor.
type Part struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"how many, at most 200"`
	Cursor string `query:"cursor" maxLength:"600" doc:"next of the page before; what comes meanwhile is not repeated; an entry that changes may move to the front, where a new walk meets it"`
}

// A cursor begins with the name of its list, so that it is not taken for another list's.
const (
	articleCursor = "articles:"
	eventCursor   = "events:"
	outletCursor  = "outlets:"
	storyCursor   = "stories:"
)

// position gives what the cursor says after the list's prefix, "" where there is no cursor.
func (p Part) position(list string) (string, error) {
	rest, ok := strings.CutPrefix(p.Cursor, list)
	if p.Cursor != "" && (!ok || rest == "") {
		return "", p.badCursor()
	}
	return rest, nil
}

// before reads where the page before ended; the zero value is the beginning.
func (p Part) before(list string) (at news.Place, err error) {
	rest, err := p.position(list)
	if err != nil {
		return at, err
	}
	if at, err = news.ParsePlace(rest); err != nil {
		return at, p.badCursor()
	}
	return at, nil
}

func (p Part) badCursor() error {
	return invalid("query.cursor", p.Cursor, "expected next of another page of this list; leave it out to begin again")
}

// cutPage shortens a list that was read with one entry more than a page holds, and gives the cursor of the next page, "" at
// the end.
func cutPage[T any](list []T, limit int, cursor func(last T) string) ([]T, string) {
	if len(list) <= limit {
		return list, ""
	}
	return list[:limit], cursor(list[limit-1])
}

// given is a value that a client sent, else the one before.
func given[T any](sent *T, before T) T {
	if sent != nil {
		return *sent
	}
	return before
}

// userOf gives the user who sends a request.
func userOf(ctx context.Context) (news.User, bool) {
	v := access.ViewerOf(ctx)
	return v.User, v.Known()
}

// Errors are RFC 9457 problems. Their detail says what happened, to what, and what to do.

// fail turns an error of the backend into an answer. List is the path that lists what can be asked for. Failures of the
// server are logged and not described.
func (s *server) fail(err error, what, list string) error {
	var building *search.BuildingError
	switch {
	case errors.Is(err, news.ErrNotFound):
		return huma.Error404NotFound(fmt.Sprintf("there is no %s; %s%s lists what there is", what, root, list))
	case errors.Is(err, search.ErrSlow):
		return huma.Error503ServiceUnavailable(search.ErrSlow.Error())
	case errors.As(err, &building):
		return huma.ErrorWithHeaders(huma.Error503ServiceUnavailable(building.Error()), http.Header{"Retry-After": {"30"}})
	case errors.Is(err, news.ErrUnavailable):
		return huma.ErrorWithHeaders(huma.Error503ServiceUnavailable(unavailable), http.Header{"Retry-After": {retryDatabase}})
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return huma.Error503ServiceUnavailable(what + " was not read in time; ask again")
	}
	s.log.Error("an API request failed", "what", what, "error", err)
	return huma.Error500InternalServerError(what + ": the server failed; its log says why")
}

// invalid says what is wrong with a value that the schema allows.
func invalid(location string, value any, message string) error {
	return huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: location, Value: value, Message: message})
}

// badQuery says what is wrong with a search.
func badQuery(location, query string, err error) error {
	return huma.Error400BadRequest("the query cannot be read", &huma.ErrorDetail{Location: location, Value: query, Message: err.Error()})
}

// retryDatabase is the seconds until a client may retry while the database is away.
const retryDatabase = "5"

// cannot answers 503 where huma does not serve. It logs the error, unless the database is away, which the store has logged.
func cannot(w http.ResponseWriter, log *slog.Logger, err error, what string) {
	if errors.Is(err, news.ErrUnavailable) {
		w.Header().Set("Retry-After", retryDatabase)
	} else {
		log.Error("an API request failed", "what", what, "error", err)
	}
	problem(w, http.StatusServiceUnavailable, what+"; try again later")
}

// unavailable is what is said while the database is away.
const unavailable = "the database cannot be reached; the server waits for it; ask again later"

// problem answers with an error where huma does not serve.
func problem(w http.ResponseWriter, status int, detail string) {
	p := huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: detail}
	w.Header().Set("Content-Type", p.ContentType("application/json"))
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(&p) // a reader that left needs no answer
}

// rejectUnknown refuses query parameters that are not known, as huma does where it serves.
func rejectUnknown(r *http.Request, known ...string) error {
	for key := range r.URL.Query() {
		if !slices.Contains(known, key) {
			return invalid("query."+key, key, "unexpected query parameter")
		}
	}
	return nil
}

// refuse answers as huma does with an error that invalid made, and says whether err is one.
func refuse(w http.ResponseWriter, err error) bool {
	refused, ok := err.(huma.StatusError) //nolint:errorlint // invalid gives it unwrapped
	if ok {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(refused.GetStatus())
		_ = json.NewEncoder(w).Encode(refused) // a reader that left needs no answer
	}
	return ok
}

// What a request needs a token for, as Options.Tokens has it.
const (
	TokensOff   = "off"   // nothing
	TokensWrite = "write" // to change something
	TokensAll   = "all"   // everything but the description
)

// challenge names the scheme by which a request sends its token (RFC 6750, section 3).
const challenge = `Bearer realm="Headwater"`

// refuseViewer answers those who may not use a route.
func (s *server) refuseViewer(w http.ResponseWriter, _ *http.Request, need access.Need, err error) {
	var many *access.TooManyError
	switch {
	case errors.As(err, &many):
		w.Header().Set("Retry-After", strconv.Itoa(many.Seconds()))
		problem(w, http.StatusTooManyRequests, "too many wrong tokens came from your address; send a right one, or try again later")
	case errors.Is(err, access.ErrLogin):
		w.Header().Set("WWW-Authenticate", challenge)
		problem(w, http.StatusUnauthorized, "send a token of yours: Authorization: Bearer TOKEN; `headwater user token NAME` makes one")
	case errors.Is(err, access.ErrToken):
		w.Header().Set("WWW-Authenticate", challenge)
		problem(w, http.StatusUnauthorized, err.Error())
	case errors.Is(err, access.ErrForbidden):
		problem(w, http.StatusForbidden, "this is for "+need.String())
	case errors.Is(err, access.ErrForwarded):
		problem(w, http.StatusForbidden, err.Error())
	case errors.Is(err, news.ErrUnavailable):
		w.Header().Set("Retry-After", retryDatabase)
		problem(w, http.StatusServiceUnavailable, unavailable)
	default:
		cannot(w, s.log, err, "who sends this request cannot be looked up")
	}
}

// authorise refuses requests without a token where Options.Tokens asks for one, though the server is in open mode. A wrong token is refused even
// where none is needed, since its sender relies on it.
func (s *server) authorise(need access.Need, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := access.ViewerOf(r.Context())
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		switch {
		case access.TokenOf(r) != "" && !v.Token:
			s.refuseViewer(w, r, need, s.guard.WrongToken(r))
		case v.Open && (s.tokens == TokensAll || s.tokens == TokensWrite && !reads):
			s.refuseViewer(w, r, need, access.ErrLogin)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// Mine chooses a user's own topics instead of everybody's.
type Mine struct {
	Mine bool `query:"mine" default:"false" doc:"of the user who asks, instead of everybody's"`
}

// owner gives the user whose topics are asked for; 0 is everybody.
func (m Mine) owner(ctx context.Context) (int64, error) {
	if !m.Mine {
		return 0, nil
	}
	u, ok := userOf(ctx)
	if !ok {
		return 0, huma.ErrorWithHeaders(
			huma.Error401Unauthorized("mine=true needs a token: Authorization: Bearer TOKEN; `headwater user token NAME` makes one"),
			http.Header{"WWW-Authenticate": {challenge}},
		)
	}
	return u.ID, nil
}

// ownerToChange is owner for a change: the topics of everybody are for editors.
func (m Mine) ownerToChange(ctx context.Context) (int64, error) {
	if !m.Mine && !access.ViewerOf(ctx).May(access.Editor) {
		return 0, huma.Error403Forbidden("the topics of everybody are for " + access.Editor.String() + " to change; mine=true has your own")
	}
	return m.owner(ctx)
}
