package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// example is a command of docs/api.md with the answer that the document gives, "" for none.
type example struct {
	line    int
	command string
	answer  string
}

// apiExamples are the indented lines that begin with curl, and the blocks of JSON after them.
func apiExamples(t *testing.T) (all []example) {
	t.Helper()
	document, err := os.ReadFile(filepath.Join("..", "..", "docs", "api.md"))
	if err != nil {
		t.Fatal(err)
	}
	inAnswer := false
	for i, line := range strings.Split(string(document), "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			inAnswer = line == "```json"
		case inAnswer && len(all) > 0:
			all[len(all)-1].answer += line + "\n"
		case strings.HasPrefix(line, "    curl "):
			all = append(all, example{line: i + 1, command: strings.TrimSpace(line)})
		}
	}
	return all
}

var shellWords = regexp.MustCompile(`'[^']*'|"[^"]*"|[^\s'"]+`)

// request makes of a curl command what curl would send.
func (e example) request(t *testing.T, variables *strings.Replacer) *http.Request {
	t.Helper()
	command, _, _ := strings.Cut(e.command, "  #")
	method, address, data := http.MethodGet, "", ""
	header := http.Header{}
	words := shellWords.FindAllString(command, -1)[1:]
	for i := 0; i < len(words); i++ {
		word := strings.Trim(words[i], `'`)
		if strings.HasPrefix(word, `"`) {
			word = variables.Replace(strings.Trim(word, `"`))
		}
		switch word {
		case "-N":
		case "-X", "-H", "-d":
			i++
			value := strings.Trim(words[i], `'`)
			switch word {
			case "-X":
				method = value
			case "-H":
				name, value, _ := strings.Cut(value, ": ")
				header.Set(name, value)
			case "-d":
				data = value
			}
		default:
			address = word
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(data))
	if err != nil {
		t.Fatalf("docs/api.md:%d: %v", e.line, err)
	}
	req.Header = header
	return req
}

// TestExamplesOfAPI types each command of docs/api.md over the demo. What is answered has all that the document shows of it.
func TestExamplesOfAPI(t *testing.T) {
	examples := apiExamples(t)
	if len(examples) < 10 {
		t.Fatalf("%d examples", len(examples))
	}
	variables := map[string]string{"$API": startDemo(t) + "/api/v1"}
	for _, e := range examples {
		var pairs []string
		for name, value := range variables {
			pairs = append(pairs, name, value)
		}
		resp, err := http.DefaultClient.Do(e.request(t, strings.NewReplacer(pairs...)))
		if err != nil {
			t.Fatalf("docs/api.md:%d: %v", e.line, err)
		}
		if resp.Header.Get("Content-Type") == "text/event-stream" {
			if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
				t.Errorf("docs/api.md:%d: %s, %v", e.line, resp.Status, err)
			}
			continue
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		var got, want map[string]any
		if e.answer == "" {
			if resp.StatusCode >= 300 {
				t.Errorf("docs/api.md:%d: %s: %s", e.line, resp.Status, body)
			}
			continue
		}
		if err := json.Unmarshal([]byte(e.answer), &want); err != nil {
			t.Fatalf("docs/api.md:%d: the answer is no JSON: %v", e.line, err)
		}
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("docs/api.md:%d: %v: %s", e.line, err, body)
		}
		if lacks := lacking("", got, want); lacks != "" {
			t.Errorf("docs/api.md:%d: %s\n%s", e.line, lacks, body)
		}
		if status, ok := want["status"]; (resp.StatusCode < 300) == (ok && e.isProblem()) {
			t.Errorf("docs/api.md:%d: %s, and the document shows %v", e.line, resp.Status, status)
		}
		remember(variables, e, got)
	}
}

// isProblem reports whether the answer is an error.
func (e example) isProblem() bool {
	return strings.Contains(e.answer, `"detail": "`) && strings.Contains(e.answer, `"status": 4`)
}

// remember sets the variables that later commands name, from the answers that have them.
func remember(variables map[string]string, e example, answer map[string]any) {
	if list, ok := answer["stories"].([]any); ok && variables["$STORY"] == "" && strings.Contains(e.command, "/stories?") {
		if first, ok := list[0].(map[string]any); ok {
			variables["$STORY"] = fmt.Sprint(first["id"])
		}
	}
	if strings.Contains(e.command, "-X POST") && strings.HasSuffix(e.command, `/feeds"`) {
		variables["$FEED"] = fmt.Sprint(answer["id"])
	}
}

// lacking says what an answer lacks of an example: each key with a value of the same type, texts the same but for what stands for "…",
// and of a list as many elements, each with what the example has.
func lacking(at string, got, want any) string {
	switch want := want.(type) {
	case map[string]any:
		has, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v, and no object", at, got)
		}
		for key, value := range want {
			if _, ok := has[key]; !ok {
				return fmt.Sprintf("%s has no %q", at, key)
			}
			if lacks := lacking(at+"."+key, has[key], value); lacks != "" {
				return lacks
			}
		}
	case []any:
		has, ok := got.([]any)
		if !ok || len(has) < len(want) {
			return fmt.Sprintf("%s has %v, and not %d elements", at, got, len(want))
		}
		for i, value := range want {
			if lacks := lacking(fmt.Sprintf("%s[%d]", at, i), has[i], value); lacks != "" {
				return lacks
			}
		}
	case string:
		pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(want), "…", ".+") + "$"
		if has, ok := got.(string); !ok || !regexp.MustCompile("(?s)"+pattern).MatchString(has) {
			return fmt.Sprintf("%s is %q, and not %q", at, got, want)
		}
	default:
		if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", want) {
			return fmt.Sprintf("%s is %v, and not of the kind of %v", at, got, want)
		}
	}
	return ""
}
