package accounts

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"headwater/internal/news"
)

// The cost of argon2id follows OWASP's password storage cheat sheet: 19 MiB, two passes, one thread. A stored hash
// contains its own costs, so it stays valid when these change.
const (
	argonMemory  = 19 << 10 // KiB
	argonTime    = 2
	argonThreads = 1
	argonKey     = 32 // bytes
	argonSalt    = 16 // bytes
)

// The limits of a password, in characters and in bytes.
const (
	minPassword = 8
	maxPassword = 1024
)

// checkPassword returns what is wrong with a new password.
func checkPassword(password string) error {
	if utf8.RuneCountInString(password) < minPassword {
		return &news.PasswordError{Short: true, Limit: minPassword}
	}
	if len(password) > maxPassword {
		return &news.PasswordError{Limit: maxPassword}
	}
	return nil
}

// hashPassword returns a hash in the format of argon2's own tools.
func hashPassword(password string) string {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, b64(salt), b64(key))
}

var errHash = errors.New("the stored hash of a password is damaged; `headwater user password NAME` sets another")

// samePassword reports whether a hash belongs to a password. The comparison takes constant time.
func samePassword(hash, password string) (bool, error) {
	var version int
	var memory, time uint32
	var threads uint8
	var rest string
	if _, err := fmt.Sscanf(hash, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &memory, &time, &threads, &rest); err != nil {
		return false, errHash
	}
	first, second, ok := strings.Cut(rest, "$")
	salt, errSalt := base64.RawStdEncoding.DecodeString(first)
	key, errKey := base64.RawStdEncoding.DecodeString(second)
	if !ok || errSalt != nil || errKey != nil || len(key) == 0 {
		return false, errHash
	}
	if version != argon2.Version || time == 0 || threads == 0 || len(password) > maxPassword {
		return false, nil
	}
	got := argon2.IDKey([]byte(password), salt, time, memory, threads, uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1, nil
}
