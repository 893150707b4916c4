package parse

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
)

// BenchmarkRecorded reads the recorded documents that bare gofeed can read, with and without the guard, in one run. Aim:
// at least .8 of gofeed's MB a CPU second. Lean gofeed does not search the text of RSS items for images.
func BenchmarkRecorded(b *testing.B) {
	docs, size := recordedDocs(b)
	bare := func(lean bool) func([]byte) error {
		return func(doc []byte) error {
			p := gofeed.NewParser()
			p.RSSTranslator = &gofeed.DefaultRSSTranslator{DisableContentImageScan: lean}
			_, err := p.Parse(bytes.NewReader(doc))
			return err
		}
	}
	guarded := func(doc []byte) error {
		_, err := Parse(context.Background(), doc, Options{URL: "https://harbour.example/feed"})
		return err
	}
	for _, reader := range []struct {
		name string
		read func([]byte) error
	}{{"guarded", guarded}, {"gofeed", bare(false)}, {"lean gofeed", bare(true)}} {
		b.Run(reader.name, func(b *testing.B) {
			before, rounds := cpuTime(b), 0
			for b.Loop() {
				for _, doc := range docs {
					if err := reader.read(doc); err != nil {
						b.Fatal(err)
					}
				}
				rounds++
			}
			b.ReportMetric(float64(size)*float64(rounds)/1e6/(cpuTime(b)-before).Seconds(), "MB/cpu-s")
		})
	}
}

// cpuTime is what this process took so far, the collection of garbage included.
func cpuTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func recordedDocs(b *testing.B) (docs [][]byte, size int) {
	b.Helper()
	files, err := filepath.Glob(filepath.Join(sharedDir(b, "recorded/raw"), "*"))
	if err != nil {
		b.Fatal(err)
	}
	for _, file := range files {
		doc, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := gofeed.NewParser().Parse(bytes.NewReader(doc)); err == nil {
			docs, size = append(docs, doc), size+len(doc)
		}
	}
	if len(docs) < 15 {
		b.Fatalf("gofeed reads %d of %d documents", len(docs), len(files))
	}
	return docs, size
}
