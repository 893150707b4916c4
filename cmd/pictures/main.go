// Pictures makes the pictures of docs/pictures, and the icons of the pages from their drawings:
//
//	make pictures
//
// It runs `headwater demo` on loopback, asks it for the stories to show, has Chromium draw five pages at 1280 pixels, and
// writes them as PNG with a palette. Only times of day and ids differ from one run to the next, as far as the demo's pages do. Without
// a font that has Japanese (Debian: fonts-vlgothic), the name of that language is a row of boxes.
//
// main.go has the pages, palette.go the colours, icons.go the icons.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	width     = 1280
	height    = 1100
	maxBytes  = 200_000 // of a picture
	startTime = time.Minute
	drawTime  = time.Minute // for one page
)

func main() {
	program := flag.String("program", "", "the `headwater` to run; it must be there")
	out := flag.String("out", "docs/pictures", "`FOLDER` of the pictures")
	folder := flag.String("icons", "internal/serve/web/static", "`FOLDER` of the icons and their drawings")
	flag.Parse()
	if *program == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *program, *out, *folder)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

// run draws the icons, starts the demo and writes all pictures.
func run(ctx context.Context, program, out, folder string) (err error) {
	chromium, err := findChromium()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "headwater-pictures-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := drawIcons(ctx, chromium, dir, folder); err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	address, end, err := startDemo(ctx, program, data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	pages, err := choose(ctx, program, data)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, p := range pages {
		name := filepath.Join(out, p.name+".png")
		picture, err := draw(ctx, chromium, dir, address+p.path)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if len(picture) > maxBytes {
			return fmt.Errorf("%s has %d bytes, more than %d; show less of the page", name, len(picture), maxBytes)
		}
		if err := os.WriteFile(name, picture, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s: %s, %d kB\n", name, p.path, len(picture)/1000)
	}
	return nil
}

func findChromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no chromium is installed (Debian: apt-get install chromium)")
}

// startDemo returns the address of the demo once it serves, and a function that ends it.
func startDemo(ctx context.Context, program, data string) (address string, end func() error, err error) {
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, program, "demo", "--listen", "127.0.0.1:0", "--data", data)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 15 * time.Second
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		cancel()
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		cancel()
		return "", nil, err
	}
	late := time.AfterFunc(startTime, cancel)
	lines := bufio.NewScanner(stdout)
	for address == "" && lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), "Open "); ok {
			address, _, _ = strings.Cut(rest, " ")
		}
	}
	if !late.Stop() || address == "" {
		cancel()
		return "", nil, errors.Join(fmt.Errorf("%s demo does not serve after %s", program, startTime), lines.Err(), cmd.Wait())
	}
	end = func() error {
		cancel()
		_, err := io.Copy(io.Discard, stdout)
		if e := cmd.Wait(); !errors.Is(e, context.Canceled) {
			err = errors.Join(err, e)
		}
		return err
	}
	return address, end, nil
}

type page struct{ name, path string }

// choose returns the pages to show: the event that most outlets tell independently, of the stories of all cards the one with most
// members, and the version that shares the part of its text with its origin that is nearest to a half.
func choose(ctx context.Context, program, data string) ([]page, error) {
	var front struct {
		Cards []struct {
			Event       int64   `json:"event"`
			Stories     []int64 `json:"stories"`
			Independent int     `json:"independent"`
			Outlets     int     `json:"outlets"`
		} `json:"cards"`
	}
	if err := ask(ctx, &front, program, "front", "--data", data, "--json", "--limit", "20"); err != nil {
		return nil, err
	}
	if len(front.Cards) == 0 {
		return nil, errors.New("the demo's front page is empty")
	}
	widest := front.Cards[0]
	var stories []story
	for _, c := range front.Cards {
		if c.Event != 0 && cmp.Or(cmp.Compare(c.Independent, widest.Independent), cmp.Compare(c.Outlets, widest.Outlets)) > 0 {
			widest = c
		}
		for _, id := range c.Stories {
			var s story
			if err := ask(ctx, &s, program, "story", fmt.Sprint(id), "--data", data, "--json"); err != nil {
				return nil, err
			}
			stories = append(stories, s)
		}
	}
	largest := slices.MaxFunc(stories, func(a, b story) int { return cmp.Compare(len(a.Members), len(b.Members)) })
	compared, err := comparison(stories)
	if err != nil {
		return nil, err
	}
	return []page{
		{"front", "/"},
		{"story", fmt.Sprintf("/story/%d", largest.ID)},
		{"compare", compared},
		{"coverage", fmt.Sprintf("/event/%d", widest.Event)},
		{"topic", "/topic/ferries"},
	}, nil
}

// story is what `headwater story --json` says about one.
type story struct {
	ID      int64    `json:"id"`
	Members []member `json:"members"`
}

type member struct {
	Article int64   `json:"article"`
	Role    string  `json:"role"`
	Share   float64 `json:"share"` // of its text in the original
}

// comparison returns the page that compares an original with a version, of which as near as possible to a half is in the original.
func comparison(stories []story) (path string, err error) {
	best := 1.
	for _, s := range stories {
		i := slices.IndexFunc(s.Members, func(m member) bool { return m.Role == "original" })
		for j, m := range s.Members {
			if off := math.Abs(m.Share - .5); i >= 0 && j != i && off < best {
				best, path = off, fmt.Sprintf("/story/%d/compare?a=%d&b=%d", s.ID, s.Members[i].Article, m.Article)
			}
		}
	}
	if path == "" {
		return "", errors.New("no story of the demo has an original and another version; its newsroom is not as planted")
	}
	return path, nil
}

// ask decodes what a command prints.
func ask(ctx context.Context, into any, program string, args ...string) error {
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, into)
	}
	if err != nil {
		return fmt.Errorf("headwater %s: %w: %s", strings.Join(args, " "), err, stderr.String())
	}
	return nil
}

// draw returns a page as Chromium shows it, as a PNG.
func draw(ctx context.Context, chromium, dir, address string) ([]byte, error) {
	m, err := shoot(ctx, chromium, dir, address, width, height, "--accept-lang=en-GB", "--virtual-time-budget=8000") // of the page's clock: pictures have loaded by then
	if err != nil {
		return nil, err
	}
	return encode(withPalette(m))
}

// shoot returns what Chromium shows of a page in a window of that size. It leaves its profile and a file in dir.
func shoot(ctx context.Context, chromium, dir, address string, width, height int, flags ...string) (image.Image, error) {
	ctx, cancel := context.WithTimeout(ctx, drawTime)
	defer cancel()
	file := filepath.Join(dir, "page.png")
	args := append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--user-data-dir=" + filepath.Join(dir, "chromium"),
		fmt.Sprintf("--window-size=%d,%d", width, height), "--screenshot=" + file,
	}, flags...)
	if out, err := exec.CommandContext(ctx, chromium, append(args, address)...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("chromium: %w\n%s", err, out)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return png.Decode(bytes.NewReader(data))
}

// encode returns a picture as a small PNG.
func encode(m image.Image) ([]byte, error) {
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression}
	err := e.Encode(&b, m)
	return b.Bytes(), err
}
