package config

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"headwater"
)

// Documentation is what the built-in config.yaml says of one setting, or of a section.
type Documentation struct {
	Key     string // "poll.schedule"
	Section bool   // a section has no value of its own
	Default string // as YAML
	About   string // the comment before it, without the #; "" where it shares that of the setting before
}

// Preamble is what the built-in config.yaml says of itself.
func Preamble() string {
	return uncommented(builtInDocument().HeadComment)
}

// Documented lists sections and settings in the order of the built-in config.yaml.
func Documented() []Documentation {
	return documented(builtInDocument().Content[0], "")
}

// builtInDocument parses the built-in file; a test holds that it can be parsed.
func builtInDocument() *yaml.Node {
	var doc yaml.Node
	if err := yaml.Unmarshal(headwater.Config, &doc); err != nil {
		panic(err)
	}
	return &doc
}

func documented(section *yaml.Node, prefix string) []Documentation {
	var all []Documentation
	for i := 0; i+1 < len(section.Content); i += 2 {
		key, value := section.Content[i], section.Content[i+1]
		d := Documentation{Key: prefix + key.Value, About: uncommented(key.HeadComment)}
		if value.Kind == yaml.MappingNode {
			d.Section = true
			all = append(append(all, d), documented(value, d.Key+".")...)
			continue
		}
		text, err := yaml.Marshal(value)
		if err != nil {
			panic(err) // it was YAML
		}
		d.Default = strings.TrimSpace(string(text))
		all = append(all, d)
	}
	return all
}

// uncommented takes the # off each line of a comment.
func uncommented(comment string) string {
	lines := strings.Split(comment, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimPrefix(line, "#"), " ")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
