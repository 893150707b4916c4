package embed_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/intake/fetch"
	"headwater/internal/stories/embed"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// asked is a request as the endpoint hears it.
type asked struct {
	Model  string   `json:"model"`
	Input  []string `json:"input"`
	Format string   `json:"encoding_format"`
}

func hear(t *testing.T, r *http.Request) asked {
	t.Helper()
	var q asked
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		t.Errorf("the request is no JSON: %v", err)
	}
	return q
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// client asks an endpoint by way of the program's own connections.
func client(t *testing.T, o embed.Options, allow []netip.Prefix) *embed.Client {
	t.Helper()
	c, err := fetch.New(fetch.Options{UserAgent: "Headwater/test", AllowPrivate: allow})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return embed.New(o, c)
}

// send writes an answer to who may have hung up.
func send(w io.Writer, text string) { _, _ = io.WriteString(w, text) }

// TestVectors has an endpoint give each text the vector (its length, 4), the last text first.
func TestVectors(t *testing.T) {
	var batches []asked
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		q := hear(t, r)
		batches = append(batches, q)
		if got := r.Method + " " + r.URL.Path; got != "POST /v1/embeddings" {
			t.Errorf("asked for %s", got)
		}
		for name, want := range map[string]string{"Authorization": "Bearer sk-1", "Content-Type": "application/json", "User-Agent": "Headwater/test"} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		var data []string
		for i := len(q.Input) - 1; i >= 0; i-- {
			data = append(data, fmt.Sprintf(`{"object":"embedding","index":%d,"embedding":[%d,4]}`, i, len(q.Input[i])))
		}
		send(w, `{"object":"list","model":"m","data":[`+strings.Join(data, ",")+`],"usage":{"total_tokens":1}}`)
	})
	c := client(t, embed.Options{Endpoint: url, Model: "m", Key: "sk-1", Batch: 2}, loopback)
	got, err := c.Vectors(t.Context(), []string{"", "aaa", "aa", "aaaaa", "a"})
	if err != nil {
		t.Fatal(err)
	}
	unit := func(x float64) []float32 {
		return []float32{float32(x / math.Hypot(x, 4)), float32(4 / math.Hypot(x, 4))}
	}
	if diff := cmp.Diff([][]float32{unit(0), unit(3), unit(2), unit(5), unit(1)}, got); diff != "" {
		t.Errorf("vectors (-want +got):\n%s", diff)
	}
	want := []asked{{"m", []string{"", "aaa"}, "float"}, {"m", []string{"aa", "aaaaa"}, "float"}, {"m", []string{"a"}, "float"}}
	if diff := cmp.Diff(want, batches); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if none, err := c.Vectors(t.Context(), nil); len(none) > 0 || err != nil || len(batches) != 3 {
		t.Errorf("of no texts: %v, %v, %d requests", none, err, len(batches))
	}
}

func TestNoKeyNoHeader(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got, sent := r.Header["Authorization"]; sent {
			t.Errorf("Authorization: %q", got)
		}
		send(w, `{"data":[{"index":0,"embedding":[1]}]}`)
	})
	if _, err := client(t, embed.Options{Endpoint: url, Model: "m"}, loopback).Vectors(t.Context(), []string{"a"}); err != nil {
		t.Error(err)
	}
}

// Each answer is given to a request about two texts.
func TestWrongAnswers(t *testing.T) {
	two := `{"data":[{"index":0,"embedding":[1,2]},{"index":1,"embedding":%s}]}`
	tests := []struct {
		name   string
		status int
		body   string
		says   []string
	}{
		{"too few", 200, `{"data":[{"index":0,"embedding":[1,2]}]}`, []string{"1 vectors for 2 texts", "embeddings.model"}},
		{"too many", 200, `{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1]},{"index":2,"embedding":[1]}]}`, []string{"3 vectors for 2 texts"}},
		{"none", 200, `{}`, []string{"0 vectors for 2 texts"}},
		{"one index twice", 200, `{"data":[{"index":1,"embedding":[1]},{"index":1,"embedding":[1]}]}`, []string{"which text"}},
		{"an index beyond", 200, `{"data":[{"index":0,"embedding":[1]},{"index":2,"embedding":[1]}]}`, []string{"which text"}},
		{"an index below", 200, `{"data":[{"index":-1,"embedding":[1]},{"index":0,"embedding":[1]}]}`, []string{"which text"}},
		{"no index", 200, `{"data":[{"embedding":[1]},{"embedding":[1]}]}`, []string{"which text"}},
		{"two dimensions", 200, fmt.Sprintf(two, `[1,2,3]`), []string{"2 numbers here and 3 there"}},
		{"no numbers", 200, `{"data":[{"index":0,"embedding":[]},{"index":1,"embedding":[]}]}`, []string{"length 0"}},
		{"zeros", 200, fmt.Sprintf(two, `[0,0]`), []string{"length 0"}},
		{"NaN", 200, fmt.Sprintf(two, `[NaN,1]`), []string{"no list of vectors", "invalid character 'N'"}},
		{"null for NaN", 200, fmt.Sprintf(two, `[null,1]`), []string{"null where a number"}},
		{"infinite", 200, fmt.Sprintf(two, `[1e999,1]`), []string{"no list of vectors", "1e999"}},
		{"all but infinite", 200, fmt.Sprintf(two, `[1e200,1]`), []string{"length +Inf"}},
		{"base64", 200, fmt.Sprintf(two, `"AACAPw=="`), []string{"no list of vectors"}},
		{"a page", 200, `<!DOCTYPE html><p>Welcome`, []string{"no list of vectors", "check embeddings.endpoint"}},
		{"half", 200, `{"data":[{"index":0`, []string{"no list of vectors"}},
		{"huge", 200, strings.Repeat(" ", 1<<20), []string{"larger than 589824 bytes"}},
		{"server error", 500, `{"error":{"message":"out of\n memory"}}`, []string{"500 Internal Server Error", "see its log", `"out of memory"`}},
		{"an error in a word", 404, `{"error":"model \"m\" not found, try pulling it first"}`, []string{"404 Not Found", "embeddings.model", "try pulling it first"}},
		{"an error by itself", 422, `{"message":"batch size 2 > maximum allowed batch size 1"}`, []string{"422", "embeddings.batch", "maximum allowed"}},
		{"a huge error", 503, strings.Repeat("x", 1<<20), []string{"503"}},
		{"a long error", 400, `{"error":"` + strings.Repeat("é", 1<<10) + `"}`, []string{strings.Repeat("é", 199) + "…"}},
		{"too large", 413, ``, []string{"413", "lower embeddings.batch"}},
		{"the key is wrong", 401, `{"error":{"message":"sk-1 is not a key"}}`, []string{"401 Unauthorized", "check embeddings.api_key", "(secret) is not a key"}},
		{"made, but of what", 204, ``, []string{"204 No Content"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				send(w, tt.body)
			})
			got, err := client(t, embed.Options{Endpoint: url, Model: "m", Key: "sk-1"}, loopback).Vectors(t.Context(), []string{"a", "b"})
			if len(got) > 0 {
				t.Errorf("vectors %v", got)
			}
			wantError(t, err, append(tt.says, url+"/v1/embeddings: ")...)
		})
	}
}

// wantError wants an error that names all of it, and no key.
func wantError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one with %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "sk-1") {
		t.Errorf("error %q holds the key", err)
	}
}

func TestAskedTooOften(t *testing.T) {
	tests := []struct {
		header string
		want   time.Duration
	}{
		{"90", 90 * time.Second}, {"0", 0}, {"-5", 0}, {"", 0}, {"soon", 0}, {"99999999", time.Hour}, {"9223372036854775807", time.Hour},
	}
	for _, tt := range tests {
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", tt.header)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		_, err := client(t, embed.Options{Endpoint: url, Model: "m"}, loopback).Vectors(t.Context(), []string{"a"})
		wantError(t, err, "429 Too Many Requests", "asked too often")
		var e *embed.Error
		if !errors.As(err, &e) || e.RetryAfter != tt.want {
			t.Errorf("Retry-After: %s gives %v, want %s", tt.header, e, tt.want)
		}
	}
}

// ways of failing in the midst of an answer, or before it.
func TestNoAnswer(t *testing.T) {
	tests := []struct {
		name string
		h    http.HandlerFunc
		says []string
	}{
		{"silence", func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // so that the server hears of the end
			<-r.Context().Done()
		}, []string{"no whole answer in time", "embeddings.timeout"}},
		{"silence midway", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			send(w, `{"data":[`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, []string{"no whole answer in time"}},
		{"death", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, []string{"broke off", "/v1/embeddings"}},
		{"death midway", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5000")
			send(w, `{"data":[`)
		}, []string{"broke off", "/v1/embeddings"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			_, err := client(t, embed.Options{Endpoint: serve(t, tt.h), Model: "m", Key: "sk-1"}, loopback).Vectors(ctx, []string{"a"})
			wantError(t, err, tt.says...)
		})
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	})
	_, err := client(t, embed.Options{Endpoint: url, Model: "m"}, loopback).Vectors(ctx, []string{"a"})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want context.Canceled", err)
	}
}

// A server that dies, or changes its mind, in the third batch leaves the vectors of the first two.
func TestEndMidway(t *testing.T) {
	for _, third := range []string{"", `{"data":[{"index":0,"embedding":[1,2,3]}]}`} {
		var requests atomic.Int32
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if requests.Add(1) < 3 {
				send(w, `{"data":[{"index":0,"embedding":[0,7]}]}`)
				return
			}
			if third == "" {
				panic(http.ErrAbortHandler)
			}
			send(w, third)
		})
		c := client(t, embed.Options{Endpoint: url, Model: "m", Batch: 1}, loopback)
		got, err := c.Vectors(t.Context(), []string{"a", "b", "c", "d"})
		if err == nil || len(got) != 2 || requests.Load() != 3 {
			t.Errorf("%d vectors after %d requests, %v", len(got), requests.Load(), err)
		}
		if third != "" {
			wantError(t, err, "3 numbers now and had 2 before")
		}
	}
}

func TestPrivateAddresses(t *testing.T) {
	inner := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the inner server is asked") })
	for _, to := range []string{inner + "/v1/embeddings", "http://10.0.0.1/v1/embeddings"} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusPermanentRedirect) })
		_, err := client(t, embed.Options{Endpoint: url, Model: "m", Key: "sk-1"}, loopback).Vectors(t.Context(), []string{"a"})
		wantError(t, err, "308 Permanent Redirect", to, "not followed")
	}
	_, err := client(t, embed.Options{Endpoint: inner, Model: "m", Key: "sk-1"}, nil).Vectors(t.Context(), []string{"a"})
	wantError(t, err, inner, "fetch.allow_private")
}
