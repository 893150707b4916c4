// Package headwater holds what stands at the top of the tree and belongs into the program: config.yaml, the commented file of
// settings, as its defaults, and docs/help, the pages that it serves under /help. It imports nothing of ours; the program itself is
// in cmd/headwater.
package headwater

import "embed"

// Config is config.yaml as it stood when the program was built. Every setting and its default stand in it.
//
//go:embed config.yaml
var Config []byte

// Docs has the pages of the help, docs/help/*.md, and the pictures that they show.
//
//go:embed docs/help docs/pictures
var Docs embed.FS
