package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"headwater/internal/index"
	"headwater/internal/store"
)

// Damage of a database shows only where it is read, and a poll reads a small part. So a poll also reads through the whole
// when that takes at most a share of the time since it last did.
const (
	readThroughShare = 1000
	readThroughMost  = 10 * time.Second // a database that takes longer is left to the doctor
	readThroughKey   = "read through"   // a setting: when it last was, and how long that took, in milliseconds
)

// lookForDamage reads through the database, if it is time to.
func (a *app) lookForDamage(ctx context.Context) error {
	value, err := a.store.Setting(ctx, readThroughKey)
	if err != nil {
		return err
	}
	began := time.Now()
	note := func(took time.Duration) error {
		return a.store.SetSetting(ctx, readThroughKey, fmt.Sprint(began.UnixMilli(), " ", took.Milliseconds()))
	}
	last, took, ok := readThroughOf(value)
	switch {
	case !ok:
		return note(0) // what was just made is whole
	case began.Sub(last).Abs() < readThroughShare*took:
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, readThroughMost)
	defer cancel()
	err = a.store.QuickCheck(limited)
	if err != nil && limited.Err() == nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return note(time.Since(began))
}

func readThroughOf(value string) (last time.Time, took time.Duration, ok bool) {
	at, length, _ := strings.Cut(value, " ")
	ms, err := strconv.ParseInt(at, 10, 64)
	lasted, err2 := strconv.ParseInt(length, 10, 64)
	return time.UnixMilli(ms), time.Duration(lasted) * time.Millisecond, err == nil && err2 == nil
}

// checkNotEmptied tells a database that lost its content from a new one: an index beside it was made from something.
func checkNotEmptied(data string) error {
	info, err := os.Stat(filepath.Join(data, store.File))
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() > 0 {
		return nil
	}
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(data)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		indexed, err := filepath.Match(index.Files, e.Name())
		return indexed && err == nil
	}) {
		return nil
	}
	return fmt.Errorf("%s is empty, and was not: there is a search index beside it; restore a backup into an empty folder, or remove both files to begin anew",
		filepath.Join(data, store.File))
}
