package search

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
)

// NewRebuild makes an empty index beside the one that the data folder holds, which stays as it is. Fill it with Put, and let
// it take the other's place with Swap. What a NewRebuild before it left unfinished is removed.
func NewRebuild(ctx context.Context, dir string, options Options) (*Index, error) {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	x := &Index{dir: dir, path: filepath.Join(dir, newFolder), options: options, turns: newTurns(), share: share}
	if inUse(x.path) {
		return nil, locked(x.path)
	}
	if err := os.RemoveAll(x.path); err != nil {
		return nil, fmt.Errorf("remove an unfinished index: %w", err)
	}
	if err := x.open(ctx); err != nil {
		return nil, err
	}
	return x, nil
}

// Swap puts an index made by NewRebuild in the place of the data folder's and removes that. The index can be used on. The one
// to be replaced must be closed: errLocked says that it is not, and leaves both as they are. A crash in between leaves
// the one or the other, whole; Open sees to the rest.
func (x *Index) Swap(ctx context.Context) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, err := x.handle(); err != nil {
		return err
	}
	place, old := filepath.Join(x.dir, folder), filepath.Join(x.dir, oldFolder)
	if x.path == place {
		return nil
	}
	if inUse(place) {
		return locked(place)
	}
	if err := x.release(); err != nil {
		return err
	}
	if err := exchange(x.path, place, old); err != nil {
		return errors.Join(fmt.Errorf("put the new index in its place: %w", err), x.open(ctx))
	}
	x.path = place
	return errors.Join(syncDir(x.dir), os.RemoveAll(old), x.open(context.WithoutCancel(ctx)))
}

func exchange(from, place, old string) error {
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
