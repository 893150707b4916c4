package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// reader fills a struct from YAML and collects the problems.
type reader struct {
	file     string
	places   map[string]string // "file:line" of each setting that the file has
	problems []Problem
}

// readYAML sets in c what data sets. file is the name of data in problems.
func readYAML(c *Config, file string, data []byte) *reader {
	r := &reader{file: file, places: map[string]string{}}
	if root := r.document(data); root != nil {
		r.section(root, "", reflect.ValueOf(c).Elem())
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return cmp.Compare(a.line, b.line) })
	return r
}

func (r *reader) place(line int) string { return fmt.Sprintf("%s:%d", r.file, max(line, 1)) }

func (r *reader) add(line int, key, format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	r.problems = append(r.problems, Problem{Where: r.place(line), Key: key, What: what, line: line})
}

// section sets the fields of a struct from a mapping. prefix is "" or ends in ".".
func (r *reader) section(n *yaml.Node, prefix string, into reflect.Value) {
	known := names(into.Type())
	if isNull(n) {
		return // every line of the section is commented out
	}
	if n.Kind != yaml.MappingNode {
		r.add(n.Line, strings.TrimSuffix(prefix, "."), "%s is not a section; write one key a line: %s",
			describe(n), strings.Join(known, ", "))
		return
	}
	first := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if line := first[key.Value]; line != 0 {
			r.add(key.Line, prefix+key.Value, "set twice; the first is on line %d", line)
			continue
		}
		first[key.Value] = key.Line
		j := slices.Index(known, key.Value)
		if j < 0 || key.Kind != yaml.ScalarNode {
			r.add(key.Line, prefix+key.Value, "no such key%s", likelyKey(key.Value, prefix, known))
			continue
		}
		if field := into.Field(j); field.Kind() == reflect.Struct {
			r.section(value, prefix+key.Value+".", field)
		} else {
			r.value(value, setting{key: prefix + key.Value, into: field.Addr().Interface()})
		}
	}
}

// names lists the keys of a section in the order of its fields. Config.File, the last field, has none.
func names(section reflect.Type) []string {
	var all []string
	for i := range section.NumField() {
		if name := section.Field(i).Tag.Get("yaml"); name != "-" {
			all = append(all, name)
		}
	}
	return all
}

// likelyKey ends the sentence about an unknown key: the most similar one of its section, the same one of another section, or
// all keys of the section.
func likelyKey(key, prefix string, known []string) string {
	if guess := nearest(key, known); guess != "" {
		return "; did you mean " + prefix + guess + "?"
	}
	var c Config
	for _, s := range settingsOf(&c) {
		if strings.HasSuffix(s.key, "."+key) {
			return "; did you mean " + s.key + "?"
		}
	}
	if len(known) == 0 {
		return "; the section has none yet"
	}
	return "; known are " + strings.Join(known, ", ") + "; take the line out, or run the newer version that knows it"
}

// value sets one setting from a node.
func (r *reader) value(n *yaml.Node, s setting) {
	r.places[s.key] = r.place(n.Line)
	switch into := s.into.(type) {
	case *[]Outlet:
		r.outlets(n, s.key, into)
	case *[]string:
		list(r, n, s.key, into, parseText)
	case *[]netip.Prefix:
		list(r, n, s.key, into, parsePrefix)
	default:
		r.scalar(n, s)
	}
}

// scalar sets a setting that is one value.
func (r *reader) scalar(n *yaml.Node, s setting) {
	if n.Kind != yaml.ScalarNode {
		r.add(n.Line, s.key, "%s is not one value%s", describe(n), example(s))
		return
	}
	if isNull(n) {
		r.add(n.Line, s.key, "has no value%s, or leave the line out", cmp.Or(example(s), `; try ""`))
		return
	}
	err := s.scan(n.Value)
	if err == nil {
		err = sameType(n, s)
	}
	if err != nil {
		r.add(n.Line, s.key, "%v", err)
	}
}

// sameType rejects a YAML number or boolean for text, and YAML text for a number or boolean.
func sameType(n *yaml.Node, s setting) error {
	tag := n.ShortTag()
	switch s.into.(type) {
	case *string:
		if tag != "!!str" {
			return faultf(strconv.Quote(n.Value), "%s is not text without quotes", n.Value)
		}
	case *Secret:
		if tag != "!!str" {
			return faultf("", "needs quotes around it")
		}
	case *int, *bool, *float64:
		if tag == "!!str" {
			return faultf(n.Value, "%q is text", n.Value)
		}
	}
	return nil
}

// list sets a list, and checks each of its values on its own line.
func list[T comparable](r *reader, n *yaml.Node, key string, into *[]T, parse func(string) (T, error)) {
	if n.Kind != yaml.SequenceNode {
		r.add(n.Line, key, "%s is not a list; try [%s]", describe(n), strings.TrimSpace(n.Value))
		return
	}
	values := make([]T, 0, len(n.Content))
	seen := make(map[T]bool, len(n.Content))
	for _, item := range n.Content {
		var value T
		if item.Kind != yaml.ScalarNode || isNull(item) {
			r.add(item.Line, key, "%s is not one value; write one a line after a hyphen", describe(item))
		} else if err := setOne(key, &value, item.Value, parse); err != nil {
			r.add(item.Line, key, "%v", err)
		} else if seen[value] {
			r.add(item.Line, key, "%q is in the list twice", item.Value)
		}
		seen[value] = true
		values = append(values, value)
	}
	*into = values
}

// outlets sets the list of outlets, each a section of its own.
func (r *reader) outlets(n *yaml.Node, key string, into *[]Outlet) {
	if n.Kind != yaml.SequenceNode {
		r.add(n.Line, key, `%s is not a list; begin each outlet with "- name:"`, describe(n))
		return
	}
	outlets := make([]Outlet, len(n.Content))
	first := make(map[string]int, len(n.Content)) // by name
	for i, item := range n.Content {
		r.section(item, key+".", reflect.ValueOf(&outlets[i]).Elem())
		name := outlets[i].Name
		if name == "" && item.Kind == yaml.MappingNode {
			r.add(item.Line, key+".name", "missing; each outlet needs one")
		} else if at, known := first[name]; name != "" && known && !outlets[i].isDistinctFrom(outlets[at]) {
			r.add(item.Line, key+".name", "%q is in the list twice; the first is on line %d. Two outlets of one name need domains of their own",
				name, n.Content[at].Line)
		}
		if _, known := first[name]; !known {
			first[name] = i
		}
	}
	*into = outlets
}

// isDistinctFrom reports whether both outlets have domains, and none in common.
func (o Outlet) isDistinctFrom(other Outlet) bool {
	a, b := o.AllDomains(), other.AllDomains()
	return len(a) > 0 && len(b) > 0 && !slices.ContainsFunc(a, func(d string) bool { return slices.Contains(b, d) })
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// describe names a node in a sentence.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a section"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.AliasNode:
		return "*" + n.Value + ", an alias,"
	case isNull(n):
		return "nothing"
	}
	text := []rune(n.Value)
	if len(text) > 40 {
		text = append(text[:39], '…')
	}
	return strconv.Quote(string(text))
}

// document parses the text of the file. It returns nil where that is empty or not YAML.
func (r *reader) document(data []byte) *yaml.Node {
	var doc, next yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		r.syntax(err, data)
		return nil
	}
	if err := decoder.Decode(&next); err == nil {
		r.add(next.Line, "", `a second document begins; leave out the "---" before it`)
	} else if !errors.Is(err, io.EOF) {
		r.syntax(err, data)
	}
	return doc.Content[0]
}

var (
	yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)
	unquoted  = regexp.MustCompile("^\\s*((?:[\\w-]+:|-)\\s+)([@`%][^#]*)")
	tabIndent = regexp.MustCompile(`^ *\t`)
)

// syntax reports where the text is not YAML, with a hint for the commonest mistakes.
func (r *reader) syntax(err error, data []byte) {
	what, n := err.Error(), 1
	if m := yamlError.FindStringSubmatch(what); m != nil {
		what = m[2]
		n, _ = strconv.Atoi(m[1]) // without a number it is the first
	}
	lines := bytes.Split(data, []byte("\n"))
	if len(data) <= maxSearched {
		n = brokenLine(data)
	}
	n = min(max(n, 1), len(lines))
	line := string(lines[n-1])
	if m := unquoted.FindStringSubmatch(line); m != nil {
		value := strings.TrimSpace(m[2])
		if strings.HasPrefix(m[1], "api_key:") {
			value = Secret(value).String()
		}
		r.add(n, "", "%s needs quotes; try %s%q", value, m[1], value)
		return
	}
	switch {
	case tabIndent.MatchString(line):
		what = "the line begins with a tab; indent with spaces"
	case what == "mapping values are not allowed in this context":
		what = `not YAML: a second ": "; put a value that holds one in quotes, or indent the line like those above it`
	default:
		what = "not YAML: " + what
	}
	r.add(n, "", "%s", what)
}

// maxSearched is the largest text that brokenLine searches, in bytes: it parses the text once a line.
const maxSearched = 32 << 10

// brokenLine finds the first line that is not YAML: the text before it is. The parser's own line number is often that of the
// enclosing section, or one too small.
func brokenLine(data []byte) int {
	end := len(data)
	for n := bytes.Count(data, []byte("\n")) + 1; n > 1; n-- {
		if end = bytes.LastIndexByte(data[:end], '\n'); isYAML(data[:end]) {
			return n
		}
	}
	return 1
}

func isYAML(data []byte) bool {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		if err := decoder.Decode(&doc); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}
