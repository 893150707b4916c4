package main

import (
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// throttle is how often a bar is drawn at most.
const throttle = 100 * time.Millisecond

// bars shows the progress of long work on stderr where that is a terminal, and nothing anywhere else.
type bars struct {
	out   io.Writer // nil shows nothing
	mu    sync.Mutex
	stage string
	bar   *progressbar.ProgressBar

	tell func(progress) // shows it elsewhere; nil does not
	told time.Time
}

func (c *cli) progress() *bars {
	if c.host != nil {
		return &bars{tell: c.tell}
	}
	f, ok := c.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &bars{}
	}
	return &bars{out: f}
}

// step shows that done of total are done in a stage of the work. It may be called from several goroutines.
func (b *bars) step(stage string, done, total int) {
	if b.out == nil && b.tell == nil || total == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tell != nil {
		if now := time.Now(); stage != b.stage || now.Sub(b.told) > throttle || done == total {
			b.stage, b.told = stage, now
			b.tell(progress{stage, done, total})
		}
		return
	}
	if stage != b.stage {
		b.finish()
		b.stage = stage
		b.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(b.out), progressbar.OptionSetDescription(stage),
			progressbar.OptionShowCount(), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish(),
			progressbar.OptionThrottle(throttle))
	}
	b.bar.ChangeMax(total)
	_ = b.bar.Set(done) // a bar that cannot be drawn stops nothing
}

// of gives step for one stage.
func (b *bars) of(stage string) func(done, total int) {
	return func(done, total int) { b.step(stage, done, total) }
}

// end clears the bar, so that what is printed next starts on a clean line.
func (b *bars) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.finish()
}

func (b *bars) finish() {
	if b.bar != nil {
		_ = b.bar.Finish()
		b.bar = nil
	}
}
