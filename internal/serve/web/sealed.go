package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
)

// sealed makes and reads the addresses under which we fetch what articles hold: PATH/SEAL/ADDRESS. The seal is an HMAC-SHA256 with
// key over purpose and the address, so that nobody makes us fetch what no article holds, and none of one purpose serves another.
type sealed struct {
	path    string // with slashes
	purpose string // no address begins with it
	key     []byte // 32 random bytes that survive a restart
}

func (s sealed) sign(address string) []byte {
	h := hmac.New(sha256.New, s.key)
	_, _ = io.WriteString(h, s.purpose+address) // a hash takes everything
	return h.Sum(nil)
}

// link is the address of ours for that of a file.
func (s sealed) link(address string) string {
	b64 := base64.RawURLEncoding
	return s.path + b64.EncodeToString(s.sign(address)) + "/" + b64.EncodeToString([]byte(address))
}

// open reads the address of a file from a request whose path has {seal} and {address}, and sets the headers of what is passed on. It
// refuses an address that was not made here.
func (s sealed) open(w http.ResponseWriter, r *http.Request) (address string, ok bool) {
	h := w.Header()
	h.Set("Content-Security-Policy", filePolicy)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	signature, errSignature := base64.RawURLEncoding.DecodeString(r.PathValue("seal"))
	plain, errAddress := base64.RawURLEncoding.DecodeString(r.PathValue("address"))
	if len(s.key) == 0 || errSignature != nil || errAddress != nil || !hmac.Equal(signature, s.sign(string(plain))) {
		http.Error(w, "This address was not made here.", http.StatusForbidden)
		return "", false
	}
	return string(plain), true
}

const (
	filePolicy   = "sandbox; default-src 'none'" // opened by itself a file is a document without rights
	maxValidator = 1000                          // bytes
)

// validatorOf is a header of a browser that is passed on to where a file is; "" where it is too long.
func validatorOf(r *http.Request, header string) string {
	if v := r.Header.Get(header); len(v) <= maxValidator {
		return v
	}
	return ""
}
