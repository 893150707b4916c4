package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/seal"
	"headwater/internal/store/pgtest"
)

// keyFile makes a key.
func keyFile(t *testing.T) (file, id string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "secrets.key")
	id, err := seal.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	return file, id
}

// Each secret of a test begins so.
const plainMark = "PLAIN-"

// storeSecrets stores a secret of each kind and a second alert and topic, so that secrets can be swapped.
func storeSecrets(t *testing.T, db *DB) {
	t.Helper()
	addFeeds(t, db, 1)
	ctx := t.Context()
	var topics []int64
	for i := range 2 {
		id, err := db.AddTopic(ctx, news.Topic{Name: fmt.Sprint("topic", i), Query: "x", Added: day})
		if err != nil {
			t.Fatal(err)
		}
		topics = append(topics, id)
		addAlert(t, db, news.Alert{Topic: id, Kind: news.AlertNtfy, Target: "https://ntfy.example/x", Secret: fmt.Sprint(plainMark, "token", i), Added: day})
	}
	addAlert(t, db, news.Alert{Topic: topics[0], Kind: news.AlertEmail, Target: "a@news.example", Added: day}) // without a secret
	err := errors.Join(
		db.SetTopicSecret(ctx, topics[0], plainMark+"TOPIC"),
		db.AddUser(ctx, news.User{Name: "ada", Role: news.ReaderRole, Added: day}, "hash"),
		db.Subscribe(ctx, news.Subscription{ID: "callback", Feed: 1, Hub: "https://hub.example/", Topic: "https://a.example/", Secret: plainMark + "HUB", Next: day}),
	)
	if err != nil {
		t.Fatal(err)
	}
	ada, _, err := db.User(ctx, "ada")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.SetFeedSecret(ctx, ada, plainMark+"USER"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.AddSaveTarget(ctx, news.SaveTarget{
		User: ada.ID, Kind: "linkding", Name: "links", Address: "https://links.example/", Fields: map[string]string{"token": plainMark + "SAVE"}, Added: day,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.EnsurePictureKey(ctx, func() string { return plainMark + "PICTURES" }); err != nil {
		t.Fatal(err)
	}
}

// secretsCount is how many secrets storeSecrets stores.
const secretsCount = 7

// readSecrets returns the secrets as they are used, by what they are of. One that can't be found is "".
func readSecrets(t *testing.T, db *DB) map[string]string {
	t.Helper()
	ctx := t.Context()
	all := map[string]string{}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	alerts, err := db.AllAlerts(ctx)
	check(err)
	for _, a := range alerts {
		all[fmt.Sprint("alert ", a.ID)] = a.Secret
	}
	topics, err := db.AllTopics(ctx)
	check(err)
	for _, topic := range topics {
		all[topic.Name] = topic.Secret
		if topic.Secret != "" {
			found, err := db.TopicBySecret(ctx, topic.Secret)
			check(err)
			if found.ID != topic.ID {
				t.Errorf("the secret of topic %d finds topic %d", topic.ID, found.ID)
			}
		}
	}
	ada, _, err := db.User(ctx, "ada")
	check(err)
	all["ada"], err = db.FeedSecret(ctx, ada)
	check(err)
	if all["ada"] != "" {
		if found, err := db.UserByFeedSecret(ctx, all["ada"]); err != nil || found.ID != ada.ID {
			t.Errorf("ada's secret finds %+v, %v", found, err)
		}
	}
	targets, err := db.SaveTargets(ctx, ada.ID)
	check(err)
	for _, target := range targets {
		all[target.Name] = target.Fields["token"]
	}
	for _, wrong := range []string{"", "x", plainMark, plainMark + "TOPIC~", plainMark + "topi", "sealed1:", plainMark + "HUB"} {
		if found, err := db.TopicBySecret(ctx, wrong); !errors.Is(err, news.ErrNotFound) {
			t.Errorf("the secret %q finds the topic %+v, %v", wrong, found, err)
		}
		if found, err := db.UserByFeedSecret(ctx, wrong); !errors.Is(err, news.ErrNotFound) {
			t.Errorf("the secret %q finds the user %+v, %v", wrong, found, err)
		}
	}
	due, err := db.DueSubscriptions(ctx, day)
	check(err)
	for _, s := range due {
		all["hub"] = s.Secret
	}
	all["pictures"], err = db.EnsurePictureKey(ctx, func() string { return plainMark + "NEW" })
	check(err)
	return all
}

var usedSecrets = map[string]string{
	"alert 1": plainMark + "token0", "alert 2": plainMark + "token1", "alert 3": "", "topic0": plainMark + "TOPIC", "topic1": "",
	"links": plainMark + "SAVE", "ada": plainMark + "USER", "hub": plainMark + "HUB", "pictures": plainMark + "PICTURES",
}

// storedPlain returns the tables in which a secret is stored as it is.
func storedPlain(t *testing.T, db *DB) (tables []string) {
	t.Helper()
	for table, rows := range allRows(t, backedUp(t, db)) {
		if strings.Contains(strings.Join(rows, "\n"), plainMark) {
			tables = append(tables, table)
		}
	}
	slices.Sort(tables)
	return tables
}

// TestSecrets turns encryption on, changes the key, and turns it off. Everybody reads the same secrets all the time.
func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	first, firstID := keyFile(t)
	second, secondID := keyFile(t)
	everywhere := []string{"alerts", "save_targets", "settings", "subscriptions", "topics", "users"}
	reseal := func(file string) func(*DB) error {
		return func(db *DB) error {
			if n, err := db.ResealSecrets(t.Context(), file); n != secretsCount || err != nil {
				return fmt.Errorf("%d secrets changed: %w", n, err)
			}
			return nil
		}
	}
	for _, step := range []struct {
		name, keyFile string
		do            func(*DB) error
		id            string // of the key afterwards
		plain         []string
	}{
		{"without a key", "", func(db *DB) error { storeSecrets(t, db); return nil }, "", everywhere},
		{"the first start with a key", first, nil, firstID, nil},
		{"the next one", first, nil, firstID, nil},
		{"another key", first, reseal(second), secondID, nil},
		{"a start with the other key", second, nil, secondID, nil},
		{"decrypted", second, reseal(""), "", everywhere},
		{"without a key again", "", nil, "", everywhere},
	} {
		o.KeyFile = step.keyFile
		db, err := Open(t.Context(), dir, o)
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if step.do != nil {
			if err := step.do(db); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
		}
		if diff := cmp.Diff(usedSecrets, readSecrets(t, db)); diff != "" {
			t.Errorf("%s: secrets differ:\n%s", step.name, diff)
		}
		if diff := cmp.Diff(step.plain, storedPlain(t, db)); diff != "" {
			t.Errorf("%s: tables with plain secrets:\n%s", step.name, diff)
		}
		want := Secrets{Key: step.id, All: secretsCount}
		if step.id == "" {
			want.Plain = secretsCount
		}
		got, err := db.CheckSecrets(t.Context())
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", step.name, err, diff)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSecretsAreErased looks for former secrets in the files of SQLite.
func TestSecretsAreErased(t *testing.T) {
	if pgtest.OnPostgreSQL() {
		t.Skip("PostgreSQL keeps what was replaced")
	}
	dir := t.TempDir()
	o := options(t, dir)
	found := func() (files []string) {
		paths, err := filepath.Glob(filepath.Join(dir, File+"*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(content, []byte(plainMark)) {
				files = append(files, filepath.Base(path))
			}
		}
		return files
	}
	db, err := Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	storeSecrets(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if len(found()) == 0 {
		t.Fatal("the test does not find secrets that are stored as they are")
	}
	o.KeyFile, _ = keyFile(t)
	db = openWith(t, dir, o)
	if files := found(); files != nil {
		t.Errorf("a secret is left in %s", files)
	}
	if diff := cmp.Diff(usedSecrets, readSecrets(t, db)); diff != "" {
		t.Error(diff)
	}
}

// TestNodesWithOtherKeys opens a database of no secrets with two keys, one after the other found that there is none.
func TestNodesWithOtherKeys(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	o.KeyFile, _ = keyFile(t)
	db := openWith(t, dir, o)
	other, _ := keyFile(t)
	key, err := seal.Read(other)
	if err != nil {
		t.Fatal(err)
	}
	late := db.key
	db.key = nil // as of a node that read the setting before the first node wrote it
	_, err = db.resealAll(t.Context(), key)
	saysAll(t, err, late.ID(), "all nodes need the same one")
	if n, err := db.resealAll(t.Context(), late); n != 0 || err != nil {
		t.Errorf("the same key: %d, %v", n, err)
	}
}

// TestSecretsStoredWithKey stores secrets in a database that has a key already.
func TestSecretsStoredWithKey(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	o.KeyFile, _ = keyFile(t)
	db := openWith(t, dir, o)
	storeSecrets(t, db)
	if diff := cmp.Diff(usedSecrets, readSecrets(t, db)); diff != "" {
		t.Error(diff)
	}
	if plain := storedPlain(t, db); plain != nil {
		t.Errorf("plain secrets in %s", plain)
	}
	alert, err := db.Alert(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	alert.Secret = plainMark + "changed"
	if err := db.ChangeAlert(t.Context(), alert, day); err != nil {
		t.Fatal(err)
	}
	if got, err := db.Alert(t.Context(), 1); got.Secret != alert.Secret || err != nil {
		t.Errorf("%q, %v", got.Secret, err)
	}
	if plain := storedPlain(t, db); plain != nil {
		t.Errorf("plain secrets in %s after a change", plain)
	}
	alert.Secret = "sealed1:x"
	var wrong *news.AlertError
	if err := db.ChangeAlert(t.Context(), alert, day); !errors.As(err, &wrong) {
		t.Errorf("a secret that looks encrypted is stored: %v", err)
	}
	if from, to := topicSecret.bounds(nil, topicSecret.seal(db.key, int64(1), plainMark+"TOPIC")); from != to || from != "" {
		t.Errorf("a process without the key finds a topic by its encrypted secret: %q to %q", from, to)
	}
	for _, id := range []int64{0, 99} {
		if err := db.SetTopicSecret(t.Context(), id, "x"); !errors.Is(err, news.ErrNotFound) {
			t.Errorf("a secret for topic %d: %v", id, err)
		}
	}
}

// TestDamagedSecrets alters and swaps what is stored. The rest goes on, and what is damaged is named.
func TestDamagedSecrets(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	o.KeyFile, _ = keyFile(t)
	db := openWith(t, dir, o)
	storeSecrets(t, db)
	for _, statement := range []string{
		`UPDATE alerts SET secret = (SELECT a.secret FROM alerts AS a WHERE a.id = 2) WHERE id = 1`,
		`UPDATE topics SET secret = secret || 'AAAA' WHERE secret <> ''`,
		`UPDATE users SET feed_secret = substr(feed_secret, 1, length(feed_secret) - 8) WHERE feed_secret <> ''`,
		`UPDATE subscriptions SET secret = (SELECT a.secret FROM alerts AS a WHERE a.id = 2)`,
		`UPDATE save_targets SET secret = (SELECT a.secret FROM alerts AS a WHERE a.id = 2)`,
		`UPDATE settings SET value = value || 'AAAA' WHERE key = 'picture key'`,
	} {
		if err := db.exec(t.Context(), "damage", statement); err != nil {
			t.Fatal(err)
		}
	}
	got, err := db.CheckSecrets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{
		"alerts.secret:1", "subscriptions.secret:callback", "topics.secret:1", "users.feed_secret:1", "save_targets.secret:1", "settings.value:picture key",
	}, got.Lost); diff != "" {
		t.Error(diff)
	}
	alerts, err := db.AllAlerts(t.Context())
	if err != nil || alerts[0].Secret != news.DamagedSecret || alerts[1].Secret != plainMark+"token1" {
		t.Errorf("alerts %+v, %v", alerts, err)
	}
	topics, err := db.AllTopics(t.Context())
	if err != nil || len(topics) != 2 || topics[0].Secret != "" {
		t.Errorf("topics %+v, %v", topics, err)
	}
	if due, err := db.DueSubscriptions(t.Context(), day); len(due) != 1 || !due[0].Ending || due[0].Secret != "" || err != nil {
		t.Errorf("the hub is not asked to unsubscribe: %+v, %v", due, err)
	}
	if s, err := db.Subscription(t.Context(), "callback"); !s.Ending || err != nil {
		t.Errorf("what the hub pushes is taken: %+v, %v", s, err)
	}
	if s, err := db.SubscriptionOf(t.Context(), 1); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("the feed has a subscription: %+v, %v", s, err)
	}
	if targets, err := db.SaveTargets(t.Context(), 1); len(targets) != 1 || len(targets[0].Fields) > 0 || err != nil {
		t.Errorf("targets %+v, %v", targets, err)
	}
	for range 2 {
		if key, err := db.EnsurePictureKey(t.Context(), func() string { return plainMark + "NEW" }); key != plainMark+"NEW" || err != nil {
			t.Errorf("the key of pictures: %q, %v", key, err)
		}
	}
	_, err = db.ResealSecrets(t.Context(), "")
	saysAll(t, err, "alerts.secret:1", "set it again first")
}

// TestMissingKeys opens a database and restores a backup without the right key. Nothing changes, and the error says what to do.
func TestMissingKeys(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	right, id := keyFile(t)
	wrong, wrongID := keyFile(t)
	o.KeyFile = right
	db, err := Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	storeSecrets(t, db)
	backup := backedUp(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	gone := filepath.Join(t.TempDir(), "gone.key")
	public := filepath.Join(t.TempDir(), "public.key")
	key, err := os.ReadFile(right)
	if err := errors.Join(err, os.WriteFile(public, key, 0o600), os.Chmod(public, 0o644)); err != nil {
		t.Fatal(err)
	}
	noKey := filepath.Join(t.TempDir(), "no.key")
	if err := os.WriteFile(noKey, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	restored := t.TempDir()
	for _, tt := range []struct {
		name, file string
		says       []string
	}{
		{"none", "", []string{id, "name the file with that key in secrets.key_file", "Nothing is lost", "secrets forget"}},
		{"gone", gone, []string{id, gone, "Put the file back", "Nothing is lost", "secrets forget"}},
		{"wrong", wrong, []string{id, wrong + ") has the key " + wrongID, "Nothing is lost"}},
		{"readable by all", public, []string{id, "chmod 600"}},
		{"no key", noKey, []string{id, "there is no key in the file", "Nothing is lost"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := o
			o.KeyFile = tt.file
			_, err := Open(t.Context(), dir, o)
			saysAll(t, err, tt.says...)
			err = Restore(t.Context(), backup, restored, RestoreOptions{KeyFile: tt.file})
			saysAll(t, err, "the backup", id)
			if entries, err := os.ReadDir(restored); len(entries) > 0 || err != nil {
				t.Errorf("the refused restore left %v, %v", entries, err)
			}
		})
	}
	o.KeyFile, o.ForgetSecrets = public, true
	_, err = Open(t.Context(), dir, o) // the key is there: nothing is forgotten
	saysAll(t, err, id, "chmod 600")
	o.ForgetSecrets = false
	saysAll(t, Restore(t.Context(), backup, restored, RestoreOptions{KeyFile: public, ForgetSecrets: true}), id, "chmod 600")
	empty := t.TempDir()
	fresh := options(t, empty)
	fresh.KeyFile = gone
	_, err = Open(t.Context(), empty, fresh)
	saysAll(t, err, "headwater secrets key "+gone)

	o.KeyFile = right
	db = openWith(t, dir, o)
	if diff := cmp.Diff(usedSecrets, readSecrets(t, db)); diff != "" {
		t.Errorf("with the right key again:\n%s", diff)
	}
	if err := Restore(t.Context(), backup, restored, RestoreOptions{KeyFile: right}); err != nil {
		t.Fatal(err)
	}
	copied := openWith(t, restored, Options{KeyFile: right})
	if diff := cmp.Diff(usedSecrets, readSecrets(t, copied)); diff != "" {
		t.Errorf("restored:\n%s", diff)
	}
}

// TestForgottenSecrets removes the secrets whose key is lost, and nothing else.
func TestForgottenSecrets(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	o.KeyFile, _ = keyFile(t)
	db, err := Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	storeSecrets(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	o.KeyFile = ""
	o.ForgetSecrets = true
	db = openWith(t, dir, o)
	want := map[string]string{"alert 1": news.DamagedSecret, "alert 2": news.DamagedSecret, "alert 3": "", "topic0": "", "topic1": "", "ada": "", "links": "", "pictures": plainMark + "NEW"}
	if diff := cmp.Diff(want, readSecrets(t, db)); diff != "" {
		t.Error(diff)
	}
	got, err := db.CheckSecrets(t.Context())
	if diff := cmp.Diff(Secrets{All: 4, Plain: 4, Lost: []string{"alerts.secret:1", "alerts.secret:2", "save_targets.secret:1"}}, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	alert, err := db.Alert(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	alert.Secret = plainMark + "again"
	if err := db.ChangeAlert(t.Context(), alert, day); err != nil {
		t.Fatal(err)
	}
	if got, err := db.CheckSecrets(t.Context()); len(got.Lost) != 2 || err != nil {
		t.Errorf("an alert with a new secret: %+v, %v", got, err)
	}
}

// TestColumnsOfSecrets looks at the names of all columns: what reads as a secret is encrypted, or is a hash.
func TestColumnsOfSecrets(t *testing.T) {
	hashes := []string{"users.password", "user_tokens.hash", "api_tokens.hash", "sessions.hash"}
	noSecrets := []string{"articles.hash", "aged_items.hash", "pages.hash", "vectors.hash"} // of texts
	covered := slices.Concat(hashes, noSecrets)
	for _, c := range secretColumns {
		covered = append(covered, c.table+"."+c.column)
	}
	const columnsOfAllSQL = `SELECT s.name || '.' || c.name FROM sqlite_schema AS s JOIN pragma_table_info(s.name) AS c WHERE s.type = 'table'`
	all, err := collect(t.Context(), openWith(t, t.TempDir(), Options{}).reader.QueryContext, scanText, columnsOfAllSQL)
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`secret|token|password|credential|cookie|login|hash`)
	var open []string
	for _, column := range all {
		if _, name, _ := strings.Cut(column, "."); named.MatchString(name) && !slices.Contains(covered, column) {
			open = append(open, column)
		}
	}
	if open != nil {
		t.Errorf("secretColumns or a list of this test has to name %s", open)
	}
}

// TestKeyChangedBeside lets a node go on while another one encrypts the secrets. It can neither read nor store one.
func TestKeyChangedBeside(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("one process at a time works on SQLite")
	}
	dir := t.TempDir()
	o := options(t, dir)
	old := openWith(t, dir, o)
	storeSecrets(t, old)
	var id string
	o.KeyFile, id = keyFile(t)
	openWith(t, t.TempDir(), o)
	_, err := old.AllAlerts(t.Context())
	saysAll(t, err, "alerts.secret:1", id, "this process has none", "secrets.key_file")
	saysAll(t, old.SetTopicSecret(t.Context(), 2, plainMark+"LATE"), "topics.secret:2", "was changed while this process ran")
	_, err = old.CheckSecrets(t.Context())
	saysAll(t, err, "was changed while this process ran")
	if plain := storedPlain(t, old); plain != nil {
		t.Errorf("plain secrets in %s", plain)
	}
}
