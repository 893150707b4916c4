package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// icons are the pictures that installed pages have, by the drawing that each is made of. Systems cut maskable ones to a shape of
// theirs; what is within 40% of the middle stays.
var icons = []struct {
	drawing, name string
	size          int
}{
	{"icon.svg", "icon-192.png", 192},
	{"icon.svg", "icon-512.png", 512},
	{"icon-maskable.svg", "icon-maskable-512.png", 512},
	{"icon-maskable.svg", "icon-touch.png", 180}, // of iOS, which rounds the corners itself
}

// drawIcons writes the icons beside their drawings.
func drawIcons(ctx context.Context, chromium, dir, folder string) error {
	for _, icon := range icons {
		drawing, err := os.ReadFile(filepath.Join(folder, icon.drawing))
		if err != nil {
			return err
		}
		page := filepath.Join(dir, "icon.html")
		html := fmt.Sprintf("<!doctype html><style>body{margin:0}svg{display:block;width:%[1]dpx;height:%[1]dpx}</style>%[2]s", icon.size, drawing)
		if err := os.WriteFile(page, []byte(html), 0o600); err != nil {
			return err
		}
		m, err := shoot(ctx, chromium, dir, "file://"+page, icon.size, icon.size, "--default-background-color=00000000")
		if err != nil {
			return fmt.Errorf("%s: %w", icon.name, err)
		}
		picture, err := encode(m)
		if err != nil {
			return fmt.Errorf("%s: %w", icon.name, err)
		}
		if err := os.WriteFile(filepath.Join(folder, icon.name), picture, 0o644); err != nil {
			return err
		}
	}
	return nil
}
