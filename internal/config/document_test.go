package config

import (
	"strings"
	"testing"
)

// TestDocumented holds that the documentation has every setting with its default, and says something of each.
func TestDocumented(t *testing.T) {
	var c Config
	missing, about := map[string]bool{}, ""
	for _, s := range settingsOf(&c) {
		missing[s.key] = true
	}
	for _, d := range Documented() {
		if d.About != "" {
			about = d.Key
		}
		if d.Section {
			continue
		}
		if !missing[d.Key] {
			t.Errorf("%s is no setting, or stands there twice", d.Key)
		}
		delete(missing, d.Key)
		if section, _, _ := strings.Cut(d.Key, "."); !strings.HasPrefix(about, section) {
			t.Errorf("config.yaml does not explain %s", d.Key)
		}
		if strings.Contains(d.About, "#") && d.Key != "outlets" {
			t.Errorf("%s: %s", d.Key, d.About)
		}
		r := readYAML(&c, "default", []byte(nested(d.Key, d.Default)))
		if len(r.problems) > 0 {
			t.Errorf("the default of %s, %q: %v", d.Key, d.Default, r.problems)
		}
	}
	for key := range missing {
		t.Errorf("%s is not documented", key)
	}
	if !strings.HasPrefix(Preamble(), "Headwater's settings.") {
		t.Errorf("the preamble is %q", Preamble())
	}
}

// nested writes a key of sections and its value as YAML.
func nested(key, value string) string {
	var b strings.Builder
	indent := ""
	parts := strings.Split(key, ".")
	for _, section := range parts[:len(parts)-1] {
		b.WriteString(indent + section + ":\n")
		indent += "  "
	}
	return b.String() + indent + parts[len(parts)-1] + ": " + value + "\n"
}
