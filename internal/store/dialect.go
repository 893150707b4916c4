package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5/stdlib"
)

// Statements are written once, for SQLite, and take these forms for PostgreSQL (postgresSQL):
//
//	?, ?2              $1::bigint, $2::text: numbered, with the type of the argument
//	INDEXED BY name    left out
//	bool arguments     0 and 1, as SQLite stores them
//	CROSS JOIN t AS a WHERE a.id IN (SELECT x.id ...)
//	                   CROSS JOIN LATERAL (SELECT x.id ...) AS a: it would try each row of t otherwise
//	bytesText          bytea, since a text of PostgreSQL has to be valid UTF-8
//
// The first migration of PostgreSQL defines the functions json_each, max, min and iif as they are used here. A list of
// texts is json_each(?, '$'), a list of ids json_each(?).

// bytesText is a text that is stored byte for byte, even if it is not valid UTF-8.
type bytesText string

// postgresConnector opens connections that take statements written for SQLite.
type postgresConnector struct{ driver.Connector }

func (c postgresConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	pgx, ok := conn.(*stdlib.Conn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a connection of pgx is a %T", conn), conn.Close())
	}
	return &postgresConn{Conn: pgx}, nil
}

// CheckNamedValue converts an argument to int64, float64, bool, string or []byte.
func (c *postgresConn) CheckNamedValue(v *driver.NamedValue) (err error) {
	if s, ok := v.Value.(bytesText); ok {
		v.Value = []byte(s)
		return nil
	}
	v.Value, err = driver.DefaultParameterConverter.ConvertValue(v.Value)
	return err
}

// translated holds the statements of PostgreSQL by their form for SQLite and the types of the arguments. There are as
// many as the package has statements.
var translated = struct {
	sync.RWMutex
	to map[string]string
}{to: map[string]string{}}

// placeholders matches what postgresSQL replaces. It skips quoted texts.
var placeholders = regexp.MustCompile(`'[^']*'|\?[0-9]*|\s+INDEXED BY [a-z_]+`)

// correlated matches a subquery that has to run once for each row to its left. SQLite has no LATERAL.
var correlated = regexp.MustCompile(`CROSS JOIN [a-z_]+ AS a WHERE a\.id IN\s*\((SELECT x\.id FROM [^()]*)\)`)

// postgresSQL rewrites a statement for PostgreSQL. A statement that was written for PostgreSQL stays as it is.
func postgresSQL(query string, args []driver.NamedValue) string {
	types := make([]byte, len(args))
	for i, a := range args {
		switch a.Value.(type) {
		case int64:
			types[i] = 'i'
		case float64:
			types[i] = 'f'
		case bool:
			types[i] = 'o'
		case string:
			types[i] = 't'
		case []byte:
			types[i] = 'b'
		default: // NULL
			types[i] = '-'
		}
	}
	key := string(types) + query
	translated.RLock()
	s, ok := translated.to[key]
	translated.RUnlock()
	if ok {
		return s
	}
	names := map[byte]string{'i': "::bigint", 'f': "::double precision", 'o': "::boolean::int", 't': "::text", 'b': "::bytea"}
	next := 0
	s = correlated.ReplaceAllString(query, "CROSS JOIN LATERAL ($1) AS a")
	s = placeholders.ReplaceAllStringFunc(s, func(found string) string {
		if found[0] == '\'' {
			return found
		}
		if found[0] != '?' {
			return ""
		}
		n, err := strconv.Atoi(found[1:])
		if err != nil { // no number: the one after the last
			n = next + 1
		}
		next = max(next, n)
		if n > len(types) {
			return "$" + strconv.Itoa(n)
		}
		return "$" + strconv.Itoa(n) + names[types[n-1]]
	})
	translated.Lock()
	defer translated.Unlock()
	translated.to[key] = s
	return s
}
