package search

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// closedName is a file in the index's folder that lists its files, with their sizes and times, as they were when it was
// closed. It is written last and removed when the index is opened. So an index that has it, and the files that it lists,
// needs no other check.
const closedName = "closed"

// noteClosed says that the index at path is closed.
func noteClosed(path string) error {
	files, err := filesOf(path)
	if err != nil {
		return err
	}
	part := filepath.Join(path, closedName+".part")
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(files)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(part, filepath.Join(path, closedName)) // lost in a crash, it only costs a check
}

// takeClosed says whether the index at path is as it was when it was closed, and has it count as open from now on.
func takeClosed(path string) (sound bool, err error) {
	listed, err := os.ReadFile(filepath.Join(path, closedName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	if err := os.Remove(filepath.Join(path, closedName)); err != nil {
		return false, err
	}
	if err := syncDir(path); err != nil {
		return false, err
	}
	files, err := filesOf(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return err == nil && bytes.Equal(files, listed), nil
}

// filesOf lists the files that bleve keeps in an index's folder, in order.
func filesOf(path string) ([]byte, error) {
	var list bytes.Buffer
	add := func(info fs.FileInfo) {
		fmt.Fprintf(&list, "%s %d %d\n", info.Name(), info.Size(), info.ModTime().UnixNano())
	}
	meta, err := os.Stat(filepath.Join(path, "index_meta.json"))
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
