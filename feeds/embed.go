// Package feeds holds the newsroom's data: lists of feeds by subject (OPML), and the outlets and agencies that
// Headwater knows by name (agencies.yaml).
package feeds

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed *.opml agencies.yaml
var files embed.FS

// Lists names the embedded lists in alphabetical order: "business", "es" ...
func Lists() []string {
	found, err := fs.Glob(files, "*.opml")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for i, f := range found {
		found[i] = strings.TrimSuffix(f, path.Ext(f))
	}
	return found
}

// List is the OPML document of an embedded list. An unknown name is an error that says which names there are.
func List(name string) ([]byte, error) {
	data, err := files.ReadFile(name + ".opml")
	if err != nil {
		return nil, fmt.Errorf("no list is called %q; there are %s", name, strings.Join(Lists(), ", "))
	}
	return data, nil
}

// Language is the language of an embedded list. A list that is called by the code of a language has the feeds of that one; the
// others have English ones.
func Language(name string) string {
	if len(name) == 2 {
		return name
	}
	return "en"
}

// Agencies is agencies.yaml, as package outlets reads it.
func Agencies() []byte {
	data, err := files.ReadFile("agencies.yaml")
	if err != nil {
		panic(err) // it is embedded
	}
	return data
}
