package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestPortBelow1024 serves in a user namespace of its own: even root has no right to the machine's ports there.
func TestPortBelow1024(t *testing.T) {
	first, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if err != nil || strings.TrimSpace(string(first)) != "1024" {
		t.Skipf("this machine lets everybody use ports from %q on; %v", first, err)
	}
	cmd := exec.CommandContext(t.Context(), ownProgram(t), "serve", "--listen", "127.0.0.1:1", "--data", t.TempDir())
	cmd.Env = environ()
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
	}
	said, err := cmd.CombinedOutput()
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOSPC) {
		t.Skipf("this machine allows no user namespaces: %v", err)
	}
	if err == nil || !strings.HasPrefix(string(said), "headwater: listen on 127.0.0.1:1: this user may not use a port below 1024; choose a higher one") {
		t.Errorf("the server ended with %v and said %s", err, said)
	}
}
