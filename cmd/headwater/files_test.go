package main

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
)

func TestReadLimited(t *testing.T) {
	packed := func(size int) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for name, tc := range map[string]struct {
		data    []byte
		size    int
		problem string
	}{
		"plain":             {make([]byte, 1000), 1000, ""},
		"too long":          {make([]byte, 1001), 0, "larger than 1000 bytes, the most that is read (some.rule)"},
		"packed":            {packed(1000), 1000, ""},
		"packed, too long":  {packed(1 << 24), 0, "larger than 1000 bytes after decompression, the most that is read (some.rule)"},
		"packed, torn":      {packed(1000)[:15], 0, "unexpected EOF"},
		"empty":             {nil, 0, ""},
		"a gzip mark alone": {[]byte("\x1f\x8b"), 0, "EOF"},
	} {
		data, err := readLimited(bytes.NewReader(tc.data), 1000, "some.rule")
		if len(data) != tc.size || (err == nil) != (tc.problem == "") || err != nil && !strings.Contains(err.Error(), tc.problem) {
			t.Errorf("%s: %d bytes, %v; want %d, %q", name, len(data), err, tc.size, tc.problem)
		}
	}
}
