package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nobody is a user who may write nowhere in particular.
const nobody = 65534

// TestReadOnlyFolder runs the program as a user who may read the data folder and not write it. Root may write
// everywhere, so under root the program runs as nobody, where the system lets it.
func TestReadOnlyFolder(t *testing.T) {
	dir, err := os.MkdirTemp("", "headwater-test-") // not t.TempDir, which only its owner may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(os.Chmod(filepath.Join(dir, "data"), 0o755), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	data := filepath.Join(dir, "data")
	for _, path := range []string{dir, data} {
		if err := errors.Join(os.MkdirAll(path, 0o755), os.Chmod(path, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(data, 0o555); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"poll", "feed add --no-discover https://example.org/feed.xml", "search whale", "reindex", "demo --once"} {
		out, err := unprivileged(t, dir, append(strings.Fields(command), "--data", data)...)
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
			t.Errorf("%s: %v, want exit code %d\n%s", command, err, exitFailed, out)
		}
		if !strings.Contains(out, data) || !strings.Contains(out, "permission denied") {
			t.Errorf("%s does not say that %s cannot be written:\n%s", command, data, out)
		}
	}
	if left, err := os.ReadDir(data); err != nil || len(left) > 0 {
		t.Errorf("the folder holds %v (%v)", left, err)
	}
}

// unprivileged runs the program as somebody who is not root.
func unprivileged(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", args...) // the path itself may go through folders of root's
	cmd.Args[0] = "headwater"
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "HEADWATER_LISTS="}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EINVAL) {
		t.Skipf("this is root, who may write everywhere, and the program cannot be run as anybody else: %v", err)
	}
	return string(out), err
}
