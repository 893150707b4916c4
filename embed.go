// Package headwater holds config.yaml, the commented file of settings, as the program's defaults. It imports nothing
// of ours; the program itself is in cmd/headwater.
package headwater

import _ "embed"

// Config is config.yaml as it stood when the program was built. Every setting and its default stand in it.
//
//go:embed config.yaml
var Config []byte
