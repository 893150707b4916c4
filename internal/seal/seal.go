// Package seal encrypts short texts with a key from a file: AES-256-GCM with a random nonce. A sealed text is bound to the place that it
// is stored at, so it can't be moved to another row or column. Whoever stores it is package store.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// A sealed text is mark, the key's id, the SHA-256 of the text or nothing, and the nonce with the ciphertext in base64:
//
//	sealed1:0123456789abcdef:[64 hexadecimal digits]:base64
const mark = "sealed1:"

// keySize is that of AES-256, in bytes.
const keySize = 32

// Key seals and opens texts.
type Key struct {
	id   string
	aead cipher.AEAD
}

// ErrDamaged is returned for a sealed text that was altered, or moved from another place.
var ErrDamaged = errors.New("the sealed text is damaged, or belongs somewhere else")

// ErrNoKey is returned for a file that holds something else than a key.
var ErrNoKey = errors.New("there is no key in the file")

// Create makes a key, writes it to a new file that only its owner can read, and returns the key's id.
func Create(file string) (id string, err error) {
	raw := make([]byte, keySize)
	_, _ = rand.Read(raw) // crypto/rand never fails
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("%s exists already, and a key in it would be lost; name a new file", file)
	}
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(raw) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file))
	}
	return idOf(raw), nil
}

// Read reads a key from a file that Create has made. It refuses a file that every user of the machine can read.
func Read(file string) (*Key, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o007 != 0 { // Windows has no such bits
		return nil, fmt.Errorf("every user of this machine can read %s; chmod 600 it", file)
	}
	text, err := io.ReadAll(io.LimitReader(f, 1<<10))
	if err != nil {
		return nil, err
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(raw) != keySize {
		return nil, fmt.Errorf("%s: %w: %d bytes in base64 are expected, as `headwater secrets key` writes them", file, ErrNoKey, keySize)
	}
	return newKey(raw)
}

func newKey(raw []byte) (*Key, error) {
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &Key{id: idOf(raw), aead: aead}, err
}

// idOf names a key without giving anything away of it.
func idOf(raw []byte) string {
	sum := sha256.Sum256(append([]byte("headwater secrets key\n"), raw...))
	return hex.EncodeToString(sum[:8])
}

// ID names the key: 16 hexadecimal digits.
func (k *Key) ID() string { return k.id }

// Seal encrypts a text that is stored at a place.
func (k *Key) Seal(text, place string) string { return k.seal("", text, place) }

// SealToFind is Seal for a random text of at least 128 bits by which rows are found. The sealed text has its SHA-256; see Range.
func (k *Key) SealToFind(text, place string) string { return k.seal(sum(text), text, place) }

func (k *Key) seal(sum, text, place string) string {
	head := mark + k.id + ":" + sum + ":"
	return head + base64.RawURLEncoding.EncodeToString(k.aead.Seal(nil, nil, []byte(text), bound(head, place)))
}

// bound is what a ciphertext is authenticated with.
func bound(head, place string) []byte { return []byte(head + "\n" + place) }

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:])
}

// Open returns the text that Seal or SealToFind sealed for a place, or ErrDamaged.
func (k *Key) Open(sealed, place string) (string, error) {
	at := strings.LastIndexByte(sealed, ':') + 1
	ciphertext, err := base64.RawURLEncoding.DecodeString(sealed[at:])
	if err != nil || KeyOf(sealed) != k.id {
		return "", ErrDamaged
	}
	text, err := k.aead.Open(nil, nil, ciphertext, bound(sealed[:at], place))
	if err != nil {
		return "", ErrDamaged
	}
	return string(text), nil
}

// Range returns the bounds between which, byte by byte, the texts are that SealToFind makes of a text, and no others.
func (k *Key) Range(text string) (from, to string) {
	head := mark + k.id + ":" + sum(text) + ":"
	return head, head + "~" // base64 has no letter behind ~
}

// Sealed reports whether a text looks sealed.
func Sealed(text string) bool { return strings.HasPrefix(text, mark) }

// KeyOf returns the id of the key that a sealed text needs.
func KeyOf(sealed string) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(sealed, mark), ":")
	return id
}

// All returns the bounds between which all sealed texts are.
func All() (from, to string) { return mark, mark + "~" }
