//go:build !linux

package main

import "syscall"

// processAttributes keep Ctrl-C from the nodes, which are ended in order.
func processAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
