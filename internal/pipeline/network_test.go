package pipeline_test

import (
	"database/sql"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// network is what stands between one node and the database. It can be cut, and it can drop what passes without an error.
type network struct {
	url string // of the database, through it

	mu    sync.Mutex // guards what follows
	conns map[net.Conn]bool
	drop  chan struct{} // what passes waits until it is closed; nil while everything passes
}

// newNetwork returns a network to a database.
func newNetwork(t *testing.T, database string) *network {
	t.Helper()
	u, err := url.Parse(database)
	must(t, err)
	q := u.Query()
	family, address := "tcp", u.Host
	if dir := q.Get("host"); dir != "" {
		family, address = "unix", dir+"/.s.PGSQL."+q.Get("port")
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	n := &network{conns: map[net.Conn]bool{}}
	t.Cleanup(func() {
		n.cut()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return // the test has ended
			}
			out, err := new(net.Dialer).DialContext(t.Context(), family, address)
			if err != nil {
				_ = in.Close() // the other end sees it
				continue
			}
			n.mu.Lock()
			n.conns[in], n.conns[out] = true, true
			n.mu.Unlock()
			go n.pass(in, out)
			go n.pass(out, in)
		}
	}()
	q.Del("host")
	q.Del("port")
	u.Host, u.RawQuery = l.Addr().String(), q.Encode()
	n.url = u.String()
	return n
}

func (n *network) pass(from io.ReadCloser, to io.WriteCloser) {
	buffer := make([]byte, 32<<10)
	for {
		read, err := from.Read(buffer)
		n.mu.Lock()
		drop := n.drop
		n.mu.Unlock()
		if drop != nil {
			<-drop
		}
		if err == nil {
			_, err = to.Write(buffer[:read])
		}
		if err != nil {
			_, _ = from.Close(), to.Close() // one of them is closed already
			return
		}
	}
}

// cut closes all connections.
func (n *network) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		_ = c.Close() // it may be closed already
	}
	clear(n.conns)
}

// hold lets nothing pass, and no error arise, until the returned function is called.
func (n *network) hold() (end func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	drop := make(chan struct{})
	n.drop = drop
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.drop = nil
		close(drop)
	}
}

// logActivity logs what the connections of a database do.
func logActivity(t *testing.T, database string) {
	t.Helper()
	db, err := sql.Open("pgx", database)
	must(t, err)
	defer func() { must(t, db.Close()) }()
	rows, err := db.QueryContext(t.Context(), `SELECT concat_ws(' ', pid, state, wait_event, date_trunc('second', now() - state_change), 'blocked by', pg_blocking_pids(pid)::text, left(query, 200))
		FROM pg_stat_activity WHERE datname = current_database() ORDER BY state_change`)
	must(t, err)
	defer func() { must(t, rows.Close()) }()
	for rows.Next() {
		var line string
		must(t, rows.Scan(&line))
		t.Log(line)
	}
	must(t, rows.Err())
}
