package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
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

// input opens a file to read; "-" is standard input. A server opens nothing: it has what the calling process read.
func (c *cli) input(name string) (io.ReadCloser, error) {
	if c.server != nil {
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

// readFile reads a file, decompressed where it is gzip. limit is in bytes; the error for a larger file names rule.
func (c *cli) readFile(name string, limit int64, rule string) ([]byte, error) {
	in, err := c.input(name)
	if err != nil {
		return nil, err
	}
	data, err := readLimited(in, limit, rule)
	if err = errors.Join(err, in.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}

func readLimited(in io.Reader, limit int64, rule string) ([]byte, error) {
	plain, compressed, err := gunzip(in)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(plain, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		after := ""
		if compressed {
			after = " after decompression"
		}
		return nil, fmt.Errorf("larger than %d bytes%s, the most that is read (%s)", limit, after, rule)
	}
	return data, nil
}

// gunzip decompresses a stream that begins as gzip does, and returns any other as it is.
func gunzip(in io.Reader) (plain io.Reader, compressed bool, err error) {
	b := bufio.NewReaderSize(in, 1<<16)
	magic, err := b.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	if string(magic) != "\x1f\x8b" {
		return b, false, nil
	}
	z, err := gzip.NewReader(b)
	return z, true, err
}

// firstLine reads a secret from the first line of a file or of standard input. what is the secret's name and that of the
// flag that names the file: --password-file, --token-file.
func (c *cli) firstLine(file, what string) (string, error) {
	r, err := c.input(file)
	if err != nil {
		return "", err
	}
	line, err := bufio.NewReader(io.LimitReader(r, 64<<10)).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err := errors.Join(err, r.Close()); err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", usagef("give the %s on the first line of standard input, or of the file that --%s-file names", what, what)
	}
	return line, nil
}

// errNoFile reports an argument that is neither a file nor an address.
var errNoFile = errors.New("no such file, and no address such as https://example.org/")

// isFile reports whether an argument that may be a file or an address is a file: it exists, or only a file is written so.
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

// filePath returns the path of a file, which may be given as file:///path. A host in it is ignored.
func filePath(arg string) string {
	if len(arg) < 5 || !strings.EqualFold(arg[:5], "file:") {
		return arg
	}
	u, err := url.Parse(arg)
	if err != nil || u.Path == "" {
		return strings.TrimPrefix(arg[5:], "//")
	}
	return u.Path
}

// writeFile writes a file whole or not at all: a temporary file in the same folder, which is then renamed.
func writeFile(name string, write func(*os.File) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	var path *fs.PathError
	if errors.As(err, &path) {
		err = fmt.Errorf("write %s: %w", name, path.Err) // without the name of the temporary file
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

// maxLine is the longest line of a lineReader, in bytes.
const maxLine = 16 << 20

var errLongLine = fmt.Errorf("the line is longer than %d MB", maxLine>>20)

// lineReader reads a stream line by line, decompressed where it is gzip, and without a byte order mark.
type lineReader struct {
	from   *bufio.Reader
	number int // of the line that next returned last
	buf    []byte
	err    error // what ended the stream
}

func newLineReader(in io.Reader) (*lineReader, error) {
	plain, _, err := gunzip(in)
	if err != nil {
		return nil, err
	}
	from := bufio.NewReaderSize(plain, 1<<16)
	if mark, _ := from.Peek(3); string(mark) == "\ufeff" { // a read error comes again with the first line
		_, err = from.Discard(len(mark))
	}
	return &lineReader{from: from}, err
}

// next returns a line, which is valid until the next call. It returns errLongLine for a line that is too long, and the stream
// goes on. At the end it returns io.EOF or the read error; text before that without a line break is a line.
func (l *lineReader) next() ([]byte, error) {
	if l.err != nil {
		return nil, l.err
	}
	l.buf = l.buf[:0]
	long := false
	for {
		part, err := l.from.ReadSlice('\n')
		if long = long || len(l.buf)+len(part) > maxLine; !long {
			l.buf = append(l.buf, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		l.err = err
		if err != nil && len(l.buf) == 0 && !long {
			return nil, err
		}
		l.number++
		if long {
			return nil, errLongLine
		}
		return l.buf, nil
	}
}
