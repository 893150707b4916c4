// Package browsertest drives Chromium for tests. A Tab opens pages, notes everything that goes wrong in them, and says what is wrong
// with a page as it stands: its width, its names, its accessibility by the rules of axe-core.
//
// browsertest.go starts Chromium, tab.go has its tabs, hand.go works with a page as people do, page.go, cost.go and axe.go judge a page.
package browsertest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Patience is how long a test waits for what a page does. A machine under load takes seconds for what is done at once otherwise.
const Patience = time.Minute

// Browser is a Chromium that runs.
type Browser struct {
	ctx context.Context // of chromedp
}

// Start starts Chromium, or skips the test where there is none. It ends with the test, at the latest after limit.
func Start(t *testing.T, limit time.Duration) Browser {
	t.Helper()
	path, err := find()
	if err != nil {
		absent(t, err.Error())
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox, // as root it does not start otherwise
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	ctx, end := context.WithTimeout(ctx, limit)
	t.Cleanup(end)
	return Browser{ctx}
}

func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no chromium is installed (Debian: apt-get install chromium); the pages are not tried in a browser")
}

// absent skips a test for want of what make test installs. With CI=true that is a fault.
func absent(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}
