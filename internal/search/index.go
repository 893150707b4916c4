// Package search finds articles by their words. It is the only place that knows bleve, and the home of the query language.
//
// An index is a cache of the store's log: it can always be made again. Each Put writes its articles and the mark of the
// log that they reach in one batch, so that after kill -9 the two agree and the log fills in the rest.
package search

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blevesearch/bleve/v2"

	"headwater/internal/news"
)

// Errors that callers tell apart.
var (
	// errLocked says that another process, or another Index of this one, holds the index.
	errLocked = errors.New("the index is in use by another process")
	// errClosed says that Close was called.
	errClosed = errors.New("the index is closed")
	// errDamaged says that a search met what no index should hold.
	errDamaged = errors.New("the index is damaged")
)

// The folders in the data folder.
const (
	folder    = "index.bleve"
	newFolder = "index.bleve.new" // being built by NewRebuild
	oldFolder = "index.bleve.old" // while Swap puts another in its place
	tornName  = "index.bleve.torn-"
)

// FilePattern is a pattern of what an index makes in the data folder.
const FilePattern = folder + "*"

// A batch is cut in parts of at most these many articles and bytes of text: bleve needs about 40 bytes of memory for each
// byte of text until the part is written.
const (
	maxPart      = 1000
	maxPartBytes = 2 << 20
)

var (
	markKey    = []byte("headwater:mark")
	reachKey   = []byte("headwater:reach") // the last entry of the log that any batch came from, and its epoch
	mappingKey = []byte("headwater:mapping")
)

// mappingVersion goes up whenever a document or the cutting of words changes. An index of another version is made again.
const mappingVersion = "4"

// Options are what an index may be given. The zero value works.
type Options struct {
	Logger *slog.Logger // nil discards
	// Credits gives the outlets that an article credits, for source:. Nil gives none. It is called by Put.
	Credits func(news.Article) []news.Outlet
	// Shown gives what a reader of an article sees and its title and body do not hold: it is found like the body. Nil gives
	// none. It is called by Put, and must give the same for the same article each time.
	Shown func(news.Article) string
	// Log is the log that the index follows. An index that was not made from it is begun anew when it is opened. Nil trusts
	// any index.
	Log Log
	// Verify has Open compare all checksums. Otherwise it does so only where the index was not closed, or its files changed since.
	Verify bool
	// Timeout is the longest that a search may take, waiting for its turn included. Zero means 5 s.
	Timeout time.Duration
}

// Log is the store's log, so far as an index asks for it.
type Log interface {
	LastSeq(ctx context.Context) (int64, error)
	// Epoch gives the same name for an entry as long as the log up to that entry is the same, and "" for one that it does
	// not hold.
	Epoch(ctx context.Context, seq int64) (string, error)
}

// Index is an open index. Its methods may be called at the same time.
type Index struct {
	dir, path string
	options   Options

	columns columns
	lists   lists
	turns   turns
	share   uint64 // documents that one processor looks at before a search is shared out between those that are idle
	places  atomic.Pointer[StoryTable]
	writing sync.Mutex   // held by Put and Delete: one batch at a time
	mu      sync.RWMutex // held for writing while b changes
	b       bleve.Index  // nil when closed, or when it could not be opened again after a failure
	closed  bool

	goal     int64       // the end of the log when b was opened; held by mu
	building atomic.Bool // the mark has not reached goal
}

// Open opens the index of a data folder, and makes the folder and the index where they are missing. A torn index, or one
// of another mapping version or another log, is moved aside, said once in Logger, and begun anew with mark 0.
func Open(ctx context.Context, dir string, options Options) (*Index, error) {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	x := &Index{dir: dir, path: filepath.Join(dir, folder), options: options, turns: newTurns(), share: share}
	if err := x.tidy(); err != nil {
		return nil, err
	}
	if err := x.open(ctx); err != nil {
		return nil, err
	}
	return x, nil
}

// Close ends the index once the searches and writes that run are done. Closing twice is no error.
func (x *Index) Close() error {
	x.writing.Lock()
	defer x.writing.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closed = true
	return x.release()
}

// release closes bleve's index; x.mu is held.
func (x *Index) release() error {
	if x.b == nil {
		return nil
	}
	err := x.b.Close()
	x.b = nil
	x.columns.forget()
	x.lists.forget()
	if err != nil {
		return fmt.Errorf("close index %s: %w", x.path, err)
	}
	if err := noteClosed(x.path); err != nil {
		x.options.Logger.Warn("the index could not be marked as closed; it is checked when it is opened", "index", x.path, "error", err)
	}
	return nil
}

// handle gives bleve's index, to be used while x.mu is held.
func (x *Index) handle() (bleve.Index, error) {
	if x.b != nil {
		return x.b, nil
	}
	if x.closed {
		return nil, fmt.Errorf("%s: %w", x.path, errClosed)
	}
	return nil, fmt.Errorf("index %s could not be opened again after a failed write; see the log, and start anew once the cause is mended", x.path)
}

// Watermark gives the place in the log that the index has reached: 0 when it is new.
func (x *Index) Watermark() (int64, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	b, err := x.handle()
	if err != nil {
		return 0, err
	}
	return markOf(b)
}

func markOf(b bleve.Index) (int64, error) {
	value, err := b.GetInternal(markKey)
	if err != nil || len(value) == 0 {
		return 0, err
	}
	mark, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return 0, torn("its mark can't be read: %v", err)
	}
	return mark, nil
}

// Building says that articles are missing which the log held when the index was opened, so that a search would find too few.
func (x *Index) Building() bool { return x.building.Load() }

// Count gives the number of articles in the index.
func (x *Index) Count() (uint64, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	b, err := x.handle()
	if err != nil {
		return 0, err
	}
	return b.DocCount()
}

// Size gives how many bytes the index takes on disk.
func (x *Index) Size() (size int64, err error) {
	err = filepath.WalkDir(x.path, func(_ string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // a file that a merge has just made needless
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}

// Put indexes articles, in place of what the index holds under their ids, and moves the mark. It returns when both are on
// disk. A large slice is written in parts; the mark moves with the last.
func (x *Index) Put(ctx context.Context, articles []news.Article, mark int64) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	reach, err := x.reachOf(ctx, mark)
	if err != nil {
		return err
	}
	shown := make([]string, len(articles))
	for i, a := range articles {
		shown[i] = x.shown(a)
	}
	for {
		n := part(articles, shown)
		last := n == len(articles)
		err := x.write(ctx, func(b *bleve.Batch) error {
			for i, a := range articles[:n] {
				if err := b.IndexAdvanced(makeDocument(a, shown[i], x.credits(a))); err != nil {
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
			x.reached(mark)
			return nil
		}
		articles, shown = articles[n:], shown[n:]
	}
}

// reachOf names a place in the log and its epoch.
func (x *Index) reachOf(ctx context.Context, mark int64) ([]byte, error) {
	if x.options.Log == nil {
		return strconv.AppendInt(nil, mark, 10), nil
	}
	epoch, err := x.options.Log.Epoch(ctx, mark)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%d %s", mark, epoch), nil
}

func (x *Index) reached(mark int64) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if mark >= x.goal {
		x.building.Store(false)
	}
}

func (x *Index) shown(a news.Article) string {
	if x.options.Shown == nil {
		return ""
	}
	return x.options.Shown(a)
}

// IndexedText is the text that the spans of a hit's body count in: the article's body, and behind it what is only shown.
func (x *Index) IndexedText(a news.Article) string { return wholeText(a.Body(), x.shown(a)) }

func (x *Index) credits(a news.Article) []news.Outlet {
	if x.options.Credits == nil {
		return nil
	}
	return x.options.Credits(a)
}

// part says how many of the articles go into one batch.
func part(articles []news.Article, shown []string) int {
	bytes := 0
	for i, a := range articles {
		bytes += len(a.Title) + len(a.Body()) + len(shown[i])
		if i == maxPart || i > 0 && bytes > maxPartBytes {
			return i
		}
	}
	return len(articles)
}

// Delete takes articles out of the index. Ids that it does not hold are no error.
func (x *Index) Delete(ctx context.Context, ids []int64) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	return x.write(ctx, func(b *bleve.Batch) error {
		for _, id := range ids {
			b.Delete(docID(id))
		}
		return nil
	})
}

// write runs one batch. When bleve can't write, the index is opened anew as it stands on disk: bleve would try again
// without pause for as long as it is open, and show articles that no disk holds.
func (x *Index) write(ctx context.Context, fill func(*bleve.Batch) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := x.batch(fill); err != nil {
		return errors.Join(fmt.Errorf("write to index %s: %w", x.path, err), x.reopen(ctx))
	}
	return nil
}

func (x *Index) batch(fill func(*bleve.Batch) error) error {
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
	return b.Batch(batch)
}

func (x *Index) reopen(ctx context.Context) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil
	}
	return errors.Join(x.release(), x.open(context.WithoutCancel(ctx)))
}
