package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// perNode are the settings that may differ between the nodes that share a database. A key that ends in "." is a section.
var perNode = []string{"data", "database", "roles", "listen", "hosts", "trusted_proxies", "lists", "newsletters.listen", "newsletters.max_bytes", "log.", "secrets.", "observe."}

// Hashes returns a hash of each setting that all nodes on one database must share, by its key. For a secret it only shows whether
// it is set.
func (c Config) Hashes() map[string]string {
	hashes := map[string]string{}
	for _, s := range settingsOf(&c) {
		if slices.ContainsFunc(perNode, func(key string) bool {
			return s.key == key || strings.HasSuffix(key, ".") && strings.HasPrefix(s.key, key)
		}) {
			continue
		}
		sum := sha256.Sum256(fmt.Append(nil, reflect.ValueOf(s.into).Elem().Interface()))
		hashes[s.key] = hex.EncodeToString(sum[:6])
	}
	return hashes
}
