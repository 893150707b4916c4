package packaging

import (
	"bufio"
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
	t.Parallel()
	needs(t, "chroot")
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
