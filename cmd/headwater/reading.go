package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"headwater/internal/config"
	"headwater/internal/store"
)

// readings is what a command that changes nothing needs. It works beside a running server.
type readings struct {
	cfg   config.Config
	store *store.DB
}

// reading opens the store read-only, calls work and closes it again.
func (c *cli) reading(ctx context.Context, work func(*readings) error) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(cfg.Data, store.File)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("nothing is stored in %s yet; `headwater poll` or `headwater serve` starts it, --data names another folder", cfg.Data)
	}
	log, err := c.logger(cfg)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, cfg.Data, storeOptions(log, true))
	if err != nil {
		return err
	}
	return errors.Join(work(&readings{cfg: cfg, store: db}), db.Close())
}
