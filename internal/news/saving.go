package news

import "time"

// SaveTarget is a service to which a user saves articles.
type SaveTarget struct {
	ID      int64
	User    int64
	Kind    string            // the service, as package saveto calls it
	Name    string            // what the user calls it; no two of a user are the same
	Address string            // of the server; "" for a service that has one address
	Fields  map[string]string // what the service asks for, by the names of its fields; with passwords and tokens
	Added   time.Time

	Failures int       // failed tries in a row
	Failing  time.Time // time of the first of these; zero if the last try succeeded
	Problem  string    // why the last try failed and what to do; "" if it succeeded
	Next     time.Time // no try before this time
	Waiting  int       // articles that wait to be saved
	Failed   int       // articles that were given up
}

// SavingState says how far the saving of an article is.
type SavingState string

// The states of savings.
const (
	SavingWaiting SavingState = "waiting" // it is tried until it succeeds or is given up
	SavingDone    SavingState = "saved"
	SavingFailed  SavingState = "failed" // it was given up, and is tried again when the user asks for it
)

// Saving is an article that a user saves to a target.
type Saving struct {
	ID      string // random; stays the same for all tries
	Target  int64
	Article int64
	URL     string
	Title   string
	State   SavingState
	Since   time.Time // when it was asked for, or when it was saved or given up
	Due     time.Time // when it is tried next
	Tries   int       // that have begun
	Problem string    // why the last try failed
}

// SaveError is what is wrong with a target, in words that say what to do.
type SaveError struct {
	Field string // kind, name, address or the name of a field of the service
	Text  string
}

// Error implements error.
func (e *SaveError) Error() string { return e.Text }
