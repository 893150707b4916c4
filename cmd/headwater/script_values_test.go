package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// checkJSON holds a value in a JSON document against what the script wants.
func checkJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 && len(args) != 3 {
		ts.Fatalf("usage: json FILE [PATH WANT]")
	}
	var doc any
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(decoder.Decode(&doc))
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		ts.Fatalf("%s holds more than one JSON value", args[0])
	}
	if len(args) == 1 {
		return
	}
	got, err := lookUp(doc, args[1])
	ts.Check(err)
	if got != args[2] {
		ts.Fatalf("%s: %s is %s, want %s", args[0], args[1], got, args[2])
	}
}

// checkJSONLines holds a value of each line against what the script wants.
func checkJSONLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: jsonlines FILE PATH WANT")
	}
	var got []string
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var doc any
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.UseNumber()
		ts.Check(decoder.Decode(&doc))
		value, err := lookUp(doc, args[1])
		ts.Check(err)
		got = append(got, value)
	}
	if all := strings.Join(got, " "); all != args[2] {
		ts.Fatalf("%s: %s is %s, want %s", args[0], args[1], all, args[2])
	}
}

// lookUp finds what stands at a path of keys and numbers. "len" is the number of things there, "keys" their names in
// alphabetical order.
func lookUp(doc any, path string) (string, error) {
	for name := range strings.SplitSeq(path, ".") {
		switch at := doc.(type) {
		case map[string]any:
			value, ok := at[name]
			switch {
			case ok:
				doc = value
			case name == "len":
				doc = float64(len(at))
			case name == "keys":
				doc = keys(at)
			default:
				return "", fmt.Errorf("%s: there is no %q among %s", path, name, keys(at))
			}
		case []any:
			if name == "len" {
				doc = float64(len(at))
				continue
			}
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(at) {
				return "", fmt.Errorf("%s: no %q among %d", path, name, len(at))
			}
			doc = at[i]
		default:
			return "", fmt.Errorf("%s: %q is asked of %v", path, name, doc)
		}
	}
	if s, ok := doc.(string); ok {
		return s, nil
	}
	out, err := json.Marshal(doc)
	return string(out), err
}

func keys(object map[string]any) string {
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ",")
}

// checkXML reads a file to its end as XML.
func checkXML(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: xml FILE")
	}
	elements := 0
	decoder := xml.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		ts.Check(err)
		if _, ok := token.(xml.StartElement); ok {
			elements++
		}
	}
	if elements == 0 {
		ts.Fatalf("%s holds no element", args[0])
	}
}

var entryID = regexp.MustCompile(`urn:uuid:[0-9a-f-]{36}`)

// entryIDs prints the ids in an emitted feed, one a line in alphabetical order.
func entryIDs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: entryids FILE")
	}
	ids := entryID.FindAllString(ts.ReadFile(args[0]), -1)
	if len(ids) == 0 {
		ts.Fatalf("%s holds no ids", args[0])
	}
	slices.Sort(ids)
	write(ts.Stdout(), strings.Join(slices.Compact(ids), "\n")+"\n")
}
