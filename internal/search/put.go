package search

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/blevesearch/bleve/v2"

	"headwater/internal/news"
)

// A batch is split into parts of at most this many articles and bytes of text, since bleve needs about 40 bytes of memory per
// byte of text until the part is written.
const (
	maxPart      = 1000
	maxPartBytes = 2 << 20
)

// Put indexes articles, replacing earlier versions with the same ids, and moves the watermark to mark. It returns when both are
// on disk. A large slice is written in parts, and the watermark moves with the last part.
func (x *Index) Put(ctx context.Context, articles []news.Article, mark int64) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	reach := strconv.AppendInt(nil, mark, 10)
	if x.options.Log != nil {
		epoch, err := x.options.Log.Epoch(ctx, mark)
		if err != nil {
			return err
		}
		reach = fmt.Appendf(reach, " %s", epoch)
	}
	shown := make([]string, len(articles))
	for i, a := range articles {
		shown[i] = x.options.Shown(a)
	}
	for {
		n := partSize(articles, shown)
		last := n == len(articles)
		err := x.write(ctx, func(b *bleve.Batch) error {
			for i, a := range articles[:n] {
				if err := b.IndexAdvanced(makeDocument(a, shown[i], x.options.Credits(a))); err != nil {
					return fmt.Errorf("article %d: %w", a.ID, err)
				}
			}
			b.SetInternal(reachKey, reach)
			if last {
				b.SetInternal(markKey, strconv.AppendInt(nil, mark, 10))
			}
			return nil
		})
		if err != nil {
			return err
		}
		if last {
			break
		}
		articles, shown = articles[n:], shown[n:]
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	if mark >= x.goal {
		x.building.Store(false)
	}
	return nil
}

// partSize returns the number of articles for the next batch.
func partSize(articles []news.Article, shown []string) int {
	bytes := 0
	for i, a := range articles {
		bytes += len(a.Title) + len(a.Body()) + len(shown[i])
		if i == maxPart || i > 0 && bytes > maxPartBytes {
			return i
		}
	}
	return len(articles)
}

// Delete removes articles from the index, and moves its mark in the log of removals to mark. Unknown ids are no error.
func (x *Index) Delete(ctx context.Context, ids []int64, mark int64) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	return x.write(ctx, func(b *bleve.Batch) error {
		for _, id := range ids {
			b.Delete(docID(id))
		}
		b.SetInternal(removalsKey, strconv.AppendInt(nil, mark, 10))
		return nil
	})
}

// write writes one batch. If bleve can't write, the index is reopened in its state on disk. Otherwise bleve would retry without
// pause for as long as it is open, and show articles that are not on disk. The error is news.ErrDisk, unless the index turned out
// to be damaged and has been begun anew.
func (x *Index) write(ctx context.Context, fill func(*bleve.Batch) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := func() error {
		x.mu.RLock()
		defer x.mu.RUnlock()
		b, err := x.handle()
		if err != nil {
			return err
		}
		batch := b.NewBatch()
		if err := fill(batch); err != nil {
			return err
		}
		return x.run.batch(b, batch)
	}()
	if err == nil {
		return nil
	}
	if errors.Is(err, ErrDamaged) {
		x.suspect.Store(true)
	}
	err = fmt.Errorf("write to index %s: %w", x.path, err)
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return err
	}
	return errors.Join(err, x.release(), x.open(context.WithoutCancel(ctx)))
}

// batch writes a batch, and does not wait where bleve has stopped working. Bleve reads segments for it too, to find the former
// versions of its documents.
func (r *bleveRun) batch(b bleve.Index, batch *bleve.Batch) error {
	select {
	case <-r.stopped:
		return r.error()
	default:
	}
	done := make(chan error, 1)
	go func() {
		var err error
		defer func() { done <- err }()
		defer recoverDamage(catchFaults(), &err)
		err = b.Batch(batch)
	}()
	select {
	case err := <-done:
		if err != nil && !errors.Is(err, ErrDamaged) {
			return fmt.Errorf("%w: %w", news.ErrDisk, err)
		}
		return err
	case <-r.stopped:
		return r.error()
	}
}

// error says that bleve has stopped working. The process has to end, since bleve can't be closed either.
func (r *bleveRun) error() error {
	return fmt.Errorf("%w: %w: %w; the index is checked at the next start", news.ErrDisk, ErrDamaged, r.reason)
}

// IndexedText returns the text to which the spans of a hit's body refer: the article's body, followed by the additional shown
// text.
func (x *Index) IndexedText(a news.Article) string {
	if shown := x.options.Shown(a); shown != "" {
		return a.Body() + bodySeparator + shown
	}
	return a.Body()
}
