package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"headwater/internal/search"
	"headwater/internal/store"
)

// Damage of a database shows only where it is read, and a poll reads a small part. So a poll also reads through the whole
// when that takes at most a share of the time since it last did.
const (
	readThroughShare = 1000
	readThroughMost  = 10 * time.Second // a database that takes longer is left to the doctor
	readThroughKey   = "read through"   // a setting: when it is to be next, in milliseconds
)

// lookForDamage reads through the database, if it is time to.
func (a *app) lookForDamage(ctx context.Context) error {
	value, err := a.store.Setting(ctx, readThroughKey)
	if err != nil {
		return err
	}
	began := time.Now()
	next, err := strconv.ParseInt(value, 10, 64)
	switch wait := time.UnixMilli(next).Sub(began); {
	case err != nil: // what was just made is whole
		return a.store.SetSetting(ctx, readThroughKey, strconv.FormatInt(began.UnixMilli(), 10))
	case wait > 0 && wait <= readThroughShare*readThroughMost: // else the clock was ahead
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, readThroughMost)
	defer cancel()
	err = a.store.QuickCheck(limited)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && limited.Err() == nil {
		return err
	}
	next = began.Add(readThroughShare * time.Since(began)).UnixMilli()
	return a.store.SetSetting(ctx, readThroughKey, strconv.FormatInt(next, 10))
}

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
