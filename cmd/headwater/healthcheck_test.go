package main

import "testing"

func TestHealthAddress(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:8080":    "http://127.0.0.1:8080/readyz",
		":8080":             "http://127.0.0.1:8080/readyz",
		"0.0.0.0:80":        "http://127.0.0.1:80/readyz",
		"[::]:8080":         "http://[::1]:8080/readyz",
		"news.example:8080": "http://news.example:8080/readyz",
		"10.1.2.3:8080":     "http://10.1.2.3:8080/readyz",
	} {
		if got, err := healthAddress(listen); err != nil || got != want {
			t.Errorf("healthAddress(%q) = %q, %v, want %q", listen, got, err, want)
		}
	}
}
