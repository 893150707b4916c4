package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"headwater/internal/search"
	"headwater/internal/store"
)

// checkNotEmptied tells a database that lost its content from a new one: an index beside it was made from something.
func checkNotEmptied(data string) error {
	info, err := os.Stat(filepath.Join(data, store.File))
	if err != nil || info.Size() > 0 {
		return nil //nolint:nilerr // none is there, or opening it says what is wrong
	}
	entries, err := os.ReadDir(data)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		indexed, err := filepath.Match(search.FilePattern, e.Name())
		return indexed && err == nil
	}) {
		return nil
	}
	return fmt.Errorf("%s is empty, and was not: there is a search index beside it; restore a backup into an empty folder, or remove both files to begin anew",
		filepath.Join(data, store.File))
}
