package main

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"os"
	"os/exec"
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
		picture, err := drawIcon(ctx, chromium, dir, page, icon.size)
		if err != nil {
			return fmt.Errorf("%s: %w", icon.name, err)
		}
		if err := os.WriteFile(filepath.Join(folder, icon.name), picture, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func drawIcon(ctx context.Context, chromium, dir, page string, size int) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, drawTime)
	defer cancel()
	file := filepath.Join(dir, "icon.png")
	cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--default-background-color=00000000",
		"--user-data-dir="+filepath.Join(dir, "chromium"), fmt.Sprintf("--window-size=%d,%[1]d", size), "--screenshot="+file, "file://"+page)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("chromium: %w\n%s", err, out)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression}
	err = e.Encode(&b, m)
	return b.Bytes(), err
}
