package store

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// TestEpochsAreBounded begins more epochs than are remembered. Entries of the newest ones keep theirs.
func TestEpochsAreBounded(t *testing.T) {
	db := newsroom(t, 3)
	newest := db.epoch
	begin := func(id string, first int64) {
		t.Helper()
		db.epoch = id
		if err := db.write(t.Context(), "begin", func(ctx context.Context, x tx) error { return x.beginEpoch(ctx, first) }); err != nil {
			t.Fatal(err)
		}
	}
	for i := range int64(keptEpochs + 20) {
		begin(fmt.Sprint("run ", i), i-keptEpochs-40)
	}
	n, err := db.number(t.Context(), "epochs", `SELECT count(*) FROM epochs`)
	if err != nil || n != keptEpochs {
		t.Errorf("%d epochs, want %d (%v)", n, keptEpochs, err)
	}
	if id, err := db.Epoch(t.Context(), 2); err != nil || id != newest {
		t.Errorf("entry 2 is of %q (%v)", id, err)
	}
}

// TestHostsWithoutPagesAreForgotten when their quota period is over.
func TestHostsWithoutPagesAreForgotten(t *testing.T) {
	db := newsroom(t, 2)
	queue(t, db, "x")
	q := PageQuota{Now: day, Period: time.Hour, PerHost: 3, Limit: 2}
	claimed(t, db, q, 1)
	if err := db.SavePage(t.Context(), Page{Article: 1, Hash: "h", Host: "x", Asked: day, State: "broken"}, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int64{1, 0} { // the host is remembered for the rest of the hour
		queue(t, db) // queues nothing
		if _, err := db.writer.ExecContext(t.Context(), `UPDATE page_hosts SET waiting = 1, free = 0`); err != nil {
			t.Fatal(err)
		}
		claimed(t, db, q)
		if n, err := db.number(t.Context(), "hosts", `SELECT count(*) FROM page_hosts`); err != nil || n != want {
			t.Errorf("%d hosts, want %d (%v)", n, want, err)
		}
		q.Now = q.Now.Add(time.Hour)
	}
}
