package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// A statement costs PostgreSQL a round trip, and storing a hundred articles takes a thousand statements. So a connection
// keeps those whose result nobody looks at (tx.exec), and sends them together before the next query, before the commit, and
// when there are many. An error of one is returned by what sends it.

// batchSize and batchBytes bound how many statements wait, and how much their arguments take.
const (
	batchSize  = 256
	batchBytes = 1 << 20
)

// postgresConn is a connection that takes statements written for SQLite.
type postgresConn struct {
	*stdlib.Conn

	waiting pgx.Batch
	bytes   int // of the arguments in waiting
}

type laterKey struct{}

func (*postgresEngine) later(ctx context.Context) context.Context {
	return context.WithValue(ctx, laterKey{}, true)
}

func (c *postgresConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.send(ctx); err != nil {
		return nil, err
	}
	return c.Conn.QueryContext(ctx, postgresSQL(query, args), args)
}

func (c *postgresConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	query = postgresSQL(query, args)
	if ctx.Value(laterKey{}) == nil {
		if err := c.send(ctx); err != nil {
			return nil, err
		}
		return c.Conn.ExecContext(ctx, query, args)
	}
	values := make([]any, len(args))
	for i, a := range args {
		values[i] = a.Value
		switch v := a.Value.(type) {
		case string:
			c.bytes += len(v)
		case []byte:
			c.bytes += len(v)
		}
	}
	c.waiting.Queue(query, values...)
	if c.waiting.Len() >= batchSize || c.bytes >= batchBytes {
		return driver.ResultNoRows, c.send(ctx)
	}
	return driver.ResultNoRows, nil
}

// send sends what waits.
func (c *postgresConn) send(ctx context.Context) error {
	if c.waiting.Len() == 0 {
		return nil
	}
	batch := c.waiting
	c.drop()
	return c.Conn.Conn().SendBatch(ctx, &batch).Close()
}

func (c *postgresConn) drop() { c.waiting, c.bytes = pgx.Batch{}, 0 }

func (c *postgresConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	t, err := c.Conn.BeginTx(ctx, o)
	return postgresTx{t, c, ctx}, err
}

// postgresTx is a transaction of a postgresConn.
type postgresTx struct {
	driver.Tx

	conn *postgresConn
	ctx  context.Context // of the transaction, as database/sql gives none to Commit
}

func (t postgresTx) Commit() error {
	if err := t.conn.send(t.ctx); err != nil {
		return errors.Join(err, t.Rollback())
	}
	return t.Tx.Commit()
}

func (t postgresTx) Rollback() error {
	t.conn.drop()
	return t.Tx.Rollback()
}

// rowsAtOnce is the number of rows that one INSERT stores.
const rowsAtOnce = 50

// together returns a statement that inserts several rows, given one that inserts one: "VALUES (?, ?)" becomes
// "VALUES (?, ?), (?, ?)". It returns false for any other statement. A statement for some number of rows stays prepared.
func (*postgresEngine) together(query string, rows int) (string, bool) {
	before, rest, ok := strings.Cut(query, "VALUES (")
	row, after, closed := strings.Cut(rest, ")")
	if !ok || !closed || strings.Trim(row, "?, ") != "" || strings.Contains(after, "?") {
		return "", false
	}
	return before + "VALUES (" + row + ")" + strings.Repeat(", ("+row+")", rows-1) + after, true
}
