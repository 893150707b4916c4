// Cluster runs a small installation of many processes on this machine, to see what happens when one of them dies:
//
//	make cluster
//
// It starts a PostgreSQL of its own, two pollers, two settlers and two web nodes, serves the feeds of `headwater demo` and a feed
// with a new item every few seconds, and passes the requests to one address on to the web nodes that are ready. A process that
// ends is started again after a while. Ctrl-C ends everything; all files are in one temporary folder, which goes too.
//
// cluster.go has the parts and their order, node.go a process, proxy.go the address.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	var o options
	flag.StringVar(&o.program, "program", "", "the `headwater` to run; it must be there")
	flag.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`HOST:PORT` of the one address")
	flag.DurationVar(&o.restart, "restart", defaultRestart, "how long a process that has ended stays away")
	flag.Parse()
	if o.program == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o, os.Stdout, nil)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}
