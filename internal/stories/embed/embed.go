// Package embed gets the vectors of texts from an endpoint with OpenAI's embeddings API (Ollama, llama.cpp's server, Text
// Embeddings Inference). The cosine of two vectors measures the similarity of the texts' meanings.
package embed

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"headwater/internal/text"
)

// Poster sends a body to an address. fetch.Client implements it: it refuses addresses that are not public, unless
// fetch.allow_private names them, and follows no redirects.
type Poster interface {
	Post(ctx context.Context, address string, header http.Header, body []byte) (*http.Response, error)
}

// Options configure a Client. Endpoint and Model must be set.
type Options struct {
	// Endpoint is the address before /v1/embeddings, without a trailing slash.
	Endpoint string
	// Model is the endpoint's name for the model.
	Model string
	// Key is sent as a bearer token and is never in an error. "" sends none.
	Key string
	// Batch is the number of texts per request. Zero means 32.
	Batch int
}

// Client uses one model of one endpoint. It is safe for concurrent use.
type Client struct {
	opt     Options
	address string
	poster  Poster
}

// New makes a client that sends its requests through a Poster.
func New(o Options, p Poster) *Client {
	o.Batch = cmp.Or(o.Batch, 32)
	return &Client{opt: o, address: o.Endpoint + "/v1/embeddings", poster: p}
}

// Model returns the name of the model.
func (c *Client) Model() string { return c.opt.Model }

// Batch returns the number of texts per request.
func (c *Client) Batch() int { return c.opt.Batch }

// Error says why there are no vectors, at which address, and what to do.
type Error struct {
	Address    string
	RetryAfter time.Duration // the wait that the endpoint asks for; 0 if it asks for none
	Err        error
}

// Error implements error.
func (e *Error) Error() string { return e.Address + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func (c *Client) errorf(format string, args ...any) *Error {
	return &Error{Address: c.address, Err: fmt.Errorf(format, args...)}
}

// Vectors returns a vector of length one for each text, all of one dimension, in the order of the texts. It requests them batch
// by batch. With an error it returns the vectors of the batches before.
func (c *Client) Vectors(ctx context.Context, texts []string) ([][]float32, error) {
	all := make([][]float32, 0, len(texts))
	for batch := range slices.Chunk(texts, c.opt.Batch) {
		vectors, err := c.request(ctx, batch)
		if err != nil {
			return all, err
		}
		if len(all) > 0 && len(all[0]) != len(vectors[0]) {
			return all, c.errorf("its vectors have %d numbers now and had %d before; name a model that keeps to one size", len(vectors[0]), len(all[0]))
		}
		all = append(all, vectors...)
	}
	return all, nil
}

// request is the body of a request.
type request struct {
	Model  string   `json:"model"`
	Input  []string `json:"input"`
	Format string   `json:"encoding_format"`
}

// request makes one request.
func (c *Client) request(ctx context.Context, texts []string) ([][]float32, error) {
	body, err := json.Marshal(request{c.opt.Model, texts, "float"})
	if err != nil {
		return nil, err
	}
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}
	if c.opt.Key != "" {
		header.Set("Authorization", "Bearer "+c.opt.Key)
	}
	resp, err := c.poster.Post(ctx, c.address, header, body)
	if err != nil {
		return nil, c.noAnswer(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }() // the body has been read
	return c.read(ctx, resp, len(texts))
}

// noAnswer explains a request without a complete answer. If the caller has ended the request, that is the only reason.
func (c *Client) noAnswer(ctx context.Context, err error) error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded):
		return c.errorf("no whole answer in time; raise embeddings.timeout, lower embeddings.batch or choose a smaller model: %w", context.DeadlineExceeded)
	}
	return fmt.Errorf("ask for embeddings: %w", err)
}

// The maximum sizes of an answer, in bytes.
const (
	maxVector    = 1 << 18 // per vector: ten thousand numbers at full length
	maxComplaint = 1 << 16 // of an answer that is an error
)

// read handles the answer according to its status.
func (c *Client) read(ctx context.Context, resp *http.Response, texts int) ([][]float32, error) {
	limit := int64(texts)*maxVector + maxComplaint
	if resp.StatusCode != http.StatusOK {
		limit = maxComplaint
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case resp.StatusCode != http.StatusOK:
		e := c.errorf("%d %s: %s%s", resp.StatusCode, http.StatusText(resp.StatusCode), advice(resp), c.quoteMessage(body)) // with the part of the message that arrived
		if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
			e.RetryAfter = time.Duration(min(max(seconds, 0), 3600)) * time.Second
		}
		return nil, e
	case err != nil && ctx.Err() != nil:
		return nil, c.noAnswer(ctx, err)
	case err != nil:
		return nil, c.errorf("the connection broke off before the answer was whole; it is tried again later: %w", err)
	case int64(len(body)) > limit:
		return nil, c.errorf("its answer is larger than %d bytes, too large for vectors of %d texts; check embeddings.endpoint", limit, texts)
	}
	vectors, err := parse(body, texts)
	if err != nil {
		return nil, c.errorf("%w; check embeddings.endpoint and embeddings.model, and the endpoint's own log", err)
	}
	return vectors, nil
}

// advice describes a status and what to do.
func advice(resp *http.Response) string {
	switch s := resp.StatusCode; {
	case s >= 300 && s < 400:
		return fmt.Sprintf("it redirects to %.200q, which is not followed; set embeddings.endpoint to where it leads", resp.Header.Get("Location"))
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		return "it refuses us; check embeddings.api_key"
	case s == http.StatusNotFound:
		return "no embeddings at this address, or no such model; check embeddings.endpoint and embeddings.model"
	case s == http.StatusTooManyRequests:
		return "it is asked too often; it is left alone for a while"
	case s == http.StatusRequestEntityTooLarge:
		return "it finds the request too large; lower embeddings.batch"
	case s >= 500:
		return "it has a problem of its own; see its log"
	}
	return "it does not take the request; check embeddings.endpoint, embeddings.model and embeddings.batch"
}

// response is the body of a response. Some servers write NaN as null.
type response struct {
	Data []struct {
		Index     *int       `json:"index"`
		Embedding []*float64 `json:"embedding"`
	} `json:"data"`
}

// parse reads an answer for a number of texts and checks that each text has a vector.
func parse(body []byte, texts int) ([][]float32, error) {
	var a response
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, fmt.Errorf("its answer is no list of vectors: %w", err)
	}
	if len(a.Data) != texts {
		return nil, fmt.Errorf("it gives %d vectors for %d texts", len(a.Data), texts)
	}
	vectors := make([][]float32, texts)
	for _, d := range a.Data {
		if d.Index == nil || *d.Index < 0 || *d.Index >= texts || vectors[*d.Index] != nil {
			return nil, errors.New("it does not say of each vector which text it is of")
		}
		if len(d.Embedding) != len(a.Data[0].Embedding) {
			return nil, fmt.Errorf("its vectors have %d numbers here and %d there", len(a.Data[0].Embedding), len(d.Embedding))
		}
		v, err := unitVector(d.Embedding)
		if err != nil {
			return nil, err
		}
		vectors[*d.Index] = v
	}
	return vectors, nil
}

// unitVector returns a vector of length one.
func unitVector(numbers []*float64) ([]float32, error) {
	sum := 0.0
	for _, x := range numbers {
		if x == nil {
			return nil, errors.New("a vector holds null where a number should stand")
		}
		sum += *x * *x
	}
	if sum == 0 || math.IsInf(sum, 0) {
		return nil, fmt.Errorf("a vector has the length %g", math.Sqrt(sum))
	}
	v := make([]float32, len(numbers))
	for i, x := range numbers {
		v[i] = float32(*x / math.Sqrt(sum))
	}
	return v, nil
}

// quoteMessage returns the endpoint's own message about an error, shortened and without the key, as the end of a sentence.
func (c *Client) quoteMessage(body []byte) string {
	words := message(body)
	if c.opt.Key != "" {
		words = strings.ReplaceAll(words, c.opt.Key, "(secret)")
	}
	words = strings.Join(strings.Fields(words), " ")
	if words == "" {
		return ""
	}
	const most = 200
	if runes := []rune(words); len(runes) > most {
		words = string(runes[:most-1]) + "…"
	}
	return " (it says " + strconv.Quote(words) + ")"
}

// message finds the message in {"error": {"message": "..."}}, {"error": "..."} or {"message": "..."}.
func message(body []byte) string {
	var outer struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
	}
	if json.Unmarshal(body, &outer) != nil {
		return "" // a web page, or nothing
	}
	var inner struct {
		Message string `json:"message"`
	}
	var words string
	if json.Unmarshal(outer.Error, &inner) == nil && inner.Message != "" {
		return inner.Message
	}
	if json.Unmarshal(outer.Error, &words) == nil && words != "" {
		return words
	}
	return outer.Message
}

// Cosine compares two vectors of length one: 1 if they are equal, 0 if they are unrelated. It is NaN if one is missing or their
// dimensions differ, as those of different models do.
func Cosine(a, b []float32) float64 {
	if len(a) == 0 || len(a) != len(b) {
		return math.NaN()
	}
	dot := 0.0
	for i, x := range a {
		dot += float64(x) * float64(b[i])
	}
	return min(max(dot, -1), 1)
}

// Limits of the opening of a body that is embedded. The limit in bytes is for scripts without spaces between words. It keeps a
// text within the 512 tokens that small models read.
const (
	openingWords = 200
	openingBytes = 1500
)

// Text returns the text by which an article is embedded: its title and the opening of its body. In news the subject comes
// first.
func Text(title, body string) string {
	words := strings.Fields(text.Cut(body, 4*openingBytes))
	opening := text.Cut(strings.Join(words[:min(len(words), openingWords)], " "), openingBytes)
	return strings.TrimSpace(strings.TrimSpace(text.Cut(title, openingBytes)) + "\n\n" + opening)
}
