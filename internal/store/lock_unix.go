//go:build unix

package store

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// tryLock locks a file for this process, or returns errLocked. Closing the file unlocks it.
func tryLock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errLocked
	}
	return err
}

// checkOwner returns an error where root would write in the folder of another user: that user could not write the files that
// it leaves there, and the server would not start again.
func checkOwner(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 || stat.Uid == 0 {
		return nil
	}
	owner := user.User{Uid: strconv.FormatUint(uint64(stat.Uid), 10)}
	if u, err := user.LookupId(owner.Uid); err == nil {
		owner = *u
	}
	name := cmp.Or(owner.Username, "#"+owner.Uid)
	return fmt.Errorf("data folder %s belongs to %s, and what root writes there %s cannot change; run this as %s (sudo -u %s headwater ...), or start the server, which does it for root", dir, name, name, name, name)
}
