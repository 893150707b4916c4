package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"headwater/internal/news"
)

// A process that does not lead asks the leader for a correction by a row in correction_requests, and waits for the answer.
// The answer is stored in the transaction of the correction. A request that is withdrawn before that is never carried out.

// CorrectionRequest is a correction that a process asks the leader for.
type CorrectionRequest struct {
	ID   int64 // 0 if the correction needs no request
	Kind string
	// IDs are: merge: stories; split: a story and the articles that leave it; forget: a correction; origin: a story, and the
	// article that is its origin unless Outlet names that.
	IDs    []int64
	Outlet string // origin: a name or a domain
}

// The kinds of a CorrectionRequest.
const (
	RequestMerge  = "merge"
	RequestSplit  = "split"
	RequestForget = "forget"
	RequestOrigin = "origin"
)

// CorrectionAnswer is what became of a CorrectionRequest. The zero value means that it waits.
type CorrectionAnswer struct {
	Done       bool
	Correction int64  // the correction that was made or forgotten; 0 if the request was refused
	Refused    string // why it was refused
	Missing    bool   // it was refused since something that it names does not exist
}

// ErrWithdrawn means that nobody waits for a correction any more. It was not made.
var ErrWithdrawn = errors.New("the request for the correction was withdrawn")

// requestFor is how long a request waits. It is longer than anybody waits for the answer.
const requestFor = time.Minute

const (
	askCorrectionSQL    = `INSERT INTO correction_requests (asked, kind, ids, outlet) VALUES (?, ?, ?, ?) RETURNING id`
	answerCorrectionSQL = `UPDATE correction_requests SET done = ?, correction = ?, refused = ?, missing = ? WHERE id = ? AND done = 0`
	correctionAnswerSQL = `SELECT done > 0, correction, refused, missing FROM correction_requests WHERE id = ?`
	dropRequestSQL      = `DELETE FROM correction_requests WHERE id = ?`
	dropOldRequestsSQL  = `DELETE FROM correction_requests WHERE asked < ?`
	waitingRequestsSQL  = `SELECT id, kind, ids, outlet FROM correction_requests WHERE done = 0 ORDER BY id`
	haveOldRequestsSQL  = `SELECT count(*) FROM correction_requests WHERE asked < ?`
)

// AskCorrection stores a request, and returns its id.
func (db *DB) AskCorrection(ctx context.Context, r CorrectionRequest) (id int64, err error) {
	err = db.write(ctx, "ask for a correction", func(ctx context.Context, t tx) error {
		now, err := t.clock(ctx, time.Now())
		if err != nil {
			return err
		}
		t.ring(AreaRequests)
		return t.scan(ctx, []any{&id}, askCorrectionSQL, now, r.Kind, idList(r.IDs), text(r.Outlet))
	})
	return id, err
}

func scanAnswer(row scanner) (a CorrectionAnswer, err error) {
	err = row.Scan(&a.Done, &a.Correction, &a.Refused, &a.Missing)
	return a, err
}

// CorrectionAnswer returns what became of a request, or news.ErrNotFound if it was withdrawn or is too old.
func (db *DB) CorrectionAnswer(ctx context.Context, id int64) (CorrectionAnswer, error) {
	return rowOf(ctx, db, "answer to a request for a correction", scanAnswer, correctionAnswerSQL, id)
}

// WithdrawCorrection removes a request, and returns what has become of it.
func (db *DB) WithdrawCorrection(ctx context.Context, id int64) (a CorrectionAnswer, err error) {
	err = db.write(ctx, "withdraw a request for a correction", func(ctx context.Context, t tx) error {
		all, err := collect(ctx, t.query, scanAnswer, correctionAnswerSQL, id)
		if err != nil {
			return err
		}
		if len(all) > 0 {
			a = all[0]
		}
		return t.exec(ctx, dropRequestSQL, id)
	})
	return a, err
}

// CorrectionRequests returns the requests that wait, in order. It removes old ones, for whose answers nobody waits.
func (db *DB) CorrectionRequests(ctx context.Context) ([]CorrectionRequest, error) {
	now, err := db.Clock(ctx, time.Now())
	if err != nil {
		return nil, err
	}
	before := millis(now.Add(-requestFor))
	if old, err := db.number(ctx, "old requests for corrections", haveOldRequestsSQL, before); err != nil {
		return nil, err
	} else if old > 0 {
		if err := db.exec(ctx, "remove old requests for corrections", dropOldRequestsSQL, before); err != nil {
			return nil, err
		}
	}
	return rowsOf(ctx, db, "requests for corrections", func(row scanner) (r CorrectionRequest, err error) {
		var ids string
		if err := row.Scan(&r.ID, &r.Kind, &ids, &r.Outlet); err != nil {
			return r, err
		}
		return r, json.Unmarshal([]byte(ids), &r.IDs)
	}, waitingRequestsSQL)
}

// RefuseCorrection answers a request that can't be carried out.
func (db *DB) RefuseCorrection(ctx context.Context, id int64, refused *news.RefusedError) error {
	return db.write(ctx, "refuse a correction", func(ctx context.Context, t tx) error {
		err := t.answer(ctx, id, CorrectionAnswer{Refused: refused.Error(), Missing: errors.Is(refused, news.ErrNotFound)})
		if errors.Is(err, ErrWithdrawn) {
			return nil
		}
		return err
	})
}

// answer stores the answer to a request, unless its id is 0. It returns ErrWithdrawn where nobody waits for it.
func (t tx) answer(ctx context.Context, id int64, a CorrectionAnswer) error {
	if id == 0 {
		return nil
	}
	now, err := t.clock(ctx, time.Now())
	if err != nil {
		return err
	}
	n, err := t.affected(ctx, answerCorrectionSQL, max(now, 1), a.Correction, text(a.Refused), a.Missing, id)
	if err == nil && n == 0 {
		return ErrWithdrawn
	}
	t.ring(AreaRequests)
	return err
}
