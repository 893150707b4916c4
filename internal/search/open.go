package search

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/util"
	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// lockWait is how long to wait for another process to let go. Bleve waits forever when it is not told.
const lockWait = 500 * time.Millisecond

// tornError says why an index can't be used, though it can be read.
type tornError struct {
	why   string
	whole bool // its files are, so that nobody needs to look at them
}

func (e *tornError) Error() string { return e.why }

func torn(format string, args ...any) error { return &tornError{why: fmt.Sprintf(format, args...)} }

// config is what scorch is opened with. Batches stay safe: Put returns when they are on disk. Unsafe batches were 5 to 10%
// faster, and hide a full disk.
func config() map[string]any {
	return map[string]any{"bolt_timeout": lockWait.String(), "numSnapshotsToKeep": 1}
}

// open sets x.b, which is nil: to the index at x.path, or to a new one where there is none or it can't be used.
func (x *Index) open(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.MkdirAll(x.dir, 0o700); err != nil {
		return fmt.Errorf("data folder of the index: %w", err)
	}
	b, err := x.openExisting(ctx)
	var damage *tornError
	switch {
	case err == nil:
		x.b = b
	case errors.Is(err, fs.ErrNotExist):
		err = x.create()
	case errors.As(err, &damage):
		err = x.replace(damage)
	}
	if err != nil {
		return err
	}
	return x.aim(ctx)
}

// check gives a tornError where the index is of another mapping version, or where any of its batches came from another log.
func (x *Index) check(ctx context.Context, b bleve.Index) error {
	version, err := b.GetInternal(mappingKey)
	if err != nil {
		return err
	}
	if string(version) != mappingVersion {
		return &tornError{outdated, true}
	}
	mark, err := markOf(b)
	if err != nil || x.options.Log == nil {
		return err
	}
	reach, err := b.GetInternal(reachKey)
	if err != nil || len(reach) == 0 && mark == 0 {
		return err
	}
	place, epoch, _ := strings.Cut(string(reach), " ")
	seq, err := strconv.ParseInt(place, 10, 64)
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

// aim notes how far the log reaches, so that searches know whether the index does.
func (x *Index) aim(ctx context.Context) (err error) {
	x.goal = 0
	if x.options.Log != nil {
		if x.goal, err = x.options.Log.LastSeq(ctx); err != nil {
			return errors.Join(err, x.release())
		}
	}
	mark, err := markOf(x.b)
	if err != nil {
		return errors.Join(err, x.release())
	}
	x.building.Store(mark < x.goal)
	return nil
}

func (x *Index) create() error {
	m := bleve.NewIndexMapping()
	m.DefaultMapping = bleve.NewDocumentStaticMapping()
	m.StoreDynamic, m.IndexDynamic, m.DocValuesDynamic = false, false, false
	b, err := bleve.NewUsing(x.path, m, scorch.Name, scorch.Name, config())
	if err == nil {
		if err = b.SetInternal(mappingKey, []byte(mappingVersion)); err != nil {
			err = errors.Join(err, b.Close())
		}
	}
	if err != nil {
		return fmt.Errorf("make index %s: %w", x.path, err)
	}
	x.b = b
	return nil
}

// replace moves a torn index aside and makes a new one. Of all moved aside only the latest is kept, to be looked at; one
// that is merely of another mapping version or another log is not.
func (x *Index) replace(damage *tornError) error {
	aside := filepath.Join(x.dir, tornName+time.Now().UTC().Format("20060102T150405.000"))
	before, err := filepath.Glob(filepath.Join(x.dir, tornName+"*"))
	if err != nil {
		return err
	}
	if err := os.Rename(x.path, aside); err != nil {
		return fmt.Errorf("move the torn index aside: %w", err)
	}
	if err := x.create(); err != nil {
		return err
	}
	if damage.whole {
		before = append(before, aside)
	}
	x.options.Logger.Warn("index begun anew; it fills from the log", "index", x.path, "reason", damage.why)
	for _, path := range before {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("remove index %s: %w", path, err)
		}
	}
	return nil
}

const outdated = "it was made by another version of headwater"

// openExisting opens an index. Unless it is as it was when it was closed, all is read before that bleve is going to map into
// memory: a file cut short would end the process, where this gives a tornError.
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
	sound, err := takeClosed(path)
	if err != nil {
		return nil, err
	}
	if x.options.Verify || !sound {
		if err := verify(path); err != nil {
			return nil, err
		}
	}
	b, err = bleve.OpenUsing(path, config())
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, locked(path)
	case err != nil && outside(err):
		return nil, fmt.Errorf("open index %s: %w", path, err)
	case err != nil:
		return nil, torn("bleve can't open it: %v", err)
	}
	if err := x.check(ctx, b); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func locked(path string) error {
	return fmt.Errorf("index %s: %w; stop the other headwater, or use another data folder", path, errLocked)
}

// outside says whether an error tells of the machine and not of the index.
func outside(err error) bool {
	for _, e := range []error{fs.ErrPermission, syscall.EROFS, syscall.ENOSPC, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EIO} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// verify reads the whole index and compares checksums.
func verify(path string) error {
	data, err := os.ReadFile(filepath.Join(path, "index_meta.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return torn("index_meta.json is missing")
	} else if err != nil {
		return err
	}
	if !json.Valid(data) {
		return torn("index_meta.json is no JSON")
	}
	store := filepath.Join(path, "store")
	segments, err := segmentNames(filepath.Join(store, "root.bolt"))
	if err != nil {
		return err
	}
	for _, name := range segments {
		if err := verifySegment(filepath.Join(store, filepath.Base(name))); err != nil {
			return err
		}
	}
	return nil
}

// segmentNames lists the files that the newest snapshot in scorch's root file is made of. It reads the whole root file
// on the way.
func segmentNames(root string) (names []string, err error) {
	db, err := bbolt.Open(root, 0o600, &bbolt.Options{Timeout: lockWait, ReadOnly: true, PreLoadFreelist: true})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, locked(filepath.Dir(filepath.Dir(root)))
	case errors.Is(err, fs.ErrNotExist):
		return nil, torn("its root file is missing")
	case err != nil && outside(err):
		return nil, err
	case err != nil:
		return nil, torn("its root file can't be read: %v", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	info, err := os.Stat(root)
	if err != nil {
		return nil, err
	}
	err = db.View(func(tx *bbolt.Tx) error {
		if tx.Size() > info.Size() {
			return torn("its root file is cut short")
		}
		if err := tx.ForEach(func(_ []byte, b *bbolt.Bucket) error { return touch(b) }); err != nil {
			return torn("its root file can't be read: %v", err)
		}
		names, err = newestSegments(tx)
		return err
	})
	return names, err
}

func touch(b *bbolt.Bucket) error {
	return b.ForEach(func(k, v []byte) error {
		if v == nil {
			if inner := b.Bucket(k); inner != nil {
				return touch(inner)
			}
		}
		crc32.ChecksumIEEE(v)
		return nil
	})
}

func newestSegments(tx *bbolt.Tx) ([]string, error) {
	snapshots := tx.Bucket(util.BoltSnapshotsBucket)
	if snapshots == nil {
		return nil, torn("it was never finished")
	}
	newest, _ := snapshots.Cursor().Last()
	if newest == nil || snapshots.Bucket(newest) == nil {
		return nil, torn("it was never finished")
	}
	snapshot := snapshots.Bucket(newest)
	var names []string
	err := snapshot.ForEachBucket(func(k []byte) error {
		if name := snapshot.Bucket(k).Get(util.BoltPathKey); name != nil {
			names = append(names, string(name))
		}
		return nil
	})
	return names, err
}

// verifySegment compares the checksum that ends a segment's file with that of what stands before it.
func verifySegment(path string) error {
	name := filepath.Base(path)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return torn("segment %s is missing", name)
	} else if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < crc32.Size {
		return torn("segment %s is cut short", name)
	}
	sum := crc32.NewIEEE()
	if _, err := io.CopyN(sum, f, info.Size()-crc32.Size); err != nil {
		return fmt.Errorf("segment %s: %w", name, err)
	}
	var want [crc32.Size]byte
	if _, err := io.ReadFull(f, want[:]); err != nil {
		return fmt.Errorf("segment %s: %w", name, err)
	}
	if binary.BigEndian.Uint32(want[:]) != sum.Sum32() {
		return torn("segment %s does not match its checksum", name)
	}
	return nil
}

// inUse says whether somebody holds the index at path. One that can't be read is held by nobody.
func inUse(path string) (held bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			held = false
		}
	}()
	db, err := bbolt.Open(filepath.Join(path, "store", "root.bolt"), 0o600, &bbolt.Options{Timeout: lockWait, ReadOnly: true})
	if err == nil {
		err = db.Close()
	}
	return errors.Is(err, bolterrors.ErrTimeout)
}

// tidy ends what a crash in NewRebuild or Swap left undone.
func (x *Index) tidy() error {
	old := filepath.Join(x.dir, oldFolder)
	if _, err := os.Stat(old); err == nil {
		if _, err := os.Stat(x.path); errors.Is(err, fs.ErrNotExist) {
			if err := os.Rename(old, x.path); err != nil {
				return fmt.Errorf("put the index back that a reindex left aside: %w", err)
			}
		}
	}
	for _, name := range []string{oldFolder, newFolder} {
		path := filepath.Join(x.dir, name)
		if _, err := os.Stat(path); err != nil || inUse(path) {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("remove what a reindex left behind: %w", err)
		}
	}
	return nil
}

// syncDir makes renames in a folder last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || err != nil && strings.Contains(err.Error(), "not supported") {
		err = nil // some file systems can't
	}
	return errors.Join(err, d.Close())
}
