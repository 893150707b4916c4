package config

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document parses the text of the file. It returns nil for one that says nothing or is no YAML.
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

// syntax says where the text stops being YAML, and for the slips that people make most what to do.
func (r *reader) syntax(err error, data []byte) {
	what, n := err.Error(), 1
	if m := yamlError.FindStringSubmatch(what); m != nil {
		what = m[2]
		n, _ = strconv.Atoi(m[1]) // none is the first
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

// maxSearched is the largest text in which brokenLine looks, in bytes: it parses the text once for each line.
const maxSearched = 32 << 10

// brokenLine finds the line that breaks the text: without it and what follows the text is YAML. The parser's own line
// is often that of the enclosing section, or one too few.
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
