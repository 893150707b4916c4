package store

import (
	"crypto/sha256"
	"encoding/hex"
	"unicode/utf8"
)

// An entry of an index of PostgreSQL has at most 2,704 bytes. So texts in indexes have limits, in bytes and the same on
// both engines. Names of users, folders and labels have shorter limits (news.CheckName). A database of an older version
// may hold longer texts: they stay on SQLite, and a restore into PostgreSQL shortens them (boundRow).
const (
	maxKey    = 1000 // articles.guid
	keptKey   = 900  // of a longer guid
	maxHost   = 255  // DNS has no longer names
	maxOutlet = 500  // name of an outlet
)

// boundKey shortens a long key to its first bytes and the SHA-256 of the whole. Different keys stay different.
func boundKey(s string) string {
	if len(s) <= maxKey {
		return s
	}
	return digestKey(s)
}

// digestKey returns the first bytes of a key and the SHA-256 of the whole. The result is valid UTF-8.
func digestKey(s string) string {
	sum := sha256.Sum256([]byte(s))
	return cut(text(s), keptKey) + "\n" + hex.EncodeToString(sum[:])
}

// cut returns the first bytes of valid UTF-8, at most n, without half a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
