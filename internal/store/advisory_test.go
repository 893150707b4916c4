package store

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"headwater/internal/news"
)

// A server whose advisory locks go to everybody is refused, since each process would settle. Here a function of ours, found
// before PostgreSQL's own, stands for such a server.
func TestServerWithoutAdvisoryLocks(t *testing.T) {
	postgresOnly(t)
	dir := t.TempDir()
	execute(t, dir, `CREATE SCHEMA lax;
		CREATE FUNCTION lax.pg_try_advisory_lock(bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true';
		CREATE FUNCTION lax.pg_advisory_unlock(bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true'`)
	at := options(t, dir)
	address, err := url.Parse(at.Database)
	if err != nil {
		t.Fatal(err)
	}
	query := address.Query()
	query.Set("search_path", "public,lax,pg_catalog")
	address.RawQuery = query.Encode()
	at.Database = address.String()
	db, err := Open(t.Context(), t.TempDir(), at)
	if err == nil {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	saysAll(t, err, "advisory locks", "without a pool by transaction")
}

// TestAdviceOfPostgreSQL checks that each reason for an outage has words of its own.
func TestAdviceOfPostgreSQL(t *testing.T) {
	e, err := newPostgres("postgres://me@host/news")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.close(); err != nil {
			t.Error(err)
		}
	})
	for code, says := range map[string]string{
		"57P01": "closed the connection: it is shutting down", "57P02": "after a crash", "57P03": "is starting", "57P04": "was dropped",
		"57P05": "it connects again", "57000": "interrupted", "08004": "refuses connections", "08006": "check the network",
		"08P01": "breaks the protocol", "53300": "max_connections", "25006": "name the primary",
	} {
		err := explain(e, &pgconn.PgError{Code: code})
		if saysAll(t, err, "database news on host", says); !errors.Is(err, news.ErrUnavailable) {
			t.Errorf("%s: %v is not one of a database that is away", code, err)
		}
	}
}

// TestAddressOfPostgreSQL checks that what is wrong with an address is said without its password.
func TestAddressOfPostgreSQL(t *testing.T) {
	for _, address := range []string{"postgres://me:secret@host:none/news", "postgres://me:secret@host/news?sslmode=perhaps"} {
		_, err := Open(t.Context(), t.TempDir(), Options{Database: address})
		saysAll(t, err, "postgres://user:password@host:5432/name")
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q shows the password", err)
		}
	}
}
