package fetch

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"headwater/internal/news"
)

func pack(t *testing.T, data []byte, open func(io.Writer) (io.WriteCloser, error)) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t *testing.T, data []byte) []byte {
	return pack(t, data, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil })
}

func TestEncodings(t *testing.T) {
	feed := []byte(strings.Repeat("<item>words about the sea</item>", 200))
	raw := pack(t, feed, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 9) })
	zlibbed := pack(t, feed, func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil })
	zstded := pack(t, feed, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) })
	toBrotli := func(w io.Writer) (io.WriteCloser, error) { return brotli.NewWriter(w), nil }
	brotlied := pack(t, feed, toBrotli)
	brotli2 := pack(t, gzipped(t, feed), toBrotli)
	for _, tc := range []struct {
		name, header string
		body         []byte
		state        news.FeedState
	}{
		{"none", "", feed, ""},
		{"identity", "identity", feed, ""},
		{"gzip", "gzip", gzipped(t, feed), ""},
		{"x-gzip in capitals", "X-GZIP", gzipped(t, feed), ""},
		{"gzip of zstd", "zstd, gzip", gzipped(t, zstded), ""},
		{"gzip unannounced", "", gzipped(t, feed), ""},
		{"gzip announced only", "gzip", feed, ""},
		{"deflate", "deflate", zlibbed, ""},
		{"raw deflate", "deflate", raw, ""},
		{"zstd", "zstd", zstded, ""},
		{"br", "br", brotlied, ""},
		{"br of gzip", "gzip, br", brotli2, ""},
		{"br announced only", "br", feed, ""},
		{"deflate announced only", "deflate", feed, ""},
		{"zstd announced only", "zstd", feed, ""},
		{"two announced only", "gzip, br", feed, ""},
		{"no coding", "none", feed, ""},
		{"a charset", "utf-8", feed, ""},
		{"another charset", "ISO-8859-1", feed, ""},
		{"chunks of a cloud's", "aws-chunked", feed, ""},
		{"binary", "binary", feed, ""},
		{"a charset and gzip", "UTF-8, gzip", gzipped(t, feed), ""},
		{"a charset instead of gzip", "utf-8", gzipped(t, feed), ""},
		{"in quotes", `"gzip"`, gzipped(t, feed), ""},
		{"gzip twice", "gzip, gzip", gzipped(t, gzipped(t, feed)), ""},
		{"gzip twice, announced once", "gzip", gzipped(t, gzipped(t, feed)), ""},
		{"gzip announced twice", "gzip, gzip", gzipped(t, feed), ""},
		{"gzip called deflate", "deflate", gzipped(t, feed), ""},
		{"gzip called br", "br", gzipped(t, feed), ""},
		{"zlib called gzip", "gzip", zlibbed, ""},
		{"zlib unannounced", "", zlibbed, ""},
		{"zstd unannounced", "", zstded, ""},
		{"gzip in members", "gzip", slices.Concat(gzipped(t, feed[:1000]), gzipped(t, nil), gzipped(t, feed[1000:])), ""},
		{"garbage behind gzip", "gzip", append(gzipped(t, feed), "<!-- served in 3 ms -->"...), ""},
		{"zeros behind gzip", "gzip", append(gzipped(t, feed), make([]byte, 512)...), ""},
		{"broken br", "br", slices.Concat(brotlied[:20], bytes.Repeat([]byte{0xff}, 100)), news.FeedHTTPError},
		{"broken deflate", "deflate", []byte("\x07\x08\x09 no stream at all"), news.FeedHTTPError},
		{"cut br", "br", brotlied[:len(brotlied)/2], news.FeedUnreachable},
		{"unknown", "compress", []byte("\x1f\x9d\x90<\xe4\x00"), news.FeedHTTPError},
		{"unknown, announced only", "compress", feed, ""},
		{"thrice", "", gzipped(t, gzipped(t, gzipped(t, feed))), ""},
		{"too many", "gzip", gzipped(t, gzipped(t, gzipped(t, gzipped(t, feed)))), news.FeedHTTPError},
		{"broken gzip", "gzip", append(gzipped(t, feed)[:20], "garbage that is no deflate stream at all"...), news.FeedHTTPError},
		{"broken zstd", "zstd", append(zstded[:20:20], feed...), news.FeedHTTPError},
		{"cut gzip", "gzip", gzipped(t, feed)[:40], news.FeedUnreachable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := server(t, func(w http.ResponseWriter, r *http.Request) {
				if tc.header != "" {
					w.Header().Set("Content-Encoding", tc.header)
				}
				if _, err := w.Write(tc.body); err != nil {
					t.Error(err)
				}
			})
			res, err := client(t, Options{}).Get(context.Background(), Request{URL: s.URL})
			if tc.state != "" {
				failure(t, err, tc.state)
				return
			}
			if err != nil || !bytes.Equal(res.Body, feed) {
				t.Errorf("got %d bytes, %v; want %d", len(res.Body), err, len(feed))
			}
		})
	}
}

// TestMembersOfGzip reads three members as gzip(1) writes them, whose last block is not an empty one. Each holds the numbers to 3,000.
func TestMembersOfGzip(t *testing.T) {
	packed, err := os.ReadFile("testdata/members.gz")
	if err != nil {
		t.Fatal(err)
	}
	var once strings.Builder
	for i := range 3000 {
		fmt.Fprintln(&once, i+1)
	}
	s := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		if _, err := w.Write(packed); err != nil {
			t.Error(err)
		}
	})
	res, err := client(t, Options{}).Get(context.Background(), Request{URL: s.URL})
	if want := strings.Repeat(once.String(), 3); err != nil || string(res.Body) != want {
		t.Errorf("got %d bytes, %v; want %d", len(res.Body), err, len(want))
	}
}

// TestCutShort: a body that ends before its end is an error, however it is compressed, and however its length is told.
func TestCutShort(t *testing.T) {
	feed := []byte(strings.Repeat("<item>words about the sea</item>", 2000))
	packed := gzipped(t, feed)
	for name, answer := range map[string]struct {
		header string
		body   []byte
	}{
		"a length that is too large":      {"Content-Length: 70000\r\n", feed},
		"such a length of gzip":           {"Content-Length: 70000\r\nContent-Encoding: gzip\r\n", packed},
		"such a length of unknown coding": {"Content-Length: 70000\r\nContent-Encoding: utf-8\r\n", feed},
		"chunks without an end":           {"Transfer-Encoding: chunked\r\n", append([]byte("40\r\n"), feed[:64]...)},
		"chunks of whole gzip":            {"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n", slices.Concat([]byte(strconv.FormatInt(int64(len(packed)), 16)+"\r\n"), packed, []byte("\r\n"))},
		"gzip up to the connection's end": {"Content-Encoding: gzip\r\n", packed[:len(packed)-20]},
	} {
		t.Run(name, func(t *testing.T) {
			s := server(t, func(w http.ResponseWriter, r *http.Request) {
				conn, buffered, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				_, err = buffered.WriteString("HTTP/1.1 200 OK\r\nConnection: close\r\n" + answer.header + "\r\n" + string(answer.body))
				if err := errors.Join(err, buffered.Flush(), conn.Close()); err != nil {
					t.Error(err)
				}
			})
			_, err := client(t, Options{}).Get(t.Context(), Request{URL: s.URL})
			failure(t, err, news.FeedUnreachable, "broke off")
		})
	}
}

// TestTooLarge has bodies that would fill the memory: each must end at the limit.
func TestTooLarge(t *testing.T) {
	const limit = 100_000
	bomb := gzipped(t, make([]byte, 50*limit))
	bomb2 := gzipped(t, bomb)
	zeros := make([]byte, 50*limit)
	endless := func(w http.ResponseWriter, r *http.Request) {
		chunk := bytes.Repeat([]byte("<item/>"), 1000)
		for r.Context().Err() == nil {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	encoded := func(encoding string, body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", encoding)
			send(w, string(body))
		}
	}
	for name, h := range map[string]http.HandlerFunc{
		"endless":        endless,
		"gzip bomb":      encoded("gzip", bomb),
		"gzip of a bomb": encoded("gzip, gzip", bomb2),
		"unannounced":    encoded("none", bomb2),
		"empty members":  encoded("gzip", gzipped(t, bytes.Repeat(gzipped(t, nil), limit))),
		"zstd of a bomb": encoded("zstd", pack(t, bomb, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) })),
		"deflate bomb":   encoded("deflate", pack(t, zeros, func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil })),
		"raw bomb":       encoded("deflate", pack(t, zeros, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 9) })),
		"brotli bomb":    encoded("br", pack(t, zeros, func(w io.Writer) (io.WriteCloser, error) { return brotli.NewWriter(w), nil })),
		"zstd bomb":      encoded("zstd", pack(t, zeros, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) })),
		"announced": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(limit+1))
			w.WriteHeader(http.StatusOK)
		},
		"one byte too many": encoded("identity", make([]byte, limit+1)),
	} {
		t.Run(name, func(t *testing.T) {
			s := server(t, h)
			_, err := client(t, Options{MaxBytes: limit}).Get(context.Background(), Request{URL: s.URL})
			failure(t, err, news.FeedTooLarge, "100000 bytes", "fetch.max_bytes")
		})
	}
	s := server(t, encoded("identity", make([]byte, limit)))
	if res, err := client(t, Options{MaxBytes: limit}).Get(context.Background(), Request{URL: s.URL}); err != nil || len(res.Body) != limit {
		t.Errorf("a body of just the limit: %d bytes, %v", len(res.Body), err)
	}
}

// TestLargeBodiesWait has a large body come when all places for such are taken: it waits, while small ones do not.
func TestLargeBodiesWait(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/large" {
			send(w, strings.Repeat("x", largeBody+1))
			return
		}
		send(w, strings.Repeat("x", largeBody-1))
	})
	c := client(t, Options{})
	for range largeBodies {
		c.large <- struct{}{}
	}
	if res, err := c.Get(t.Context(), Request{URL: s.URL + "/small"}); err != nil || len(res.Body) != largeBody-1 {
		t.Errorf("small: %d bytes, %v", len(res.Body), err)
	}
	done := make(chan int)
	go func() {
		res, err := c.Get(t.Context(), Request{URL: s.URL + "/large"})
		if err != nil {
			t.Errorf("large: %v", err)
		}
		done <- len(res.Body)
	}()
	select {
	case n := <-done:
		t.Errorf("%d bytes were read without a place", n)
	case <-time.After(100 * time.Millisecond): // long enough for a loopback server's megabyte, and no failure if not
		<-c.large
		if n := <-done; n != largeBody+1 {
			t.Errorf("large: %d bytes", n)
		}
	}
	if len(c.large) != largeBodies-1 {
		t.Errorf("%d places taken afterwards", len(c.large))
	}
}
