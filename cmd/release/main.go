// Release builds what a release consists of: archives and packages of the program for each system, their lists of components
// (CycloneDX), the licences of the modules in them, and checksums.
//
// main.go builds; version.go names the version; archive.go writes archives; notices.go collects licences. Two builds of one
// commit with one version of Go are the same to the byte, in whatever folder: times are those of the commit, entries are
// sorted, and paths of the machine are trimmed. nfpm makes the packages by packaging/nfpm.yaml.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// target is a system that the program is built for.
type target struct{ system, processor string }

func (t target) String() string { return t.system + "/" + t.processor }

// allTargets are built where -targets names none. Tests run on linux/amd64; the others are compiled.
const allTargets = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64,windows/arm64,freebsd/amd64,freebsd/arm64"

// release is one run.
type release struct {
	out, work  string // folders: of the result, and of what goes into it
	nfpm       string // paths of the tools; "" leaves out what they make
	cyclonedx  string
	version    string // of files and packages
	described  string // what the program says of itself
	built      time.Time
	components []string // the paths of what is released, in out
}

func main() {
	out := flag.String("out", "dist", "write into `FOLDER`, which is made anew")
	targets := flag.String("targets", allTargets, "build for these `SYSTEM/PROCESSOR,...`")
	nfpm := flag.String("nfpm", "", "make packages with nfpm at `PATH`")
	cyclonedx := flag.String("cyclonedx", "", "list components with cyclonedx-gomod at `PATH`")
	described := flag.String("version", "", "name the version `TAG` instead of what git describes")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	r := release{out: *out, nfpm: *nfpm, cyclonedx: *cyclonedx, described: *described}
	err := r.run(ctx, strings.Split(*targets, ","))
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func (r *release) run(ctx context.Context, names []string) error {
	var targets []target
	for _, name := range names {
		system, processor, ok := strings.Cut(name, "/")
		if !ok {
			return fmt.Errorf("target %q: want SYSTEM/PROCESSOR, such as linux/amd64", name)
		}
		targets = append(targets, target{system, processor})
	}
	if err := r.describe(ctx); err != nil {
		return err
	}
	if err := os.RemoveAll(r.out); err != nil {
		return err
	}
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "headwater-release-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	r.work = work

	if err := r.common(ctx, targets); err != nil {
		return err
	}
	for _, t := range targets {
		fmt.Println(r.version, t)
		if err := r.target(ctx, t); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	return r.checksums()
}

// common makes what is the same for every target: documents, licences, completions and manual pages.
func (r *release) common(ctx context.Context, targets []target) error {
	for from, to := range map[string]string{
		"README.md": "README.md", "CHANGELOG.md": "CHANGELOG.md", "docs/manual.md": "manual.md", "config.yaml": "config.yaml",
	} {
		if err := copyFile(from, filepath.Join(r.work, "doc", to), 0o644); err != nil {
			return err
		}
	}
	notices, err := collectNotices(ctx, targets)
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(r.work, "doc", "THIRD-PARTY-NOTICES.txt"), notices, 0o644); err != nil {
		return err
	}
	program, err := r.build(ctx, target{runtime.GOOS, runtime.GOARCH})
	if err != nil {
		return err
	}
	for shell, name := range map[string]string{"bash": "headwater.bash", "zsh": "_headwater", "fish": "headwater.fish", "powershell": "headwater.ps1"} {
		script, err := output(ctx, nil, program, "completion", shell)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(r.work, "completions", name), script, 0o644); err != nil {
			return err
		}
	}
	if _, err := output(ctx, []string{fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.built.Unix())}, program, "man", filepath.Join(r.work, "man")); err != nil {
		return err
	}
	if err := r.zipPages(); err != nil {
		return err
	}
	return r.dated(filepath.Join(r.work, "doc"), filepath.Join(r.work, "completions"), filepath.Join(r.work, "zipped"))
}

// zipPages compresses manual pages as packages have them. Archives have them as they are.
func (r *release) zipPages() error {
	pages, err := filesBelow(filepath.Join(r.work, "man"), "")
	if err != nil {
		return err
	}
	for _, p := range pages {
		text, err := os.ReadFile(p.from)
		if err != nil {
			return err
		}
		var zipped bytes.Buffer // neither name nor time, as gzip -n
		w := gzip.NewWriter(&zipped)
		if _, err := w.Write(text); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		if err := writeFile(filepath.Join(r.work, "zipped", filepath.FromSlash(p.name)+".gz"), zipped.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// dated gives files the time of the commit, which nfpm takes over.
func (r *release) dated(folders ...string) error {
	for _, folder := range folders {
		files, err := filesBelow(folder, "")
		if err != nil {
			return err
		}
		for _, f := range files {
			if err := os.Chtimes(f.from, r.built, r.built); err != nil {
				return err
			}
		}
	}
	return nil
}

// target builds everything for one system.
func (r *release) target(ctx context.Context, t target) error {
	name := fmt.Sprintf("headwater-%s-%s-%s", r.version, t.system, t.processor)
	program, err := r.build(ctx, t)
	if err != nil {
		return err
	}
	files := []file{{filepath.Base(program), program, 0o755}}
	for _, folder := range []string{"doc", "completions", "man"} {
		more, err := filesBelow(filepath.Join(r.work, folder), strings.TrimPrefix(folder+"/", "doc/"))
		if err != nil {
			return err
		}
		files = append(files, more...)
	}
	archive, write := name+".tar.gz", writeTarGz
	if t.system == "windows" {
		archive, write = name+".zip", writeZip
	}
	if err := r.add(archive, func(w io.Writer) error { return write(w, name, files, r.built) }); err != nil {
		return err
	}
	if err := r.bill(ctx, program, name); err != nil {
		return err
	}
	if t.system == "linux" {
		return r.packages(ctx, t, program)
	}
	return nil
}

// build compiles the program, once for each target, and returns its path. Nothing of the machine goes into it: neither paths
// nor the state of git.
func (r *release) build(ctx context.Context, t target) (string, error) {
	program := filepath.Join(r.work, "bin", t.system+"-"+t.processor, "headwater")
	if t.system == "windows" {
		program += ".exe"
	}
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	flags := "-s -w -buildid= -X main.buildVersion=" + r.described
	_, err := output(ctx, environment(t), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", program, "./cmd/headwater")
	return program, err
}

// environment makes go build for a target. Settings of the user would change the result.
func environment(t target) []string {
	return []string{"CGO_ENABLED=0", "GOOS=" + t.system, "GOARCH=" + t.processor, "GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=", "GOEXPERIMENT="}
}

// bill lists the modules of the program. What would differ in each run or on each machine is left out: serial number, time, and
// checksums of the tool itself.
func (r *release) bill(ctx context.Context, program, name string) error {
	if r.cyclonedx == "" {
		return nil
	}
	list, err := output(ctx, nil, r.cyclonedx, "bin", "-json", "-noserial", "-notimestamp", "-std", "-licenses", "-version", r.version, program)
	if err != nil {
		return err
	}
	var bom map[string]any
	if err := json.Unmarshal(list, &bom); err != nil {
		return fmt.Errorf("list of components: %w", err)
	}
	if metadata, ok := bom["metadata"].(map[string]any); ok {
		delete(metadata, "tools")
	}
	return r.add(name+".cdx.json", func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(bom)
	})
}

// packages makes the deb and the rpm.
func (r *release) packages(ctx context.Context, t target, program string) error {
	if r.nfpm == "" {
		return nil
	}
	env := []string{
		"ARCH=" + t.processor, "VERSION=" + r.version, "PROGRAM=" + program, "TREE=" + r.work,
		fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.built.Unix()),
	}
	for _, format := range []string{"deb", "rpm"} {
		name := fmt.Sprintf("headwater_%s_%s.%s", r.version, t.processor, format)
		if _, err := output(ctx, env, r.nfpm, "package", "--config", "packaging/nfpm.yaml", "--packager", format, "--target", filepath.Join(r.out, name)); err != nil {
			return err
		}
		r.components = append(r.components, name)
	}
	return nil
}

// add writes one file of the release.
func (r *release) add(name string, write func(io.Writer) error) error {
	f, err := os.Create(filepath.Join(r.out, name))
	if err != nil {
		return err
	}
	r.components = append(r.components, name)
	if err := write(f); err != nil {
		_ = f.Close() // the error of writing counts
		return fmt.Errorf("%s: %w", name, err)
	}
	return f.Close()
}

// checksums writes SHA256SUMS as sha256sum --check reads it.
func (r *release) checksums() error {
	slices.Sort(r.components)
	var sums strings.Builder
	for _, name := range r.components {
		content, err := os.ReadFile(filepath.Join(r.out, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(content), name)
	}
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(sums.String()), 0o644)
}

// output runs a command with env on top of the environment and returns what it prints.
func output(ctx context.Context, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	printed, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", cmd, err, complaints.String())
	}
	return printed, nil
}

func writeFile(name string, content []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, content, mode)
}

func copyFile(from, to string, mode os.FileMode) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return writeFile(to, content, mode)
}
