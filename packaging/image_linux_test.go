package packaging

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// image is what the Dockerfile says: how the program is built, and the last stage.
type image struct {
	build      string     // a shell command that writes into /out
	copies     [][]string // source in the build stage, destination, and the owner if there is one
	env        []string
	user       string
	entrypoint []string // with the command
	health     []string
}

// readImage reads the Dockerfile.
func readImage(t *testing.T) image {
	t.Helper()
	var m image
	list := regexp.MustCompile(`"([^"]*)"`)
	words := func(line string) (all []string) {
		for _, w := range list.FindAllStringSubmatch(line, -1) {
			all = append(all, w[1])
		}
		return all
	}
	text, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(strings.ReplaceAll(string(text), "\\\n", "")) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		switch fields[0] {
		case "FROM":
			m = image{build: m.build}
		case "RUN":
			m.build = strings.Join(fields[1:], " ")
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
			m.health = words(line)
		case "ENTRYPOINT", "CMD":
			m.entrypoint = append(m.entrypoint, words(line)...)
		}
	}
	return m
}

// TestImage runs what the Dockerfile makes, in a chroot: as its user, on a root that cannot be written but for /data.
func TestImage(t *testing.T) {
	t.Parallel()
	needs(t, "chroot")
	m := readImage(t)
	built := t.TempDir()
	run(t, "env", "-C", "..", "VERSION=test", "sh", "-c", strings.ReplaceAll(m.build, "/out", built+"/out"))
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
