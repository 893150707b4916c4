package words

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
)

// Each file is read strictly, so that a mistake is found where it is made.
func TestFiles(t *testing.T) {
	for _, name := range names(t) {
		if name == "recurring.txt" || name == "wirecodes.txt" {
			continue // packages group and clean read them when they start
		}
		if sections[name] == nil {
			t.Errorf("%s: words.go does not say which sections it has", name)
		}
		data, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parse(name, string(data)); err != nil {
			t.Error(err)
		}
	}
	for name := range sections {
		if !slices.Contains(names(t), name) {
			t.Errorf("there is no file %s", name)
		}
	}
}

func TestParse(t *testing.T) {
	good := "# Bylines.\n[neutral]\nen: Monday; Says_\nmul: _Via;\n\n[reporting]\nen: said\nde: said\n"
	got, err := parse("mentions.txt", good)
	want := []Phrase{
		{"neutral", "en", "Monday"},
		{"neutral", "en", "Says "},
		{"neutral", "mul", " Via"},
		{"reporting", "en", "said"},
		{"reporting", "de", "said"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("parse gave %v, %v; want %v", got, err, want)
	}
	tests := []struct{ data, want string }{
		{"[verb]\nen: said", "mentions.txt:1: there is no section [verb]"},
		{"[neutral]\nsaid", `mentions.txt:2: "said" does not begin with a language`},
		{"[neutral]\nxx: said", `mentions.txt:2: there is no language "xx"`},
		{"en: said", `mentions.txt:1: "en: said" stands before the first section`},
		{"[reporting]\nen: Said", `mentions.txt:2: "Said" has a capital`},
		{"[reporting]\nen: said; ; wrote", "mentions.txt:2: nothing stands between two semicolons"},
		{"[reporting]\nen: said\nen: said", `mentions.txt:3: "said" stands in line 2 too`},
		{"[reporting]\nen: said", "mentions.txt: the section [neutral] is empty or missing"},
	}
	for _, tt := range tests {
		if _, err := parse("mentions.txt", tt.data); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("parse(%q) gave %v, want %s", tt.data, err, tt.want)
		}
	}
}

// names gives the names of the files.
func names(t *testing.T) []string {
	t.Helper()
	found, err := fs.Glob(files, "*.txt")
	if err != nil {
		t.Fatal(err)
	}
	return found
}
