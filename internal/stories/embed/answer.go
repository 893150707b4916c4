package embed

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// answer is the body of a response. What should be a number and is null is how some servers write NaN.
type answer struct {
	Data []struct {
		Index     *int       `json:"index"`
		Embedding []*float64 `json:"embedding"`
	} `json:"data"`
}

// parse reads an answer about some texts and checks that it gives each of them its vector.
func parse(body []byte, texts int) ([][]float32, error) {
	var a answer
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
		v, err := unit(d.Embedding)
		if err != nil {
			return nil, err
		}
		vectors[*d.Index] = v
	}
	return vectors, nil
}

// unit makes a vector of length one.
func unit(numbers []*float64) ([]float32, error) {
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

// said gives the endpoint's own words about an error, shortened and without the key, as the end of a sentence.
func (c *Client) said(body []byte) string {
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

// message finds the words in {"error": {"message": "..."}}, {"error": "..."} or {"message": "..."}.
func message(body []byte) string {
	var outer struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
	}
	if json.Unmarshal(body, &outer) != nil {
		return "" // a page for people, or nothing
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
