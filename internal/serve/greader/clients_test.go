package greader_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestClients plays what readers ask, written by hand from the published descriptions of the API and of each reader's way
// of calling it: testdata/*.calls. A paragraph is a request, and what its answer must have:
//
//	METHOD PATH       the request; $AUTH and $T are what the answers before gave
//	> FORM            the body
//	> Header: value   a header; without an Authorization of its own a request sends "GoogleLogin auth=$AUTH"
//	= 200             the status, 200 where there is none
//	~ TEXT            what the answer holds
//	! TEXT            what it does not
//
// Lines that begin with # are comments.
func TestClients(t *testing.T) {
	files, err := filepath.Glob("testdata/*.calls")
	must(t, err)
	if len(files) == 0 {
		t.Fatal("no testdata/*.calls")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".calls"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			must(t, err)
			r := filled(t)
			values := map[string]string{"$AUTH": "", "$T": ""}
			for paragraph := range strings.SplitSeq(string(data), "\n\n") {
				r.play(t, paragraph, values)
			}
		})
	}
}

// play sends one request. Values of earlier answers stand in for their names.
func (r *room) play(t *testing.T, paragraph string, values map[string]string) {
	t.Helper()
	var line, form string
	status := "200"
	auth := values["$AUTH"]
	var has, lacks []string
	for l := range strings.Lines(paragraph) {
		l = strings.NewReplacer("$AUTH", values["$AUTH"], "$T", values["$T"]).Replace(strings.TrimRight(l, "\n"))
		mark, rest, _ := strings.Cut(l, " ")
		switch mark {
		case "#", "":
		case ">":
			if header, ok := strings.CutPrefix(rest, "Authorization: GoogleLogin auth="); ok {
				auth = header
			} else {
				form = rest
			}
		case "=":
			status = rest
		case "~":
			has = append(has, rest)
		case "!":
			lacks = append(lacks, rest)
		default:
			line = l
		}
	}
	if line == "" {
		return
	}
	code, body := r.ask(t, auth, line, form)
	if strconv.Itoa(code) != status {
		t.Fatalf("%s: %d %s, want %s", line, code, body, status)
	}
	for _, want := range has {
		if !strings.Contains(body, want) {
			t.Errorf("%s: the answer lacks %q: %s", line, want, body)
		}
	}
	for _, not := range lacks {
		if strings.Contains(body, not) {
			t.Errorf("%s: the answer holds %q: %s", line, not, body)
		}
	}
	if _, token, ok := strings.Cut(body, "\nAuth="); ok {
		values["$AUTH"] = strings.TrimSpace(token)
	}
	if strings.HasSuffix(line, "/token") {
		values["$T"] = strings.TrimSpace(body)
	}
}
