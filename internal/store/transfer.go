package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"headwater/internal/news"
	"headwater/internal/weburl"
)

// A backup is a database of SQLite with the newest schema, on both engines, so it moves everything between them. The tables
// and columns to copy are read from the schema of SQLite. A table is copied after those that it refers to, with its rows
// in the order of their keys.

// table is a table of the schema of SQLite.
type table struct {
	name    string
	columns []column
	parents []string // tables that it refers to
	keeps   bool     // AUTOINCREMENT: it never uses a number again, even after the row is gone
}

type column struct {
	name string
	kind string // INTEGER, REAL, TEXT or BLOB
	key  int    // place in the primary key from 1 on, 0 for none
}

// ofProcesses are tables about the processes that run now. They are not copied, and emptied by a restore.
var ofProcesses = []string{"nodes", "leases", "poll_hosts", "outcomes", "window_log"}

// stays reports whether a restore leaves a table as it is. The epochs of leaders only grow.
func stays(name string) bool { return name == "goose_db_version" || name == "leaders" }

// inOrder is a column of PostgreSQL for the order in which rows were added, which SQLite keeps by itself, by table.
var inOrder = map[string]string{"alert_outbox": "rowid"}

const (
	tablesSQL  = `SELECT name, sql LIKE '%AUTOINCREMENT%' FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`
	columnsSQL = `SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid`
	parentsSQL = `SELECT DISTINCT "table" FROM pragma_foreign_key_list(?)`
)

// copiedTables returns the tables of a database of SQLite that are copied, each after those that it refers to.
func copiedTables(ctx context.Context, t *sql.Tx) ([]table, error) {
	all, err := collect(ctx, t.QueryContext, func(row scanner) (one table, err error) {
		err = row.Scan(&one.name, &one.keeps)
		return one, err
	}, tablesSQL)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(one table) bool { return stays(one.name) || slices.Contains(ofProcesses, one.name) })
	for i := range all {
		one := &all[i]
		one.columns, err = collect(ctx, t.QueryContext, func(row scanner) (c column, err error) {
			err = row.Scan(&c.name, &c.kind, &c.key)
			return c, err
		}, columnsSQL, one.name)
		if err != nil {
			return nil, err
		}
		if one.parents, err = collect(ctx, t.QueryContext, scanText, parentsSQL, one.name); err != nil {
			return nil, err
		}
	}
	sorted := make([]table, 0, len(all))
	placed := map[string]bool{}
	for len(sorted) < len(all) {
		before := len(sorted)
		for _, one := range all {
			if !placed[one.name] && !slices.ContainsFunc(one.parents, func(p string) bool { return p != one.name && !placed[p] }) {
				sorted = append(sorted, one)
				placed[one.name] = true
			}
		}
		if len(sorted) == before {
			return nil, errors.New("tables refer to each other in a circle")
		}
	}
	return sorted, nil
}

// columnList returns the quoted names of the columns.
func (t table) columnList() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = quote(c.name)
	}
	return strings.Join(names, ", ")
}

// selectSQL selects all rows in the order of their keys. added is a column to order them by instead, "" for none.
func (t table) selectSQL(added string) string {
	order := quote(added)
	if added == "" {
		keys := slices.DeleteFunc(slices.Clone(t.columns), func(c column) bool { return c.key == 0 })
		slices.SortFunc(keys, func(a, b column) int { return a.key - b.key })
		order = table{columns: keys}.columnList()
	}
	return `SELECT ` + t.columnList() + ` FROM ` + quote(t.name) + ` ORDER BY ` + order
}

func quote(name string) string { return `"` + name + `"` }

// idColumn is the column of the ids of a table whose key is one integer, "" for other tables.
func (t table) idColumn() string {
	name := ""
	for _, c := range t.columns {
		switch {
		case c.key == 0:
		case c.key > 1 || c.kind != "INTEGER":
			return ""
		default:
			name = c.name
		}
	}
	return name
}

// eachOf calls take for each row of a query, with its values. take must not keep the slice.
func eachOf(ctx context.Context, t *sql.Tx, columns int, query string, take func([]any) error) error {
	values, dest := make([]any, columns), make([]any, columns)
	for i := range values {
		dest[i] = &values[i]
	}
	return eachRow(ctx, t.QueryContext, func(row scanner) error {
		if err := row.Scan(dest...); err != nil {
			return err
		}
		return take(values)
	}, query)
}

// From PostgreSQL to SQLite.

// laterSQL lists what is made after the rows were copied: triggers would count again what is counted, and indexes are
// built faster.
const laterSQL = `SELECT type, name, sql FROM sqlite_schema WHERE type IN ('trigger', 'index') AND sql IS NOT NULL ORDER BY type, name`

// copyTo writes the database to a new file of SQLite, from one snapshot.
func (*postgresEngine) copyTo(ctx context.Context, db *DB, file string) (err error) {
	if file, err = filepath.Abs(file); err != nil {
		return err
	}
	target := &DB{engine: sqliteEngine{file: file}, log: db.log}
	if target.writer, err = target.engine.openWriter(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.writer.Close()) }()
	if err := target.migrate(ctx); err != nil {
		return err
	}
	// The file has its name only when it is whole, so it needs no journal.
	for _, pragma := range []string{`journal_mode = OFF`, `synchronous = OFF`, `foreign_keys = OFF`, `temp_store = FILE`} {
		if _, err := target.writer.ExecContext(ctx, `PRAGMA `+pragma); err != nil {
			return err
		}
	}
	return db.read(ctx, "copy "+db.engine.String(), func(from *sql.Tx) error {
		to, err := target.writer.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if err := copyToSQLite(ctx, from, to); err != nil {
			return errors.Join(err, target.rollback(to))
		}
		return to.Commit()
	})
}

func copyToSQLite(ctx context.Context, from, to *sql.Tx) error {
	tables, err := copiedTables(ctx, to)
	if err != nil {
		return err
	}
	type object struct{ kind, name, sql string }
	later, err := collect(ctx, to.QueryContext, func(row scanner) (o object, err error) {
		err = row.Scan(&o.kind, &o.name, &o.sql)
		return o, err
	}, laterSQL)
	if err != nil {
		return err
	}
	for _, o := range later {
		if _, err := to.ExecContext(ctx, `DROP `+o.kind+` `+quote(o.name)); err != nil {
			return err
		}
	}
	for _, one := range tables {
		if err := one.copyToSQLite(ctx, from, to); err != nil {
			return fmt.Errorf("table %s: %w", one.name, err)
		}
	}
	for _, o := range later {
		if _, err := to.ExecContext(ctx, o.sql); err != nil {
			return fmt.Errorf("%s %s: %w", o.kind, o.name, err)
		}
	}
	return copyNumbersToSQLite(ctx, from, to, tables)
}

func (t table) copyToSQLite(ctx context.Context, from, to *sql.Tx) error {
	if _, err := to.ExecContext(ctx, `DELETE FROM `+quote(t.name)); err != nil { // what migrations have put there
		return err
	}
	insert, err := to.PrepareContext(ctx, `INSERT INTO `+quote(t.name)+` (`+t.columnList()+`) VALUES (?`+strings.Repeat(`, ?`, len(t.columns)-1)+`)`)
	if err != nil {
		return err
	}
	err = eachOf(ctx, from, len(t.columns), t.selectSQL(inOrder[t.name]), func(values []any) error {
		for i, c := range t.columns {
			if b, ok := values[i].([]byte); ok && c.kind == "TEXT" {
				values[i] = string(b)
			}
		}
		_, err := insert.ExecContext(ctx, values...)
		return err
	})
	return errors.Join(err, insert.Close())
}

const (
	// usedNumberSQL selects the highest number that an identity has given out, 0 for none.
	usedNumberSQL = `SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM `
	identitySQL   = `SELECT coalesce(pg_get_serial_sequence(?, ?), '')`
	// SQLite itself stores the highest number of a row that was copied.
	raiseUsedNumberSQL = `UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1`
	setUsedNumberSQL   = `INSERT INTO sqlite_sequence (name, seq) SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1)`
)

// copyNumbersToSQLite copies the highest numbers that were given out, so that none is used again.
func copyNumbersToSQLite(ctx context.Context, from, to *sql.Tx, tables []table) error {
	for _, one := range tables {
		if !one.keeps {
			continue
		}
		var identity string
		if err := from.QueryRowContext(ctx, identitySQL, quote(one.name), one.idColumn()).Scan(&identity); err != nil {
			return err
		}
		query := highestArticleSQL // articles.id
		if identity != "" {
			query = usedNumberSQL + identity
		}
		var used int64
		if err := from.QueryRowContext(ctx, query).Scan(&used); err != nil {
			return fmt.Errorf("numbers of table %s: %w", one.name, err)
		}
		if used == 0 {
			continue
		}
		for _, statement := range []string{raiseUsedNumberSQL, setUsedNumberSQL} {
			if _, err := to.ExecContext(ctx, statement, one.name, used); err != nil {
				return err
			}
		}
	}
	return nil
}

// From SQLite to PostgreSQL.

const (
	inUseSQL = `SELECT EXISTS (SELECT 1 FROM feeds) OR EXISTS (SELECT 1 FROM articles) OR EXISTS (SELECT 1 FROM users) OR EXISTS (SELECT 1 FROM topics)`
	// othersSQL counts the connections of other processes of headwater.
	othersSQL = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
		AND application_name = current_setting('application_name')`
	bytesColumnsSQL = `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = current_schema() AND data_type = 'bytea'`
)

// copyFrom replaces the contents of the database by those of a database of SQLite with the newest schema, in one
// transaction on the connection.
func (e *postgresEngine) copyFrom(ctx context.Context, from *sql.Tx, conn *sql.Conn, force bool) (shortened int, err error) {
	tables, err := copiedTables(ctx, from)
	if err != nil {
		return 0, err
	}
	to, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() {
		if e := to.Rollback(); !errors.Is(e, sql.ErrTxDone) {
			err = errors.Join(err, e)
		}
	}()
	if err := e.lock(ctx, to); err != nil {
		return 0, err
	}
	var inUse bool
	if err := to.QueryRowContext(ctx, inUseSQL).Scan(&inUse); err != nil {
		return 0, err
	}
	if inUse && !force {
		return 0, fmt.Errorf("%s is in use; name an empty database, or replace what it holds with --force", e)
	}
	var names []string
	for _, one := range tables {
		names = append(names, quote(one.name))
	}
	if _, err := to.ExecContext(ctx, `TRUNCATE `+strings.Join(slices.Concat(ofProcesses, names), ", ")); err != nil {
		return 0, err
	}
	inBytes, err := collect(ctx, to.QueryContext, scanText, bytesColumnsSQL)
	if err != nil {
		return 0, err
	}
	for _, one := range tables {
		if _, err := to.ExecContext(ctx, `ALTER TABLE `+quote(one.name)+` DISABLE TRIGGER USER`); err != nil {
			return 0, err
		}
		n, err := one.copyToPostgres(ctx, from, conn, inBytes)
		if err != nil {
			return 0, fmt.Errorf("table %s: %w", one.name, err)
		}
		shortened += n
		if _, err := to.ExecContext(ctx, `ALTER TABLE `+quote(one.name)+` ENABLE TRIGGER USER`); err != nil {
			return 0, err
		}
		if err := one.setIdentity(ctx, from, to); err != nil {
			return 0, fmt.Errorf("numbers of table %s: %w", one.name, err)
		}
	}
	if _, err := to.ExecContext(ctx, `ANALYZE `+strings.Join(names, ", ")); err != nil {
		return 0, err
	}
	return shortened, to.Commit()
}

// copyToPostgres copies the rows of a table. It returns how many texts were shortened for an index.
func (t table) copyToPostgres(ctx context.Context, from *sql.Tx, conn *sql.Conn, inBytes []string) (shortened int, err error) {
	names, asBytes := make([]string, len(t.columns)), make([]bool, len(t.columns))
	for i, c := range t.columns {
		names[i], asBytes[i] = c.name, slices.Contains(inBytes, t.name+"."+c.name)
	}
	rows, err := from.QueryContext(ctx, t.selectSQL(inOrder[t.name]))
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }() // an error while reading shows in rows.Err
	values, dest := make([]any, len(t.columns)), make([]any, len(t.columns))
	for i := range values {
		dest[i] = &values[i]
	}
	var reading error // PostgreSQL answers it with an error of its own, as if the statement had been canceled
	read := func() ([]any, error) {
		if !rows.Next() {
			return nil, rows.Err()
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		shortened += t.boundRow(values)
		for i, c := range t.columns {
			var err error
			if values[i], err = forPostgres(values[i], c.kind, asBytes[i]); err != nil {
				return nil, fmt.Errorf("column %s: %w", c.name, err)
			}
		}
		return values, nil
	}
	next := func() (row []any, err error) {
		row, reading = read()
		return row, reading
	}
	err = conn.Raw(func(driverConn any) error {
		pc, ok := driverConn.(*postgresConn)
		if !ok {
			return fmt.Errorf("a connection is a %T", driverConn)
		}
		_, err := pc.Conn.Conn().CopyFrom(ctx, pgx.Identifier{t.name}, names, pgx.CopyFromFunc(next))
		return err
	})
	return shortened, cmp.Or(reading, err, rows.Err())
}

// forPostgres converts a value of SQLite, which stores any type in any column, to the type of a column. Text becomes valid
// UTF-8 without NUL.
func forPostgres(v any, kind string, asBytes bool) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case []byte:
		if asBytes {
			return v, nil
		}
		return forPostgres(string(v), kind, false)
	case string:
		switch {
		case asBytes:
			return []byte(v), nil
		case kind == "INTEGER":
			return strconv.ParseInt(v, 10, 64)
		case kind == "REAL":
			return strconv.ParseFloat(v, 64)
		}
		return text(v), nil
	case int64:
		switch kind {
		case "INTEGER":
			return v, nil
		case "REAL":
			return float64(v), nil
		case "TEXT":
			return strconv.FormatInt(v, 10), nil
		}
	case float64:
		switch kind {
		case "INTEGER":
			return int64(v), nil
		case "REAL":
			return v, nil
		case "TEXT":
			return strconv.FormatFloat(v, 'g', -1, 64), nil
		}
	}
	return nil, fmt.Errorf("a %T is no %s", v, kind)
}

const (
	numberUsedSQL = `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?), 0)`
	isIdentitySQL = `SELECT count(*) FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ? AND column_name = ? AND is_identity = 'YES'`
)

// setIdentity lets the ids of a table go on after the highest that was given out. RESTART belongs to the transaction, unlike
// setval.
func (t table) setIdentity(ctx context.Context, from, to *sql.Tx) error {
	id := t.idColumn()
	var identities int
	if err := to.QueryRowContext(ctx, isIdentitySQL, t.name, id).Scan(&identities); err != nil || identities == 0 {
		return err
	}
	var highest, used int64
	err := errors.Join(
		to.QueryRowContext(ctx, `SELECT coalesce(max(`+quote(id)+`), 0) FROM `+quote(t.name)).Scan(&highest),
		from.QueryRowContext(ctx, numberUsedSQL, t.name).Scan(&used))
	if err != nil {
		return err
	}
	_, err = to.ExecContext(ctx, fmt.Sprintf(`ALTER TABLE %s ALTER COLUMN %s RESTART WITH %d`, quote(t.name), quote(id), max(highest, used)+1))
	return err
}

// boundedColumns are the texts in indexes, with the most bytes that are copied to PostgreSQL. Names have limits of their own
// (news.CheckName), which stored ones may break that are older than these.
var boundedColumns = map[string]map[string]int{
	"articles":        {"guid": maxKey, "outlet_name": maxOutlet, "outlet_domain": maxHost},
	"feeds":           {"url": weburl.MaxLength, "folder": maxName, "host": maxHost},
	"sources":         {"address": weburl.MaxLength, "host": maxHost},
	"pages":           {"host": maxHost},
	"page_hosts":      {"host": maxHost},
	"resting":         {"host": maxHost},
	"users":           {"name": maxName},
	"identities":      {"issuer": maxName, "subject": maxName},
	"labelled":        {"label": maxName},
	"removed_labels":  {"label": maxName},
	"removed_folders": {"folder": maxName, "became": maxName},
	"topics":          {"name": maxName, "secret": maxName},
	"alerts":          {"target": weburl.MaxLength},
	"settings":        {"key": maxName},
	"marks":           {"name": maxName},
	"subscriptions":   {"id": maxName},
	"alert_outbox":    {"id": maxName, "reason": maxName},
	"save_targets":    {"name": maxName},
	"savings":         {"id": maxName, "state": maxName},
}

// boundRow shortens the texts of a row that an index of PostgreSQL can't hold, and repairs those that are not valid UTF-8. It returns
// how many.
func (t table) boundRow(values []any) (changed int) {
	limits := boundedColumns[t.name]
	if limits == nil {
		return 0
	}
	for i, c := range t.columns {
		s, ok := values[i].(string)
		limit := limits[c.name]
		if !ok || limit == 0 {
			continue
		}
		bounded := boundKey(s, limit)
		if bounded == s {
			continue
		}
		changed++
		values[i] = bounded
		switch t.name + "." + c.name {
		case "articles.outlet_name", "articles.outlet_domain":
			values[i] = cut(text(s), limit)
		case "articles.guid":
			t.keepItemID(values, s)
		case "feeds.url":
			for j, c := range t.columns {
				switch c.name {
				case "state":
					values[j] = string(news.FeedGone)
				case "problem":
					values[j] = fmt.Sprintf("its address has %d bytes, and %d are the most; add it again under a shorter one", len(s), limit)
				}
			}
		}
	}
	return changed
}

// keepItemID stores the id of an item, which articles.guid can't hold, in item_id. An article that is older than this column
// has its address or its hash as guid where the feed gave no id.
func (t table) keepItemID(values []any, guid string) {
	row := map[string]*any{}
	for i, c := range t.columns {
		row[c.name] = &values[i]
	}
	if *row["item_id"] != nil {
		return
	}
	if *row["id_key"] == nil && (*row["url"] == guid || *row["hash"] == guid) {
		guid = ""
	}
	*row["item_id"] = guid
}
