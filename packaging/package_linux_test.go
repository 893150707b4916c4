// Package packaging has what packages and images hold beside the program, and the tests of both. README.md says what is what.
// The tests need root: they make a Debian of their own and run it under its systemd. make package-test runs them.
package packaging

import (
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

// needs skips a test where this machine can't run it, and returns the path of nfpm. With CI=true a program that is missing is an error.
func needs(t *testing.T, programs ...string) (nfpm string) {
	t.Helper()
	nfpm = os.Getenv("HEADWATER_TEST_NFPM")
	if nfpm == "" {
		t.Skip("make package-test runs this")
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can make a system of its own")
	}
	for _, p := range programs {
		_, err := exec.LookPath(p)
		switch {
		case err != nil && os.Getenv("CI") == "true":
			t.Fatalf("needs %s", p)
		case err != nil:
			t.Skipf("needs %s", p)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "unshare", "--mount", "--pid", "--fork", "true").CombinedOutput(); err != nil {
		t.Skipf("this machine allows no namespaces: %v\n%s", err, out)
	}
	return nfpm
}

// TestPackage installs the package in a chroot, and then in a system that runs: the service there, upgrade, removal, reinstallation.
func TestPackage(t *testing.T) {
	t.Parallel()
	nfpm := needs(t, "mmdebstrap", "systemd-nspawn", "nsenter")
	debs := t.TempDir()
	m := &machine{root: filepath.Join(t.TempDir(), "debian")}
	var older, newer string
	// Making a Debian mostly waits, and building mostly computes.
	t.Run("make", func(t *testing.T) {
		t.Run("Debian", func(t *testing.T) {
			t.Parallel()
			m.make(t)
		})
		t.Run("packages", func(t *testing.T) {
			t.Parallel()
			older, newer = makeDeb(t, nfpm, debs, "v0.0.1"), makeDeb(t, nfpm, debs, "v0.0.2")
		})
	})
	if t.Failed() {
		return
	}
	t.Run("chroot", func(t *testing.T) {
		m.unbooted(t, "dpkg", "-i", m.take(t, newer))
		m.unbooted(t, "headwater", "config", "check")
		m.unbooted(t, "dpkg", "-P", "headwater")
		m.unbooted(t, "rm", "-r", "/var/lib/headwater")
		m.unbooted(t, "userdel", "headwater")
	})
	t.Run("systemd", func(t *testing.T) {
		m.boot(t)
		m.testService(t, m.take(t, older), m.take(t, newer))
	})
}

// testService begins where the package was never installed.
func (m *machine) testService(t *testing.T, older, newer string) {
	site := httptest.NewServer(http.FileServer(http.Dir("../cmd/headwater/testdata/www")))
	t.Cleanup(site.Close)
	m.write(t, "/etc/feeds.opml", fmt.Sprintf(`<opml version="2.0"><body><outline type="rss" xmlUrl="%s/wire.xml"/></body></opml>`, site.URL))
	m.write(t, "/etc/systemd/system/headwater.service.d/feeds.conf", fmt.Sprintf("[Service]\nEnvironment=HEADWATER_LISTS=/etc/feeds.opml HEADWATER_FETCH_ALLOW_PRIVATE=127.0.0.0/8 HEADWATER_LISTEN=%s\n", freeAddress(t)))

	began := time.Now()
	m.run(t, "dpkg", "-i", older)
	m.until(t, "[Ww]hale", "headwater", "front")
	t.Logf("from dpkg -i to the first story: %s", time.Since(began).Round(100*time.Millisecond))
	m.holds(t, "^headwater$", "stat", "-c", "%U", "/proc/"+m.pid(t))
	m.holds(t, "^root:headwater 640$", "stat", "-c", "%U:%G %a", "/etc/headwater/config.yaml")
	m.holds(t, "^headwater:headwater 750$", "stat", "-c", "%U:%G %a", "/var/lib/headwater")
	m.run(t, "systemd-analyze", "security", "--threshold=20", "--no-pager", "headwater.service")
	m.run(t, "headwater", "topic", "add", "kept", "whale")
	m.write(t, "/etc/headwater/config.yaml", m.read(t, "/etc/headwater/config.yaml")+"title: Ours\n")
	m.holds(t, "title", "headwater", "reload")
	m.run(t, "systemctl", "reload", "headwater")

	settings := m.read(t, "/etc/headwater/config.yaml")
	m.write(t, "/etc/headwater/config.yaml", settings+"titel: Ours\n")
	if out, err := m.try("systemctl", "restart", "headwater"); err == nil {
		t.Errorf("it starts with wrong settings: %s", out)
	}
	for property, want := range map[string]string{"ActiveState": "failed", "ExecMainStatus": "2", "NRestarts": "0"} {
		m.holds(t, "^"+want+"$", "systemctl", "show", "--property="+property, "--value", "headwater")
	}
	m.write(t, "/etc/headwater/config.yaml", settings)
	m.testSocket(t)

	before := m.pid(t)
	m.run(t, "dpkg", "-i", newer)
	if after := m.pid(t); after == before {
		t.Errorf("the upgrade left the process of the version before: %s", after)
	}
	m.holds(t, "v0.0.2", "headwater", "version")
	m.holds(t, "kept", "headwater", "topic", "list")
	m.holds(t, "title: Ours", "cat", "/etc/headwater/config.yaml")

	m.run(t, "dpkg", "-r", "headwater")
	m.holds(t, "headwater.db\n", "ls", "/var/lib/headwater")
	m.holds(t, "title: Ours", "cat", "/etc/headwater/config.yaml")
	m.gone(t, "/usr/bin/headwater")
	m.gone(t, "/run/systemd/units/invocation:headwater.service")
	m.run(t, "dpkg", "-i", newer)
	m.holds(t, "kept", "headwater", "topic", "list")
	m.holds(t, "^active$", "systemctl", "is-active", "headwater")

	m.run(t, "systemctl", "disable", "--now", "headwater")
	m.run(t, "dpkg", "-i", newer)
	m.gone(t, "/run/systemd/units/invocation:headwater.service")
	if out, err := m.try("headwater", "topic", "add", "other", "wheat"); err == nil || !strings.Contains(out, "sudo -u headwater headwater") {
		t.Errorf("root's command beside a stopped service: %v\n%s", err, out)
	}

	m.holds(t, "rm -r /var/lib/headwater", "dpkg", "-P", "headwater")
	m.gone(t, "/etc/headwater")
	m.holds(t, "headwater.db\n", "ls", "/var/lib/headwater")
	m.run(t, "dpkg", "-i", newer)
	m.holds(t, "kept", "headwater", "topic", "list")
}

// testSocket lets a request start the service, and restarts it under requests. In the end the service runs without the socket.
func (m *machine) testSocket(t *testing.T) {
	t.Helper()
	address := freeAddress(t)
	m.write(t, "/etc/systemd/system/headwater.socket.d/address.conf", "[Socket]\nListenStream=\nListenStream="+address+"\n")
	m.run(t, "systemctl", "daemon-reload")
	m.run(t, "systemctl", "stop", "headwater")
	m.run(t, "systemctl", "start", "headwater.socket")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	ask := func() error {
		resp, err := client.Get("http://" + address + "/healthz")
		if err == nil && resp.StatusCode != http.StatusOK {
			err = errors.New(resp.Status)
		}
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}
	if err := ask(); err != nil {
		t.Fatalf("the request that starts the service: %v", err)
	}
	restarted := make(chan struct{})
	go func() {
		defer close(restarted)
		if out, err := m.try("systemctl", "restart", "headwater"); err != nil {
			t.Errorf("restart under requests: %v\n%s", err, out)
		}
	}()
	for asking, n := true, 0; asking; n++ {
		select {
		case <-restarted:
			asking = false
		default:
		}
		if err := ask(); err != nil {
			t.Fatalf("request %d of those during the restart: %v", n, err)
		}
	}
	m.run(t, "systemctl", "stop", "headwater.socket", "headwater")
	m.run(t, "systemctl", "start", "headwater")
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
	return filepath.Join(into, filepath.Base(built[0]))
}

// machine is a Debian of the test's own, under its own systemd, with the network of this machine.
type machine struct {
	root string
	init string // the process that is its systemd
}

// make installs a Debian of this machine's release into the root.
func (m *machine) make(t *testing.T) {
	t.Helper()
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		t.Fatal(err)
	}
	suite := regexp.MustCompile(`(?m)^VERSION_CODENAME=(\w+)$`).FindSubmatch(release)
	if suite == nil {
		t.Fatal("/etc/os-release names no release of Debian")
	}
	args := []string{"--quiet", "--variant=essential", "--include=systemd,passwd", string(suite[1]), m.root}
	for _, sources := range []string{"/etc/apt/sources.list", "/etc/apt/sources.list.d/debian.sources"} {
		if info, err := os.Stat(sources); err == nil && info.Size() > 0 {
			args = append(args, sources)
		}
	}
	run(t, "mmdebstrap", args...)
}

// take copies a file into the machine and returns its name there.
func (m *machine) take(t *testing.T, name string) string {
	t.Helper()
	there := "/srv/" + filepath.Base(name)
	run(t, "cp", name, m.root+there)
	return there
}

// unbooted runs a command where no systemd runs, as when an image is built.
func (m *machine) unbooted(t *testing.T, args ...string) {
	t.Helper()
	run(t, "unshare", append([]string{"--mount", "--pid", "--fork", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "chroot", m.root}, args...)...)
}

// boot starts the machine's systemd, and stops it when the test ends.
func (m *machine) boot(t *testing.T) {
	t.Helper()
	probe, err := os.MkdirTemp("/sys/fs/cgroup", "headwater")
	if err != nil {
		t.Skipf("systemd needs a place for its services: %v", err)
	}
	if err := os.Remove(probe); err != nil {
		t.Fatal(err)
	}
	journal := &strings.Builder{}
	nspawn := exec.Command("systemd-nspawn", "--register=no", "--keep-unit", "--boot", "--console=pipe", "--directory="+m.root)
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
				return
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
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"}
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

// pid is that of the service.
func (m *machine) pid(t *testing.T) string {
	t.Helper()
	return m.run(t, "systemctl", "show", "--property=MainPID", "--value", "headwater")
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
