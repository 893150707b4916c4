package store

import (
	"crypto/sha256"
	"encoding/hex"
	"unicode/utf8"
)

// An entry of an index of PostgreSQL has at most 2,704 bytes. So texts in indexes have limits, in bytes and the same on
// both engines. weburl.MaxLength is that of addresses. Names of users, folders and labels have shorter limits
// (news.CheckName). A database of an older version may hold longer texts: they stay on SQLite, and a restore into
// PostgreSQL shortens them (boundRow).
const (
	maxKey    = 1000 // of articles.guid
	maxHost   = 255  // DNS has no longer names
	maxOutlet = 500  // of the name of an outlet
	maxName   = 1000 // of any other text
)

// boundKey shortens a key of more than n bytes to its first bytes and the SHA-256 of the whole, and repairs one that is not
// valid UTF-8 likewise. Different keys stay different.
func boundKey(s string, n int) string {
	repaired := text(s)
	if len(s) <= n && repaired == s {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	digest := "\n" + hex.EncodeToString(sum[:])
	return cut(repaired, n-len(digest)) + digest
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
