package main

import "net"

// inheritedListener is nil: Windows has no service manager that listens for its services.
func inheritedListener() (net.Listener, error) { return nil, nil }
