package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// runResult is the exit code and the output of a command.
type runResult struct {
	code           int
	stdout, stderr string
}

func group(t *testing.T, in io.Reader) runResult {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"group"}, in, &stdout, &stderr)
	return runResult{code, stdout.String(), stderr.String()}
}

// ids gives those that were printed, as they stand in the output.
func (s runResult) ids(t *testing.T) []string {
	t.Helper()
	var out []string
	for line := range strings.Lines(s.stdout) {
		var l struct{ ID json.RawMessage }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		out = append(out, string(l.ID))
	}
	return out
}

func numbered(from, to int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		fmt.Fprintf(&b, `{"id":%d,"title":"Report %d of the harbour"}`+"\n", i, i)
	}
	return b.String()
}

func TestGroupGivesIDsBack(t *testing.T) {
	ids := []string{`1`, `"1"`, `1.0`, `-0`, `1e400`, `12345678901234567890`, `"é"`, `"<b>&amp;</b>"`, `"a\u0000b"`, `" "`, `"\""`}
	var in strings.Builder
	for i, id := range ids {
		fmt.Fprintf(&in, "\r\n{\"id\":%s,\"title\":\"Report %d of the harbour\"}\r\n", id, i)
	}
	got := group(t, strings.NewReader("\ufeff"+in.String()))
	if got.code != 0 || got.stderr != "" || strings.Join(got.ids(t), " ") != strings.Join(ids, " ") {
		t.Errorf("exit %d, %s\ngot  %v\nwant %v", got.code, got.stderr, got.ids(t), ids)
	}
}

// A stream that breaks off is grouped as far as it could be read.
func TestGroupTornGzip(t *testing.T) {
	const whole = 40
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := io.WriteString(w, numbered(1, whole))
	err = errors.Join(err, w.Flush())
	torn := packed.Len()
	_, again := io.WriteString(w, numbered(whole+1, 100))
	if err := errors.Join(err, again, w.Close()); err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string][]byte{
		"cut":       packed.Bytes()[:torn],
		"corrupted": append(append([]byte{}, packed.Bytes()[:torn]...), 0xff, 0xff, 0xff, 0xff),
	} {
		got := group(t, bytes.NewReader(in))
		if got.code != 1 || len(got.ids(t)) != whole || !strings.Contains(got.stderr, "-:41: ") || !strings.Contains(got.stderr, "only the lines before") {
			t.Errorf("%s: exit %d, %d lines: %s", name, got.code, len(got.ids(t)), got.stderr)
		}
	}
	if got := group(t, bytes.NewReader(packed.Bytes()[:torn/2])); got.code != 1 || got.stderr == "" {
		t.Errorf("half a block: exit %d: %s", got.code, got.stderr)
	}
	if got := group(t, bytes.NewReader(packed.Bytes()[:5])); got.code != 1 || got.stdout != "" || !strings.Contains(got.stderr, "unexpected EOF") {
		t.Errorf("half a header: exit %d, %q: %s", got.code, got.stdout, got.stderr)
	}
}

// failing gives some input and then an error.
type failing struct {
	io.Reader
	err error
}

func (f failing) Read(b []byte) (int, error) {
	n, err := f.Reader.Read(b)
	if err == io.EOF {
		err = f.err
	}
	return n, err
}

func TestGroupReadError(t *testing.T) {
	got := group(t, failing{strings.NewReader(numbered(1, 3) + `{"id":4,"ti`), fmt.Errorf("the disk is gone")})
	if got.code != 1 || len(got.ids(t)) != 3 || !strings.Contains(got.stderr, "the disk is gone") || !strings.Contains(got.stderr, "-:4: no article") {
		t.Errorf("exit %d, %d lines: %s", got.code, len(got.ids(t)), got.stderr)
	}
}

func TestGroupLongLine(t *testing.T) {
	if testing.Short() {
		t.Skip("reads lines of 16 MB")
	}
	long := `{"id":"long","title":"` + strings.Repeat("x", maxLine) + `"}` + "\n"
	fits := `{"id":"fits","title":"x"` + strings.Repeat(" ", maxLine-30) + `}` + "\n"
	for name, tt := range map[string]struct {
		in   string
		want int
	}{
		"in between": {numbered(1, 2) + long + numbered(4, 5), 4},
		"at the end": {numbered(1, 2) + strings.TrimSuffix(long, "\n"), 2},
	} {
		got := group(t, strings.NewReader(tt.in))
		if got.code != 1 || len(got.ids(t)) != tt.want || !strings.Contains(got.stderr, "-:3: the line is longer than 16 MB; skipped") {
			t.Errorf("%s: exit %d, %d lines, want %d: %s", name, got.code, len(got.ids(t)), tt.want, got.stderr)
		}
	}
	if got := group(t, strings.NewReader(fits)); got.code != 0 || len(got.ids(t)) != 1 {
		t.Errorf("a line of just under 16 MB: exit %d: %s", got.code, got.stderr)
	}
}

// A stream longer than a round: ids that repeat are found however long ago they were printed.
func TestGroupRepeatedIDs(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const n = 20_000
	var in strings.Builder
	for i := range n {
		fmt.Fprintf(&in, `{"id":"a%d","title":"Report %d of the harbour","fetched":"%d-01-01T00:00:00Z"}`+"\n", i%(n-100), i, 2000+i/1000)
	}
	got := group(t, strings.NewReader(in.String()))
	seen := map[string]bool{}
	for _, id := range got.ids(t) {
		seen[id] = true
	}
	if got.code != 1 || len(seen) != n-100 || len(got.ids(t)) != n-100 {
		t.Errorf("exit %d, %d lines of %d ids, want %d", got.code, len(got.ids(t)), len(seen), n-100)
	}
	if want := "-:20000: id a99 stands on line 100 already; ids must differ; skipped\nheadwater: 100 bad lines skipped\n"; !strings.HasSuffix(got.stderr, want) {
		t.Errorf("stderr ends in %q", got.stderr[max(0, len(got.stderr)-200):])
	}
}

func TestGroupInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"group"}, strings.NewReader(numbered(1, 3)), &stdout, &stderr); code != 1 || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("exit %d: %s", code, &stderr)
	}
}
