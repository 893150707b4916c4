package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds one line of input, in bytes.
const maxLine = 16 << 20

var errLongLine = fmt.Errorf("the line is longer than %d MB", maxLine>>20)

// lines reads a stream by lines, through gzip where it begins like it.
type lines struct {
	from   *bufio.Reader
	number int // of the line that next gave
	buf    []byte
	err    error // what ended the stream
}

func linesOf(in io.Reader) (*lines, error) {
	plain, err := uncompressed(in)
	if err != nil {
		return nil, err
	}
	from := bufio.NewReaderSize(plain, 1<<16)
	if mark, _ := from.Peek(3); string(mark) == "\ufeff" { // whatever is wrong comes with the first line
		_, err = from.Discard(len(mark))
	}
	return &lines{from: from}, err
}

// uncompressed reads through gzip where the stream begins like it.
func uncompressed(in io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(in, 1<<16)
	magic, err := b.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return gzip.NewReader(b)
	}
	return b, nil
}

// next gives a line that holds until the next call, errLongLine in the place of one that is too long, and at the end
// io.EOF or what went wrong. The part of a line before that is a line.
func (l *lines) next() ([]byte, error) {
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
