package config

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// InForce is a setting as Load finds it.
type InForce struct {
	Key string `json:"key"`
	// Value is as in config.yaml; that of a secret is "".
	Value  string `json:"value"`
	Secret bool   `json:"secret"` // whether it is a secret that is set
	// Source is default, "config.yaml:14", "HEADWATER_LISTEN" or "--listen".
	Source string `json:"source"`
}

// unset is the source of a setting that nothing sets.
const unset = "default"

// Explain is Load with the source of each setting, in the order of Config.
func Explain(o Options) (Config, []InForce, error) {
	l, err := load(o)
	if err != nil {
		return Config{}, nil, err
	}
	var all []InForce
	for _, s := range settingsOf(&l.config) {
		f := InForce{Key: s.key, Source: unset}
		if place := l.places[s.key]; place != "" {
			f.Source = place
		}
		if secret, ok := s.into.(*Secret); ok {
			f.Secret = *secret != ""
		}
		if !f.Secret {
			f.Value = asYAML(s.into)
		}
		all = append(all, f)
	}
	return l.config, all, nil
}

// Changed returns the keys of the settings that differ, in the order of Config.
func Changed(a, b Config) (keys []string) {
	others := settingsOf(&b)
	for i, s := range settingsOf(&a) {
		if !reflect.DeepEqual(s.into, others[i].into) {
			keys = append(keys, s.key)
		}
	}
	return keys
}

// Take sets the settings of these keys to what they are in another Config.
func (c *Config) Take(from Config, keys ...string) {
	others := settingsOf(&from)
	for i, s := range settingsOf(c) {
		if slices.Contains(keys, s.key) {
			reflect.ValueOf(s.into).Elem().Set(reflect.ValueOf(others[i].into).Elem())
		}
	}
}

// WriteYAML writes settings as a config.yaml that has the same effect, with the source of each as a comment. Secrets are
// commented out.
func WriteYAML(all []InForce) string {
	var b strings.Builder
	var open []string // the sections that the last line was in
	for _, f := range all {
		path := strings.Split(f.Key, ".")
		sections := path[:len(path)-1]
		for i, name := range sections {
			if i < len(open) && open[i] == name {
				continue
			}
			b.WriteString(strings.Repeat("  ", i) + name + ":\n")
			open = open[:min(i, len(open))]
		}
		open = sections
		line := path[len(path)-1] + ": " + f.Value
		if f.Secret {
			line = "# " + path[len(path)-1] + ": (secret)"
		}
		b.WriteString(strings.Repeat("  ", len(sections)) + line + " # " + f.Source + "\n")
	}
	return b.String()
}

// asYAML writes a value on one line. It panics where that is impossible, which tests rule out.
func asYAML(into any) string {
	switch v := into.(type) {
	case *time.Duration:
		return show(*v)
	case *Size:
		return show(*v)
	}
	var n yaml.Node
	if err := n.Encode(into); err != nil {
		panic(err)
	}
	if n.Kind == yaml.SequenceNode {
		n.Style = yaml.FlowStyle
		for _, item := range n.Content {
			item.Content = withoutZero(item)
		}
	}
	text, err := yaml.Marshal(&n)
	if err != nil {
		panic(err)
	}
	return strings.TrimSpace(string(text))
}

// withoutZero are the keys and values of an outlet but for those that say nothing, which checks refuse.
func withoutZero(outlet *yaml.Node) (kept []*yaml.Node) {
	for i := 0; i+1 < len(outlet.Content); i += 2 {
		if v := outlet.Content[i+1]; v.Kind == yaml.SequenceNode && len(v.Content) > 0 || v.Kind == yaml.ScalarNode && v.Value != "" && v.Value != "false" {
			kept = append(kept, outlet.Content[i], v)
		}
	}
	return kept
}
