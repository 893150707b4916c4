package search

import (
	"bytes"
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
	"strings"
	"syscall"
	"time"

	"github.com/blevesearch/bleve/v2/util"
	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// The folders in the data folder.
const (
	folder    = "index.bleve"
	newFolder = "index.bleve.new" // being built by NewRebuild
	oldFolder = "index.bleve.old" // the replaced index during Swap
	tornName  = "index.bleve.torn-"
)

// metaFile is bleve's description of an index.
const metaFile = "index_meta.json"

// errLocked means that another process, or another Index in this process, holds the index.
var errLocked = errors.New("the index is in use by another process")

// lockWait is how long to wait until another process releases the index. Without a limit bleve waits forever.
const lockWait = 500 * time.Millisecond

// tornError is the reason why an index can't be used although it can be read.
type tornError struct {
	why    string
	intact bool // its files are undamaged, so nobody needs to examine them
}

func (e *tornError) Error() string { return e.why }

func torn(format string, args ...any) error { return &tornError{why: fmt.Sprintf(format, args...)} }

func lockedError(path string) error {
	return fmt.Errorf("index %s: %w; stop the other headwater, or use another data folder", path, errLocked)
}

// fromMachine reports whether an error is caused by the machine and not by the index.
func fromMachine(err error) bool {
	for _, e := range []error{fs.ErrPermission, syscall.EROFS, syscall.ENOSPC, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EIO} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// verify reads the whole index and compares checksums.
func verify(path string) error {
	data, err := os.ReadFile(filepath.Join(path, metaFile))
	if errors.Is(err, fs.ErrNotExist) {
		return torn("%s is missing", metaFile)
	} else if err != nil {
		return err
	}
	if !json.Valid(data) {
		return torn("%s is no JSON", metaFile)
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

// segmentNames returns the files of the latest snapshot in scorch's root file. It reads the whole root file to find damage.
func segmentNames(root string) (names []string, err error) {
	db, err := bbolt.Open(root, 0o600, &bbolt.Options{Timeout: lockWait, ReadOnly: true, PreLoadFreelist: true})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, lockedError(filepath.Dir(filepath.Dir(root)))
	case errors.Is(err, fs.ErrNotExist):
		return nil, torn("its root file is missing")
	case err != nil && fromMachine(err):
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
		if err := tx.ForEach(func(_ []byte, b *bbolt.Bucket) error { return readBucket(b) }); err != nil {
			return torn("its root file can't be read: %v", err)
		}
		snapshots := tx.Bucket(util.BoltSnapshotsBucket)
		if snapshots == nil {
			return torn("it was never finished")
		}
		newest, _ := snapshots.Cursor().Last()
		if newest == nil || snapshots.Bucket(newest) == nil {
			return torn("it was never finished")
		}
		snapshot := snapshots.Bucket(newest)
		return snapshot.ForEachBucket(func(k []byte) error {
			if name := snapshot.Bucket(k).Get(util.BoltPathKey); name != nil {
				names = append(names, string(name))
			}
			return nil
		})
	})
	return names, err
}

// readBucket reads all values of a bucket.
func readBucket(b *bbolt.Bucket) error {
	return b.ForEach(func(k, v []byte) error {
		if v == nil {
			if inner := b.Bucket(k); inner != nil {
				return readBucket(inner)
			}
		}
		crc32.ChecksumIEEE(v)
		return nil
	})
}

// verifySegment compares the checksum at the end of a segment's file with that of the rest.
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

// inUse reports whether a process holds the index at path. It is false for an index that can't be read.
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

// syncDir writes renames in a folder to disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || err != nil && strings.Contains(err.Error(), "not supported") {
		err = nil // some file systems don't support it
	}
	return errors.Join(err, d.Close())
}

// closeMarker is a file in the index's folder that lists the index's files with sizes and times, and with checksums of those that
// have none of their own. It is written last when the index is closed, and removed when the index is opened. An index with the
// marker and exactly these files is opened without another check; Index.Check may compare the segments' checksums later.
const closeMarker = "closed"

// writeCloseMarker marks the index at path as closed.
func writeCloseMarker(path string) error {
	files, err := listFiles(path)
	if err != nil {
		return err
	}
	part := filepath.Join(path, closeMarker+".part")
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(files)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(part, filepath.Join(path, closeMarker)) // if a crash loses the marker, this only costs a check
}

// takeCloseMarker reports whether the index at path is unchanged since it was closed. It removes the marker.
func takeCloseMarker(path string) (sound bool, err error) {
	listed, err := os.ReadFile(filepath.Join(path, closeMarker))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	if err := os.Remove(filepath.Join(path, closeMarker)); err != nil {
		return false, err
	}
	if err := syncDir(path); err != nil {
		return false, err
	}
	files, err := listFiles(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return err == nil && bytes.Equal(files, listed), nil
}

// listFiles lists bleve's files in an index's folder, in order.
func listFiles(path string) ([]byte, error) {
	var list bytes.Buffer
	add := func(info fs.FileInfo) {
		fmt.Fprintf(&list, "%s %d %d\n", info.Name(), info.Size(), info.ModTime().UnixNano())
	}
	for _, small := range []string{metaFile, filepath.Join("store", "root.bolt")} {
		data, err := os.ReadFile(filepath.Join(path, small))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&list, "%s %08x\n", small, crc32.ChecksumIEEE(data))
	}
	meta, err := os.Stat(filepath.Join(path, metaFile))
	if err != nil {
		return nil, err
	}
	add(meta)
	entries, err := os.ReadDir(filepath.Join(path, "store"))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		add(info)
	}
	return list.Bytes(), nil
}

// replaceFolder moves the folder from to place. It moves the folder that was at place to old.
func replaceFolder(from, place, old string) error {
	if err := os.RemoveAll(old); err != nil {
		return err
	}
	if err := os.Rename(place, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(from, place); err != nil {
		return errors.Join(err, os.Rename(old, place))
	}
	return nil
}

// finishSwap completes or undoes a NewRebuild or Swap that a crash interrupted.
func finishSwap(dir string) error {
	path, old := filepath.Join(dir, folder), filepath.Join(dir, oldFolder)
	if _, err := os.Stat(old); err == nil {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			if err := os.Rename(old, path); err != nil {
				return fmt.Errorf("put the index back that a reindex left aside: %w", err)
			}
		}
	}
	for _, path := range []string{old, filepath.Join(dir, newFolder)} {
		if _, err := os.Stat(path); err != nil || inUse(path) {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("remove what a reindex left behind: %w", err)
		}
	}
	return nil
}
