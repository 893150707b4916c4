package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// input opens a file to read; "-" is standard input. A server has what its caller read, and opens nothing.
func (c *cli) input(name string) (io.ReadCloser, error) {
	if c.host != nil {
		data, ok := c.inputs[name]
		if !ok {
			return nil, fmt.Errorf("%s was not sent along; is the server of another version?", name)
		}
		return io.NopCloser(bytes.NewReader(data)), nil
	}
	if name == "-" {
		return io.NopCloser(c.stdin), nil
	}
	return os.Open(name)
}

// errNoFile is said of what is neither a file nor an address.
var errNoFile = errors.New("no such file, and no address such as https://example.org/")

// isFile says whether an argument that may be a file or an address is a file: one that there is, or one that is written as
// only files are.
func isFile(arg string) bool {
	lower := strings.ToLower(arg)
	if strings.HasPrefix(lower, "file:") {
		return true
	}
	if strings.Contains(arg, "://") {
		return false
	}
	if info, err := os.Stat(arg); err == nil && !info.IsDir() {
		return true
	}
	switch {
	case arg == ".", arg == "..", strings.HasPrefix(arg, "/") && !strings.HasPrefix(arg, "//"), strings.HasPrefix(arg, "./"), strings.HasPrefix(arg, "../"), strings.HasPrefix(arg, "~"):
		return true
	case strings.ContainsAny(arg, "/:"):
		return false
	}
	return slices.Contains([]string{".opml", ".xml", ".rss", ".atom", ".rdf", ".json", ".html", ".htm", ".xhtml", ".gz", ".txt"}, filepath.Ext(lower))
}

// filePath gives the path of a file that may be given as file:///path.
func filePath(arg string) string {
	if len(arg) < 5 || !strings.EqualFold(arg[:5], "file:") {
		return arg
	}
	u, err := url.Parse(arg)
	if err != nil || u.Path == "" {
		return strings.TrimPrefix(arg[5:], "//")
	}
	return u.Path // the host is this machine, whatever it is called
}

// writeFile writes a file whole or not at all: beside it first, then in its place.
func writeFile(name string, write func(*os.File) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	var at *fs.PathError
	if errors.As(err, &at) {
		err = fmt.Errorf("write %s: %w", name, at.Err) // not by the name of what stands beside it
	}
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// orEmpty gives a slice that JSON shows as a list even where it is nil.
func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// output is standard output. It remembers what went wrong first, and run fails for it in the end, so that a command need
// not look at every line that it prints.
type output struct {
	to  io.Writer
	err error
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.to.Write(b)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

func (c *cli) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(c.stdout, format, args...) // an output remembers
}

// complain prints to standard error, where nothing can be done about a failure.
func (c *cli) complain(format string, args ...any) {
	_, _ = fmt.Fprintf(c.stderr, format, args...)
}
