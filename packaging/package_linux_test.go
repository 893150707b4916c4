// Package packaging has what packages and images hold beside the program, and the tests of both. README.md says what is what.
// The tests need root: they make a Debian of their own and run it under its systemd. make package-test runs them.
package packaging

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds each wait of these tests. It is far above what a wait takes.
const patience = 2 * time.Minute

// needs skips a test where it can't run, and fails it in CI, where nothing may be left out.
func needs(t *testing.T, programs ...string) (nfpm string) {
	t.Helper()
	nfpm = os.Getenv("HEADWATER_TEST_NFPM")
	lacks := ""
	if os.Geteuid() != 0 {
		lacks = "root"
	}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			lacks = p
		}
	}
	switch {
	case nfpm == "":
		t.Skip("make package-test runs this")
	case lacks != "" && os.Getenv("CI") == "true":
		t.Fatalf("needs %s", lacks)
	case lacks != "":
		t.Skipf("needs %s", lacks)
	}
	return nfpm
}

func TestPackage(t *testing.T) {
	nfpm := needs(t, "mmdebstrap", "systemd-nspawn", "nsenter")
	run(t, "systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", "headwater.service")
	debs := t.TempDir()
	older, newer := makeDeb(t, nfpm, debs, "v0.0.1"), makeDeb(t, nfpm, debs, "v0.0.2")
	m := startMachine(t, debs)
	site := httptest.NewServer(http.FileServer(http.Dir("../cmd/headwater/testdata/www")))
	t.Cleanup(site.Close)
	m.write(t, "/etc/feeds.opml", fmt.Sprintf(`<opml version="2.0"><body><outline type="rss" xmlUrl="%s/wire.xml"/></body></opml>`, site.URL))
	m.write(t, "/etc/systemd/system/headwater.service.d/feeds.conf", fmt.Sprintf("[Service]\nEnvironment=HEADWATER_LISTS=/etc/feeds.opml HEADWATER_FETCH_ALLOW_PRIVATE=127.0.0.0/8 HEADWATER_LISTEN=%s\n", freeAddress(t)))

	began := time.Now()
	m.run(t, "dpkg", "-i", older)
	m.until(t, "[Ww]hale", "headwater", "search", "whale")
	t.Logf("from dpkg -i to the first story: %s", time.Since(began).Round(100*time.Millisecond))
	m.holds(t, "^headwater ", "ps", "--no-headers", "-o", "user", "-C", "headwater")
	m.holds(t, "^root:headwater 640$", "stat", "-c", "%U:%G %a", "/etc/headwater/config.yaml")
	m.holds(t, "^headwater:headwater 750$", "stat", "-c", "%U:%G %a", "/var/lib/headwater")
	m.run(t, "headwater", "topic", "add", "kept", "whale")
	m.write(t, "/etc/headwater/config.yaml", m.read(t, "/etc/headwater/config.yaml")+"title: Ours\n")

	before := m.run(t, "systemctl", "show", "--property=MainPID", "headwater")
	m.run(t, "dpkg", "-i", newer)
	if after := m.run(t, "systemctl", "show", "--property=MainPID", "headwater"); after == before {
		t.Errorf("the upgrade left the process of the version before: %s", after)
	}
	m.holds(t, "v0.0.2", "headwater", "version")
	m.until(t, "kept", "headwater", "topic", "list")
	m.holds(t, "title: Ours", "cat", "/etc/headwater/config.yaml")
	m.holds(t, "^active$", "systemctl", "is-active", "headwater")

	m.run(t, "dpkg", "-r", "headwater")
	m.holds(t, "headwater.db\n", "ls", "/var/lib/headwater")
	m.holds(t, "title: Ours", "cat", "/etc/headwater/config.yaml")
	m.gone(t, "/usr/bin/headwater")
	m.gone(t, "/run/systemd/units/invocation:headwater.service")

	m.holds(t, "rm -r /var/lib/headwater", "dpkg", "-P", "headwater")
	m.gone(t, "/etc/headwater")
	m.holds(t, "headwater.db\n", "ls", "/var/lib/headwater")

	m.run(t, "dpkg", "-i", newer)
	m.until(t, "kept", "headwater", "topic", "list")
}

// makeDeb builds the package of this tree under a version and returns its name.
func makeDeb(t *testing.T, nfpm, into, version string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "dist")
	run(t, "env", "-C", "..", "go", "run", "./cmd/release", "-out", out, "-targets", "linux/amd64", "-version", version, "-nfpm", nfpm)
	built, err := filepath.Glob(filepath.Join(out, "*.deb"))
	if err != nil || len(built) != 1 {
		t.Fatalf("%d packages in %s, want one; %v", len(built), out, err)
	}
	if err := os.Rename(built[0], filepath.Join(into, filepath.Base(built[0]))); err != nil {
		t.Fatal(err)
	}
	return "/root/debs/" + filepath.Base(built[0])
}

// machine is a Debian of the test's own, under its own systemd, with the network of this machine.
type machine struct {
	root string
	init string // the process that is its systemd
}

func startMachine(t *testing.T, debs string) *machine {
	t.Helper()
	m := &machine{root: filepath.Join(t.TempDir(), "debian")}
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		t.Fatal(err)
	}
	suite := regexp.MustCompile(`(?m)^VERSION_CODENAME=(\w+)$`).FindSubmatch(release)
	if suite == nil {
		t.Fatal("/etc/os-release names no release of Debian")
	}
	args := []string{"--quiet", "--variant=essential", "--include=systemd,passwd,procps", string(suite[1]), m.root}
	for _, sources := range []string{"/etc/apt/sources.list", "/etc/apt/sources.list.d/debian.sources"} {
		if info, err := os.Stat(sources); err == nil && info.Size() > 0 {
			args = append(args, sources)
		}
	}
	run(t, "mmdebstrap", args...)

	journal := &strings.Builder{}
	nspawn := exec.Command("systemd-nspawn", "--register=no", "--keep-unit", "--boot", "--console=pipe", "--directory="+m.root, "--bind-ro="+debs+":/root/debs")
	nspawn.Env = append(os.Environ(), "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1")
	nspawn.Stdout, nspawn.Stderr = journal, journal
	if err := nspawn.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = nspawn.Process.Signal(syscall.SIGTERM) // fails where it has ended
		_ = nspawn.Wait()
		if t.Failed() {
			t.Logf("the console said:\n%s", journal)
		}
	})
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", nspawn.Process.Pid, nspawn.Process.Pid))
		if m.init = strings.TrimSpace(string(children)); err == nil && m.init != "" {
			state, _ := m.try("systemctl", "is-system-running") // it fails while it starts
			if state == "running" || state == "degraded" {
				return m
			}
		}
		if time.Now().After(end) {
			t.Fatal("systemd did not start in its container")
		}
	}
}

// try runs a command within the machine.
func (m *machine) try(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "nsenter", append([]string{"--target", m.init, "--all", "--"}, args...)...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"}
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (m *machine) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := m.try(args...)
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// holds fails where a command does not print what a pattern matches.
func (m *machine) holds(t *testing.T, pattern string, args ...string) {
	t.Helper()
	if out := m.run(t, args...) + "\n"; !regexp.MustCompile("(?m)" + pattern).MatchString(out) {
		t.Errorf("%s printed %q, want what matches %q", strings.Join(args, " "), out, pattern)
	}
}

// until runs a command until it prints what a pattern matches.
func (m *machine) until(t *testing.T, pattern string, args ...string) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		out, err := m.try(args...)
		if err == nil && regexp.MustCompile(pattern).MatchString(out) {
			return
		}
		if time.Now().After(end) {
			status, _ := m.try("journalctl", "--no-pager", "--unit", "headwater")
			t.Fatalf("%s: %v\n%s\nthe service said:\n%s", strings.Join(args, " "), err, out, status)
		}
	}
}

func (m *machine) write(t *testing.T, name, content string) {
	t.Helper()
	name = filepath.Join(m.root, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(content), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(m.root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func (m *machine) gone(t *testing.T, name string) {
	t.Helper()
	if out, err := m.try("ls", "-d", name); err == nil {
		t.Errorf("%s is still there: %s", name, out)
	}
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// image is what the last stage of the Dockerfile says.
type image struct {
	copies     [][]string // source in the build stage, destination, and the owner if there is one
	env        []string
	user       string
	entrypoint []string // with the command
	health     []string
}

// readImage reads the last stage of the Dockerfile. It knows the instructions that stand there, and fails for others.
func readImage(t *testing.T) image {
	t.Helper()
	f, err := os.Open("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var m image
	list := regexp.MustCompile(`"([^"]*)"`)
	words := func(line string) (all []string) {
		for _, w := range list.FindAllStringSubmatch(line, -1) {
			all = append(all, w[1])
		}
		return all
	}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		switch fields[0] {
		case "FROM":
			m = image{}
		case "COPY":
			c := fields[len(fields)-2:]
			for _, flag := range fields[1 : len(fields)-2] {
				if owner, ok := strings.CutPrefix(flag, "--chown="); ok {
					c = append(c, owner)
				}
			}
			m.copies = append(m.copies, c)
		case "ENV":
			m.env = fields[1:]
		case "USER":
			m.user = fields[1]
		case "HEALTHCHECK":
			m.health = words(lines.Text())
		case "ENTRYPOINT", "CMD":
			m.entrypoint = append(m.entrypoint, words(lines.Text())...)
		}
	}
	return m
}

// TestImage runs what the Dockerfile makes, in a chroot: as its user, on a root that cannot be written but for /data.
func TestImage(t *testing.T) {
	needs(t, "unshare", "chroot")
	m := readImage(t)
	built := t.TempDir()
	run(t, "env", "-C", "..", "CGO_ENABLED=0", "go", "build", "-trimpath", "-buildvcs=false", "-o", filepath.Join(built, "out/headwater"), "./cmd/headwater")
	run(t, "mkdir", filepath.Join(built, "out/data"))
	root := t.TempDir()
	for _, c := range m.copies {
		run(t, "cp", "-r", filepath.Join(built, c[0]), filepath.Join(root, c[1]))
		if len(c) > 2 {
			run(t, "chown", "-R", c[2], filepath.Join(root, c[1]))
		}
	}

	address := freeAddress(t)
	inImage := func(args []string) *exec.Cmd {
		script := `mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && mount --bind "$1" "$0/data" && mount -o remount,bind,rw "$0/data" && root=$0 user=$2 && shift 2 && exec chroot --userspec="$user" "$root" "$@"`
		cmd := exec.Command("unshare", append([]string{"--mount", "sh", "-c", script, root, filepath.Join(root, "data"), m.user}, args...)...)
		cmd.Env = append([]string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HEADWATER_LISTS="}, m.env...)
		_, port, _ := net.SplitHostPort(address)
		cmd.Env = append(cmd.Env, "HEADWATER_LISTEN=0.0.0.0:"+port)
		return cmd
	}
	server := inImage(m.entrypoint)
	said := &strings.Builder{}
	server.Stdout, server.Stderr = said, said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		out, err := inImage(m.health).CombinedOutput()
		if err == nil {
			break
		}
		if time.Now().After(end) || len(ended) > 0 {
			_ = server.Process.Kill() // it may have ended
			t.Fatalf("health: %v\n%s\nthe server: %v\n%s", err, out, <-ended, said)
		}
	}
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the server ended with %v\n%s", err, said)
	}
}
