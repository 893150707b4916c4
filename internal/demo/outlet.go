package demo

import (
	"bytes"
	"fmt"
	"io/fs"

	"go.yaml.in/yaml/v3"
)

// outlet is an entry of newsroom/outlets.yaml.
type outlet struct {
	ID      string
	Name    string
	Domain  string
	Aliases []string
	Signs   []string // how it signs datelines and credits
	Agency  bool     // others rerun its texts or pictures

	Folder      string // in the list of feeds
	Format      string // rss, atom, json, or "" for no feed
	Lang        string // "" is English
	Link        string // pattern of its articles' addresses
	GUID        string // pattern of its items' ids; "" is the address
	Rights      string // copyright of the feed
	Credit      string // label of the link to an article's source; "" is "Original Source"
	Teaser      string // label of a related article in mid-page; "" puts related articles in a list at the end
	Before      string // HTML of each page, above the text
	After       string // and below
	Excerpt     int    // words in a summary; 0 is the whole first paragraph
	SummaryOnly bool   `yaml:"summary_only"`
	Aggregator  bool   // lists articles of others
	Typographic bool   // sets curly quotation marks
}

func (o outlet) site() string { return "https://www." + o.Domain + "/" }

// path is that of the feed on the server; "" is none.
func (o outlet) path() string {
	switch o.Format {
	case "":
		return ""
	case "json":
		return "/feed/" + o.ID + ".json"
	default:
		return "/feed/" + o.ID + ".xml"
	}
}

func (o outlet) language() string {
	if o.Lang == "" {
		return "en"
	}
	return o.Lang
}

func loadOutlets(fsys fs.FS) ([]outlet, error) {
	const name = "newsroom/outlets.yaml"
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("demo outlets: %w", err)
	}
	var list []outlet
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&list); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return list, nil
}
