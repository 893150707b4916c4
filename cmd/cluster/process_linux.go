package main

import "syscall"

// processAttributes keep Ctrl-C from the nodes, which are ended in order, and let none outlive this process.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
