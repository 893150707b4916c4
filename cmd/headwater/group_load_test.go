package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// stalling gives its input in odd pieces, and waits up to a day before each.
type stalling struct {
	io.Reader
	random *rand.Rand
}

func (s stalling) Read(b []byte) (int, error) {
	time.Sleep(time.Duration(s.random.IntN(24*3600)) * time.Second)
	return s.Reader.Read(b[:min(1+s.random.IntN(3000), len(b))])
}

// TestGroupSlowInput wants the same lines, to the byte, of an input that comes at once and of one that takes years, on one,
// two and four processors. Some of the articles have no time that can be read.
func TestGroupSlowInput(t *testing.T) {
	file, err := os.ReadFile("../../internal/stories/stream/testdata/independent.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var in strings.Builder
	for line := range strings.Lines(string(file)) {
		in.WriteString(line)
		if n := in.Len(); n%5 == 0 {
			fmt.Fprintf(&in, `{"id":"undated %d","title":"Tides of the harbour on day %d","feed":"harbour","published":"yesterday","fetched":"5 o'clock"}`+"\n", n, n)
		}
	}
	if !strings.Contains(in.String(), "undated") {
		t.Fatal("no article is without a time")
	}
	want := group(t, strings.NewReader(in.String()))
	if want.code != 0 {
		t.Fatal(want.stderr)
	}
	was := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(was)
	for _, processors := range []int{1, 2, 4} {
		runtime.GOMAXPROCS(processors)
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			got := group(t, stalling{strings.NewReader(in.String()), rand.New(rand.NewPCG(1, uint64(processors)))})
			if got != want {
				t.Errorf("on %d processors, with an input that stalls, exit %d and %d bytes; want %d bytes\n%s", processors, got.code, len(got.stdout), len(want.stdout), got.stderr)
			}
			if time.Since(began) < 24*time.Hour {
				t.Errorf("the input took %s only", time.Since(began))
			}
		})
	}
}
