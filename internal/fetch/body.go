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

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// acceptEncoding names what decoder can undo.
const acceptEncoding = "gzip, deflate, br, zstd"

// Many requests run at once and few of their bodies are large, so these bound the memory that they take together.
const (
	largeBody   = 1 << 20 // bytes, after decompression
	largeBodies = 12      // as large as that, read at once
)

var (
	errTooLarge = errors.New("too large")
	errEncoding = errors.New("the body's compression is broken; the server is at fault")
)

// readBody reads a body whole, undoing its compression. Both what comes over the wire and what comes out of it are
// bounded, so that a small body cannot unfold into a large one. A body that turns out to be large goes on when it has
// one of the places for those.
func readBody(resp *http.Response, limit int64, large chan struct{}) ([]byte, error) {
	if resp.ContentLength > limit {
		return nil, errTooLarge
	}
	wire := &limited{r: resp.Body, left: limit}
	decoded, err := decode(wire, resp.Header.Get("Content-Encoding"))
	if err != nil {
		return nil, encodingError(err, wire)
	}
	defer func() { _ = decoded.Close() }() // all that is wanted of it has been read
	var out bytes.Buffer
	out.Grow(int(min(max(resp.ContentLength, 0), largeBody)) + bytes.MinRead) // no more for a length that is only said
	rest := &limited{r: decoded, left: limit}
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

// encodingError tells a body that cannot be decoded from one that did not arrive.
func encodingError(err error, wire *limited) error {
	if wire.failed || errors.Is(err, errTooLarge) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return fmt.Errorf("%w: %w", errEncoding, err)
}

// limited is a reader that fails beyond a number of bytes, where io.LimitReader would cut silently.
type limited struct {
	r      io.Reader
	left   int64
	failed bool // the reader beneath failed
}

// Read implements io.Reader.
func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	l.failed = err != nil && !errors.Is(err, io.EOF)
	if l.left -= int64(n); l.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// decode undoes the encodings of a header such as "gzip", in reverse.
func decode(body io.Reader, header string) (io.ReadCloser, error) {
	encodings := strings.FieldsFunc(strings.ToLower(header), func(r rune) bool { return r == ',' || r == ' ' })
	if len(encodings) > 2 {
		return nil, fmt.Errorf("the body is encoded %d times (%.60s); the server is at fault", len(encodings), header)
	}
	out := io.NopCloser(body)
	for i := len(encodings) - 1; i >= 0; i-- {
		next, err := decoder(out, encodings[i])
		if err != nil {
			return nil, err
		}
		out = next
	}
	if len(encodings) == 0 {
		return unpacked(body)
	}
	return out, nil
}

func decoder(body io.Reader, encoding string) (io.ReadCloser, error) {
	in := bufio.NewReader(body)
	switch encoding {
	case "identity", "utf-8":
		return io.NopCloser(in), nil
	case "gzip", "x-gzip":
		return unpacked(in)
	case "deflate":
		return inflate(in)
	case "br":
		return io.NopCloser(brotli.NewReader(in)), nil // its window is 16 MB at most
	case "zstd":
		d, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			return nil, fmt.Errorf("reading zstd: %w", err)
		}
		return d.IOReadCloser(), nil
	}
	return nil, fmt.Errorf("the body is encoded as %.30q, which was not asked for; the server is at fault", encoding)
}

// unpacked undoes gzip where there is any: some servers announce it and send plain text, or the reverse.
func unpacked(body io.Reader) (io.ReadCloser, error) {
	in, ok := body.(*bufio.Reader)
	if !ok {
		in = bufio.NewReader(body)
	}
	if magic, _ := in.Peek(2); len(magic) < 2 || magic[0] != 0x1f || magic[1] != 0x8b {
		return io.NopCloser(in), nil // a read error comes again when the body is read
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("reading gzip: %w", err)
	}
	return z, nil
}

// inflate reads deflate with the zlib header that the standard wants, or without, as many servers send it.
func inflate(in *bufio.Reader) (io.ReadCloser, error) {
	head, _ := in.Peek(2) // an error comes again when the body is read
	if len(head) < 2 {
		return io.NopCloser(in), nil
	}
	if head[0]&0x0f != 8 || (int(head[0])<<8|int(head[1]))%31 != 0 {
		return flate.NewReader(in), nil
	}
	z, err := zlib.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("reading deflate: %w", err)
	}
	return z, nil
}
