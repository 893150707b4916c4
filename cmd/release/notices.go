package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// linked is a package that go list names, as far as notices need it.
type linked struct {
	Dir    string
	Module *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// collectNotices returns the licences and notices of all modules whose packages are in the program on any target, and of Go.
// A module without a licence is an error: nothing of it may be passed on.
func collectNotices(ctx context.Context, targets []target) ([]byte, error) {
	folders := map[string]map[string]bool{} // the folders whose notices count, by module and version
	for _, t := range targets {
		listed, err := output(ctx, environment(t), "go", "list", "-deps", "-json=Dir,Module", "./cmd/headwater")
		if err != nil {
			return nil, err
		}
		packages := json.NewDecoder(bytes.NewReader(listed))
		for {
			var p linked
			if err := packages.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, err
			}
			if p.Module == nil || p.Module.Main {
				continue
			}
			name := p.Module.Path + " " + p.Module.Version
			if folders[name] == nil {
				folders[name] = map[string]bool{}
			}
			// Code that a module took over from others has its licence in the folder of that code.
			for dir := p.Dir; strings.HasPrefix(dir, p.Module.Dir); dir = filepath.Dir(dir) {
				folders[name][dir] = true
			}
		}
	}
	root, err := output(ctx, nil, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	version, err := output(ctx, nil, "go", "env", "GOVERSION")
	if err != nil {
		return nil, err
	}
	folders["The Go standard library "+strings.TrimSpace(string(version))] = map[string]bool{strings.TrimSpace(string(root)): true}
	return writeNotices(folders)
}

// noticeFile matches the files that a licence asks to be passed on.
var noticeFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|copyright|notice|patents|authors)([-._].*)?$`)

// writeNotices writes the notices of modules one after the other, by name.
func writeNotices(folders map[string]map[string]bool) ([]byte, error) {
	var all bytes.Buffer
	all.WriteString("Headwater contains the modules below. Each stands with its licence and notices.\n")
	var missing []string
	for _, module := range slices.Sorted(maps.Keys(folders)) {
		fmt.Fprintf(&all, "\n%s\n%s\n", strings.Repeat("=", 80), module)
		found := false
		for _, dir := range slices.Sorted(maps.Keys(folders[module])) {
			entries, err := os.ReadDir(dir)
			if err != nil {
				return nil, err
			}
			for _, e := range entries {
				if e.IsDir() || !noticeFile.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
					continue
				}
				text, err := os.ReadFile(filepath.Join(dir, e.Name()))
				if err != nil {
					return nil, err
				}
				found = true
				fmt.Fprintf(&all, "\n--- %s\n\n%s\n", e.Name(), bytes.TrimSpace(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))))
			}
		}
		if !found {
			missing = append(missing, module)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("no licence in %s; find out under which terms it may be passed on, or do without", strings.Join(missing, ", "))
	}
	return all.Bytes(), nil
}
