package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// lockFile holds the pid of the process that writes in the folder. The lock is flock's, so that it ends with the
// process however that ends; the file stays.
const lockFile = "headwater.lock"

func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder %s cannot be written: %w; mend its permissions or choose another folder", dir, err)
	}
	if err := hold(f, dir); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func hold(f *os.File, dir string) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("data folder %s is held by %s; stop that process or choose another folder", dir, holder(f))
	}
	if err != nil {
		return fmt.Errorf("data folder %s cannot be locked: %w; choose a folder on a local disk", dir, err)
	}
	return writePID(f, dir)
}

func writePID(f *os.File, dir string) error {
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("lock of data folder %s: %w", dir, err)
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("lock of data folder %s: %w; is the disk full?", dir, err)
	}
	return nil
}

// holder names the process that holds the lock. It may hold it without having written its pid yet.
func holder(f *os.File) string {
	b, err := io.ReadAll(io.LimitReader(f, 32))
	pid := strings.TrimSpace(string(b))
	if err != nil || pid == "" {
		return "another process"
	}
	return "process " + pid
}
