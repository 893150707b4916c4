package search

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	segapi "github.com/blevesearch/scorch_segment_api/v2"
	bolterrors "go.etcd.io/bbolt/errors"

	"headwater/internal/news"
)

// errClosed means that Close was called.
var errClosed = errors.New("the index is closed")

// FilePattern matches the names that an index uses in the data folder.
const FilePattern = folder + "*"

// Keys of bleve's internal values.
var (
	markKey    = []byte("headwater:mark")
	reachKey   = []byte("headwater:reach") // the last log entry from which any batch came, and its epoch
	mappingKey = []byte("headwater:mapping")

	removalsKey = []byte("headwater:removals")
)

// mappingVersion changes whenever documents or the splitting of words change. An index of another version is rebuilt.
const mappingVersion = "4"

const outdated = "it was made by another version of headwater"

// Options configure an index. The zero value works.
type Options struct {
	Logger *slog.Logger // nil discards messages
	// Credits returns the outlets that an article credits, for source:. Nil means none. Put calls it.
	Credits func(news.Article) []news.Outlet
	// Shown returns text that readers of an article see in addition to its title and body. This text is searched like the body.
	// Nil means none. Put calls it, and it must always return the same for the same article.
	Shown func(news.Article) string
	// Outlet returns the outlet that a name and a domain stand for, and whether it is known. Facets have one value for it, whatever
	// names and domains its articles have. Nil knows none.
	Outlet func(news.Outlet) (news.Outlet, bool)
	// Log is the log that the index follows. When an index is opened that was made from another log, it is rebuilt from
	// scratch. Nil accepts any index.
	Log logReader
	// Verify makes Open compare all checksums. Otherwise Open does so only if the index was not closed or its files have
	// changed since.
	Verify bool
	// Timeout is the maximum duration of a search, including the wait for a free processor. Zero means 5 s.
	Timeout time.Duration
}

// logReader is the part of the store's log that an index needs.
type logReader interface {
	LastSeq(ctx context.Context) (int64, error)
	// Epoch returns a name for an entry that stays the same as long as the log up to that entry is the same. It returns "" for
	// an entry that the log does not hold.
	Epoch(ctx context.Context, seq int64) (string, error)
}

// Index is an open index. It is safe for concurrent use.
type Index struct {
	dir, path string
	options   Options

	forward forwardCache
	outlets outletCache
	lists   hitLists
	kept    keptResults
	limiter limiter
	share   uint64 // documents per processor from which a search is divided among idle processors
	stories atomic.Pointer[StoryTable]
	writing sync.Mutex   // held by Put and Delete, so that one batch is written at a time
	mu      sync.RWMutex // held for writing while b changes
	b       bleve.Index  // nil when closed, or when it could not be opened again after a failure
	closed  bool

	trusted bool        // opened without a look at the checksums; guarded by mu
	suspect atomic.Bool // a search or a write met damage
	checked bool        // the files of a suspect index were found intact; guarded by mu
	run     *bleveRun   // of b; guarded by mu

	goal     int64       // the end of the log when b was opened; guarded by mu
	building atomic.Bool // the watermark has not reached goal
}

// limiter limits the number of concurrent searches to the number of processors. Further searches wait in order. More concurrent
// searches would not be faster and would hold more lists of matches.
type limiter chan struct{}

func (l limiter) acquire(ctx context.Context) error {
	select {
	case l <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// acquireIdle takes up to n free places, and returns the number taken.
func (l limiter) acquireIdle(n int) int {
	for i := range n {
		select {
		case l <- struct{}{}:
		default:
			return i
		}
	}
	return n
}

func (l limiter) release() { <-l }

// minShare is the default of Index.share. A search of fewer documents is so fast that dividing it gains nothing.
const minShare = 50_000

func newIndex(dir, name string, options Options) *Index {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Credits == nil {
		options.Credits = func(news.Article) []news.Outlet { return nil }
	}
	if options.Shown == nil {
		options.Shown = func(news.Article) string { return "" }
	}
	return &Index{dir: dir, path: filepath.Join(dir, name), options: options, limiter: make(limiter, runtime.GOMAXPROCS(0)), share: minShare, kept: keptResults{from: keptFrom}}
}

// Open opens the index of a data folder. It creates the folder and the index if they are missing. A torn index, or an index of
// another mapping version or another log, is moved aside and replaced by a new one with watermark 0. This is logged once.
func Open(ctx context.Context, dir string, options Options) (*Index, error) {
	x := newIndex(dir, folder, options)
	if err := finishSwap(dir); err != nil {
		return nil, err
	}
	if err := x.open(ctx); err != nil {
		return nil, err
	}
	return x, nil
}

// NewRebuild makes an empty index next to the data folder's current index, which is not changed. Fill the new index with Put,
// and replace the current one with Swap. The remains of an unfinished rebuild are removed.
func NewRebuild(ctx context.Context, dir string, options Options) (*Index, error) {
	x := newIndex(dir, newFolder, options)
	if inUse(x.path) {
		return nil, lockedError(x.path)
	}
	if err := os.RemoveAll(x.path); err != nil {
		return nil, fmt.Errorf("remove an unfinished index: %w", err)
	}
	if err := x.open(ctx); err != nil {
		return nil, err
	}
	return x, nil
}

// Swap replaces the data folder's index by an index from NewRebuild and removes the old one. The new index stays usable. The
// old index must be closed; otherwise nothing is changed. After a crash in between, one of the two indexes is complete, and
// Open finishes the swap.
func (x *Index) Swap(ctx context.Context) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, err := x.handle(); err != nil {
		return err
	}
	target, old := filepath.Join(x.dir, folder), filepath.Join(x.dir, oldFolder)
	if x.path == target {
		return nil
	}
	if inUse(target) {
		return lockedError(target)
	}
	if err := x.release(); err != nil {
		return err
	}
	if err := replaceFolder(x.path, target, old); err != nil {
		return errors.Join(fmt.Errorf("put the new index in its place: %w", err), x.open(ctx))
	}
	x.path = target
	return errors.Join(syncDir(x.dir), os.RemoveAll(old), x.open(context.WithoutCancel(ctx)))
}

// Close closes the index after the running searches and writes have finished. A second Close is no error.
func (x *Index) Close() error {
	x.writing.Lock()
	defer x.writing.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closed = true
	return x.release()
}

// release closes bleve's index. x.mu is held.
func (x *Index) release() error {
	if x.b == nil {
		return nil
	}
	bleveRuns.CompareAndDelete(bleveFolder(x.path), x.run)
	err := x.closeBleve()
	x.b = nil
	x.forward.forget()
	x.lists.forget()
	if err != nil {
		return fmt.Errorf("close index %s: %w", x.path, err)
	}
	if x.suspect.Load() {
		return nil // without the marker it is checked when it is opened
	}
	if err := writeCloseMarker(x.path); err != nil {
		x.options.Logger.Warn("the index could not be marked as closed; it is checked when it is opened", "index", x.path, "error", err)
	}
	return nil
}

// closeWait is how long to wait for bleve to close after it has stopped working. It may wait for ever.
const closeWait = 2 * time.Second

// closeBleve closes bleve's index. x.mu is held.
func (x *Index) closeBleve() (err error) {
	select {
	case <-x.run.stopped:
	default:
		defer recoverDamage(catchFaults(), &err)
		return x.b.Close()
	}
	done := make(chan error, 1)
	go func(b bleve.Index) {
		var err error
		defer func() { done <- err }()
		defer recoverDamage(catchFaults(), &err)
		err = b.Close()
	}(x.b)
	select {
	case err := <-done:
		return err
	case <-time.After(closeWait):
		return fmt.Errorf("bleve has stopped working: %w", x.run.reason)
	}
}

// Check compares the files of an index that was opened without that with their checksums. It does so too after a search or a write
// met damage. A damaged index is begun anew, as by Open. Searches go on during the first comparison. It is called before the
// first Put: a merge gives what it reads of a damaged segment a right checksum, and a fault in it ends the process.
func (x *Index) Check(ctx context.Context) error {
	paths, err := x.unchecked()
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := verifySegment(path)
		if _, gone := os.Stat(path); errors.Is(gone, fs.ErrNotExist) {
			continue // merged meanwhile
		}
		var damage *tornError
		if errors.As(err, &damage) {
			x.suspect.Store(true)
		} else if err != nil {
			return err
		}
	}
	if !x.suspect.Load() {
		return nil
	}
	x.writing.Lock()
	defer x.writing.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.checked || x.b == nil { // what searches met is an error of the program
		return nil
	}
	err = x.release()
	if err == nil {
		err = x.open(context.WithoutCancel(ctx))
	}
	if err != nil {
		return fmt.Errorf("%w: check index %s: %w", news.ErrDisk, x.path, err)
	}
	mark, err := watermark(x.b)
	x.checked = err == nil && mark > 0 // else it was begun anew
	return err
}

// unchecked returns the files of the segments in use, once after the index was opened without comparing them.
func (x *Index) unchecked() (paths []string, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.b == nil || !x.trusted {
		return nil, nil
	}
	x.trusted = false
	inner, err := x.b.Advanced()
	if err != nil {
		return nil, err
	}
	r, err := inner.Reader()
	if err != nil {
		return nil, err
	}
	if s, ok := r.(*scorch.IndexSnapshot); ok {
		for _, part := range s.Segments() {
			if file, ok := part.Segment().(segapi.PersistedSegment); ok {
				paths = append(paths, file.Path())
			}
		}
	}
	return paths, r.Close()
}

// bleveRun is what bleve says of the goroutines of one open index. If one of them panics it ends, and bleve lets whoever needs it
// wait for ever.
type bleveRun struct {
	once    sync.Once
	reason  error         // of the panic
	stopped chan struct{} // closed after reason is set
}

// bleveRuns are the runs of open indexes, by bleveFolder.
var bleveRuns sync.Map

// bleveFolder returns the folder of an index that bleve calls its path.
func bleveFolder(path string) string { return filepath.Join(path, "store") }

// panicCallback names the function in scorch's configuration that hears of panics.
const panicCallback = "headwater"

func init() { //nolint:gochecknoinits // scorch reads this map without a lock
	scorch.RegistryAsyncErrorCallbacks[panicCallback] = func(err error, path string) {
		run, ok := bleveRuns.Load(path)
		if r, is := run.(*bleveRun); ok && is && errors.Is(err, scorch.ErrAsyncPanic) {
			r.once.Do(func() {
				r.reason = err
				close(r.stopped)
			})
		}
	}
}

// handle returns bleve's index, for use while x.mu is held.
func (x *Index) handle() (bleve.Index, error) {
	if x.b != nil {
		return x.b, nil
	}
	if x.closed {
		return nil, fmt.Errorf("%s: %w", x.path, errClosed)
	}
	return nil, fmt.Errorf("index %s could not be opened again after a failed write; see the log, and start anew once the cause is mended", x.path)
}

// SetStories sets the stories of articles for searches. Without it articles belong to no story.
func (x *Index) SetStories(t *StoryTable) { x.stories.Store(t) }

// Watermark returns the log entry that the index has reached: 0 for a new index.
func (x *Index) Watermark() (int64, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	b, err := x.handle()
	if err != nil {
		return 0, err
	}
	return watermark(b)
}

func watermark(b bleve.Index) (int64, error) {
	mark, _, err := readMark(b, markKey, "mark")
	return mark, err
}

// readMark reads a number that is stored in the index under a key. It returns false if there is none. name is for errors.
func readMark(b bleve.Index, key []byte, name string) (mark int64, ok bool, err error) {
	value, err := b.GetInternal(key)
	if err != nil || len(value) == 0 {
		return 0, false, err
	}
	if mark, err = strconv.ParseInt(string(value), 10, 64); err != nil {
		return 0, false, torn("its %s can't be read: %v", name, err)
	}
	return mark, true, nil
}

// RemovalMark returns the entry of the log of removals that the index has reached. A new index has none, and neither has one
// of a version without that log.
func (x *Index) RemovalMark() (mark int64, ok bool, err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	b, err := x.handle()
	if err != nil {
		return 0, false, err
	}
	return readMark(b, removalsKey, "mark of removals")
}

// EachArticle calls take with the ids of the articles in the index, some thousands at a time, as of when it began.
func (x *Index) EachArticle(ctx context.Context, take func(ids []int64) error) (err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	b, err := x.handle()
	if err != nil {
		return err
	}
	defer func() {
		if errors.Is(err, ErrDamaged) {
			x.suspect.Store(true)
		}
	}()
	defer recoverDamage(catchFaults(), &err)
	advanced, err := b.Advanced()
	if err != nil {
		return err
	}
	reader, err := advanced.Reader()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	all, err := reader.DocIDReaderAll()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, all.Close()) }()
	ids := make([]int64, 0, idChunk)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		internal, err := all.Next()
		if err != nil {
			return err
		}
		if internal != nil {
			external, err := reader.ExternalID(internal)
			if err != nil {
				return err
			}
			id, err := strconv.ParseInt(external, 10, 64)
			if err != nil {
				return torn("its document %q is no article", external)
			}
			ids = append(ids, id)
		}
		if len(ids) == idChunk || internal == nil && len(ids) > 0 {
			if err := take(ids); err != nil {
				return err
			}
			ids = ids[:0]
		}
		if internal == nil {
			return nil
		}
	}
}

// idChunk is the number of ids that EachArticle gives at once.
const idChunk = 5000

// Building reports whether the index still lacks articles that the log held when the index was opened. A search would find too
// few articles.
func (x *Index) Building() bool { return x.building.Load() }

// Count returns the number of articles in the index.
func (x *Index) Count() (uint64, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	b, err := x.handle()
	if err != nil {
		return 0, err
	}
	return b.DocCount()
}

// Size returns the size of the index on disk in bytes.
func (x *Index) Size() (size int64, err error) {
	err = filepath.WalkDir(x.path, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			var info fs.FileInfo
			if info, err = d.Info(); err == nil {
				size += info.Size()
			}
		}
		if errors.Is(err, fs.ErrNotExist) { // a merge has just removed the file
			return nil
		}
		return err
	})
	return size, err
}

// scorchConfig is the configuration of scorch. Batches are safe: Put returns when they are on disk. Unsafe batches were 5 to
// 10% faster, but hide a full disk.
func scorchConfig() map[string]any {
	return map[string]any{"bolt_timeout": lockWait.String(), "numSnapshotsToKeep": 1, "asyncErrorCallbackName": panicCallback}
}

// open sets x.b, which is nil, to the index at x.path, or to a new index if there is none or it can't be used.
func (x *Index) open(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.MkdirAll(x.dir, 0o700); err != nil {
		return fmt.Errorf("data folder of the index: %w", err)
	}
	x.run = &bleveRun{stopped: make(chan struct{})}
	bleveRuns.Store(bleveFolder(x.path), x.run)
	b, err := x.openExisting(ctx)
	var damage *tornError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		b, err = create(x.path)
	case errors.As(err, &damage):
		b, err = x.replace(damage)
	}
	if err != nil {
		bleveRuns.CompareAndDelete(bleveFolder(x.path), x.run)
		return err
	}
	x.b, x.goal = b, 0
	x.suspect.Store(false)
	if x.options.Log != nil { // searches must know whether the index has reached the end of the log
		if x.goal, err = x.options.Log.LastSeq(ctx); err != nil {
			return errors.Join(err, x.release())
		}
	}
	mark, err := watermark(b)
	if err != nil {
		return errors.Join(err, x.release())
	}
	x.building.Store(mark < x.goal)
	return nil
}

// openExisting opens the index at x.path. Unless the index is unchanged since it was closed, all files are verified before
// bleve maps them into memory. A truncated file would otherwise end the process.
func (x *Index) openExisting(ctx context.Context) (b bleve.Index, err error) {
	path := x.path
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			b, err = nil, torn("reading it panicked: %v", r)
		}
	}()
	sound, err := takeCloseMarker(path)
	if err != nil {
		return nil, err
	}
	x.trusted = sound && !x.options.Verify
	if !x.trusted {
		if err := verify(path); err != nil {
			return nil, err
		}
	}
	b, err = bleve.OpenUsing(path, scorchConfig())
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, lockedError(path)
	case err != nil && fromMachine(err):
		return nil, fmt.Errorf("open index %s: %w", path, err)
	case err != nil:
		return nil, torn("bleve can't open it: %v", err)
	}
	if err := x.checkOrigin(ctx, b); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// checkOrigin returns a tornError if the index has another mapping version, or if any of its batches came from another log.
func (x *Index) checkOrigin(ctx context.Context, b bleve.Index) error {
	version, err := b.GetInternal(mappingKey)
	if err != nil {
		return err
	}
	if len(version) == 0 { // bleve begins an empty index where it can load no snapshot
		return torn("no snapshot of it can be loaded")
	}
	if string(version) != mappingVersion {
		return &tornError{outdated, true}
	}
	mark, err := watermark(b)
	if err != nil || x.options.Log == nil {
		return err
	}
	reach, err := b.GetInternal(reachKey)
	if err != nil || len(reach) == 0 && mark == 0 {
		return err
	}
	number, epoch, _ := strings.Cut(string(reach), " ")
	seq, err := strconv.ParseInt(number, 10, 64)
	if err != nil || epoch == "" || seq < mark {
		return &tornError{"it does not say which database it was made from", true}
	}
	switch now, err := x.options.Log.Epoch(ctx, seq); {
	case err != nil:
		return err
	case now == "":
		return &tornError{fmt.Sprintf("it reaches to entry %d of a log, and the database's ends before", seq), true}
	case now != epoch:
		return &tornError{fmt.Sprintf("entry %d of the log is another in the database than when it was indexed", seq), true}
	}
	return nil
}

func create(path string) (bleve.Index, error) {
	m := bleve.NewIndexMapping()
	m.DefaultMapping = bleve.NewDocumentStaticMapping()
	m.StoreDynamic, m.IndexDynamic, m.DocValuesDynamic = false, false, false
	b, err := bleve.NewUsing(path, m, scorch.Name, scorch.Name, scorchConfig())
	if err == nil {
		if err = b.SetInternal(mappingKey, []byte(mappingVersion)); err != nil {
			err = errors.Join(err, b.Close())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("make index %s: %w", path, err)
	}
	return b, nil
}

// replace moves a torn index aside and makes a new one. Only the latest torn index is kept, for examination. An index that only
// has another mapping version or another log is not kept.
func (x *Index) replace(damage *tornError) (bleve.Index, error) {
	aside := filepath.Join(x.dir, tornName+time.Now().UTC().Format("20060102T150405.000"))
	before, err := filepath.Glob(filepath.Join(x.dir, tornName+"*"))
	if err != nil {
		return nil, err
	}
	if err := os.Rename(x.path, aside); err != nil {
		return nil, fmt.Errorf("move the torn index aside: %w", err)
	}
	b, err := create(x.path)
	if err != nil {
		return nil, err
	}
	if damage.intact {
		before = append(before, aside)
	}
	x.options.Logger.Warn("index begun anew; it fills from the log", "index", x.path, "reason", damage.why)
	for _, path := range before {
		if err := os.RemoveAll(path); err != nil {
			return nil, errors.Join(fmt.Errorf("remove index %s: %w", path, err), b.Close())
		}
	}
	return b, nil
}
