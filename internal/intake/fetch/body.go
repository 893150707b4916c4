package fetch

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// acceptEncoding lists the encodings that decode supports.
const acceptEncoding = "gzip, deflate, br, zstd"

// Limits on the total memory of bodies, since many requests run at once and few of their bodies are large.
const (
	largeBody   = 1 << 20 // bytes, after decompression
	largeBodies = 12      // maximum number of such bodies read at once
)

var (
	errTooLarge = errors.New("too large")
	errEncoding = errors.New("the body's compression is broken; the server is at fault")
)

// readBody reads a whole body and decompresses it. Both the compressed and the decompressed size are limited, so a small body
// cannot expand into a large one. Beyond largeBody bytes the reader waits for one of the largeBodies slots.
func readBody(resp *http.Response, limit int64, large chan struct{}) ([]byte, error) {
	if resp.ContentLength > limit {
		return nil, errTooLarge
	}
	wire := &limitedReader{r: resp.Body, left: limit}
	decoded, err := decode(wire, resp.Header.Values("Content-Encoding"), limit)
	if err != nil {
		return nil, encodingError(err, wire)
	}
	defer func() { _ = decoded.Close() }() // the body has been read
	var out bytes.Buffer
	out.Grow(int(min(max(resp.ContentLength, 0), largeBody)) + bytes.MinRead) // a larger Content-Length is not trusted
	rest := &limitedReader{r: decoded, left: limit}
	if n, err := io.CopyN(&out, rest, largeBody); errors.Is(err, io.EOF) {
		return out.Bytes(), nil
	} else if err != nil || n < largeBody {
		return nil, encodingError(err, wire)
	}
	ctx := resp.Request.Context()
	select {
	case large <- struct{}{}:
		defer func() { <-large }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if _, err := out.ReadFrom(rest); err != nil {
		return nil, encodingError(err, wire)
	}
	return out.Bytes(), nil
}

// encodingError distinguishes a body that cannot be decoded from one that did not arrive.
func encodingError(err error, wire *limitedReader) error {
	if wire.failed || errors.Is(err, errTooLarge) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return fmt.Errorf("%w: %w", errEncoding, err)
}

// limitedReader fails after a number of bytes, while io.LimitReader would truncate silently.
type limitedReader struct {
	r      io.Reader
	left   int64
	failed bool // the underlying reader failed
}

// Read implements io.Reader.
func (l *limitedReader) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	l.failed = err != nil && !errors.Is(err, io.EOF)
	if l.left -= int64(n); l.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// maxLayers is the maximum number of compression layers of a body.
const maxLayers = 3

// decode decompresses a body. If the first bytes of a layer show a coding, they decide, since headers often name none ("utf-8",
// "aws-chunked"), too few or a wrong one. Each layer gives at most limit bytes.
func decode(body io.Reader, header []string, limit int64) (io.ReadCloser, error) {
	names := strings.FieldsFunc(strings.ToLower(strings.Join(header, ",")), func(r rune) bool { return strings.ContainsRune(", \t\"", r) })
	in := bufio.NewReaderSize(body, peekSize)
	out := &layeredReader{}
	for {
		head, err := in.Peek(peekSize)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, out.fail(err)
		}
		kind := detectCoding(head)
		switch {
		case kind == "" && isText(head):
			names = nil
		case kind == "":
			kind, names = nextCoding(names)
		default:
			_, names = nextCoding(names)
		}
		switch {
		case kind == "":
			out.Reader = in
			return out, nil
		case len(out.open) == maxLayers:
			return nil, out.fail(fmt.Errorf("the body is compressed more than %d times; the server is at fault", maxLayers))
		}
		d, err := decoder(in, kind, head)
		if err != nil {
			return nil, out.fail(err)
		}
		out.open = append(out.open, d)
		in = bufio.NewReaderSize(&limitedReader{r: d, left: limit}, peekSize)
	}
}

// peekSize is the number of bytes of a layer that are examined.
const peekSize = 4096

// layeredReader reads the output of all layers.
type layeredReader struct {
	io.Reader
	open []io.Closer
}

// Close implements io.Closer.
func (l *layeredReader) Close() error {
	var errs []error
	for _, c := range l.open {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// fail ends the reading with an error.
func (l *layeredReader) fail(err error) error {
	_ = l.Close() // nothing more is read
	return err
}

// nextCoding removes the last coding from the names in a header. It returns "" if no known coding is left.
func nextCoding(names []string) (coding string, rest []string) {
	for i := len(names) - 1; i >= 0; i-- {
		name, _, _ := strings.Cut(names[i], ";")
		switch name {
		case "gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress":
			return name, names[:i]
		}
	}
	return "", nil
}

// detectCoding returns the compression that the first bytes show. Brotli and raw deflate cannot be detected.
func detectCoding(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b\x08")):
		return "gzip"
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return "zstd"
	case isZlib(head) && head[0] == 0x78 && !isText(head) && canRead(head, zlib.NewReader):
		return "deflate"
	}
	return ""
}

// isText reports whether a body is not compressed: it is UTF-8 without control characters, or it begins like a feed or page,
// possibly in UTF-16.
func isText(head []byte) bool {
	for _, mark := range []string{"\xfe\xff", "\xff\xfe", "<\x00", "\x00<", "{\x00", "\x00{", "\x00\x00\x00<"} {
		if bytes.HasPrefix(head, []byte(mark)) {
			return true
		}
	}
	for _, c := range head {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b {
			return false
		}
	}
	if start := bytes.TrimLeft(head, "\ufeff \t\r\n"); len(start) > 0 && (start[0] == '<' || start[0] == '{') {
		return true
	}
	for cut := range min(len(head)+1, utf8.UTFMax) { // the last character may be cut off
		if utf8.Valid(head[:len(head)-cut]) {
			return true
		}
	}
	return false
}

func decoder(in *bufio.Reader, coding string, head []byte) (io.ReadCloser, error) {
	switch coding {
	case "gzip", "x-gzip":
		if detectCoding(head) != "gzip" {
			return io.NopCloser(in), nil
		}
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("reading gzip: %w", err)
		}
		z.Multistream(false)
		return &gzipReader{Reader: z, in: in}, nil
	case "deflate":
		// The standard requires the zlib header, but many servers omit it. A stream without the header may begin with two bytes
		// that look like it.
		rawDeflate := func(r io.Reader) (io.ReadCloser, error) { return flate.NewReader(r), nil }
		if !isZlib(head) || !canRead(head, zlib.NewReader) && canRead(head, rawDeflate) {
			return flate.NewReader(in), nil
		}
		z, err := zlib.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("reading deflate: %w", err)
		}
		return z, nil
	case "br":
		return io.NopCloser(brotli.NewReader(in)), nil // its window is at most 16 MB
	case "zstd":
		d, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			return nil, fmt.Errorf("reading zstd: %w", err)
		}
		return d.IOReadCloser(), nil
	}
	return nil, fmt.Errorf("the body is encoded as %.30q, which was not asked for; the server is at fault", coding)
}

// gzipReader reads gzip up to the end of its last member. It ignores the bytes after that, since some servers append garbage.
type gzipReader struct {
	*gzip.Reader
	in *bufio.Reader
}

// Read implements io.Reader.
func (m *gzipReader) Read(p []byte) (int, error) {
	for {
		n, err := m.Reader.Read(p)
		switch {
		case !errors.Is(err, io.EOF):
			return n, err
		case n > 0:
			return n, nil // the next call returns the end of the member again
		}
		head, err := m.in.Peek(3)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if detectCoding(head) != "gzip" {
			return 0, io.EOF
		}
		if err := m.Reset(m.in); err != nil {
			return 0, err
		}
		m.Multistream(false)
	}
}

func isZlib(head []byte) bool {
	return len(head) >= 2 && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0
}

// canRead reports whether a beginning can be decoded as far as it goes.
func canRead(head []byte, open func(io.Reader) (io.ReadCloser, error)) bool {
	z, err := open(bytes.NewReader(head))
	if err == nil {
		_, err = io.CopyN(io.Discard, z, peekSize)
	}
	return err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
