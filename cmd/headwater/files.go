package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// input opens a file to read; "-" is standard input.
func (c *cli) input(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(c.stdin), nil
	}
	return os.Open(name)
}

// writeFile writes a file whole or not at all: beside it first, then in its place.
func writeFile(name string, write func(*os.File) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
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
