package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"headwater/internal/intake/fetch"
)

// healthTime is how long a health check waits for the answer. The server gives its own store and index 5 s.
const healthTime = 8 * time.Second

func (c *cli) healthcheckCommand() *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the server of these settings whether it is ready",
		Long: "Asks /readyz of the server that listens on the address of the settings, and fails where it is not\n" +
			"ready. This is for containers, which have no other program to ask with.",
		Example: "  headwater healthcheck\n  headwater healthcheck --listen 127.0.0.1:9000",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if listen != "" {
				c.set["listen"] = listen
			}
			cfg, err := c.config()
			if err != nil {
				return err
			}
			address, err := healthAddress(cfg.Listen)
			if err != nil {
				return err
			}
			// The address is that of our own server, so it may be private. The settings' proxy is for other hosts.
			client, err := fetch.New(fetch.Options{
				Timeout: healthTime, AllowPrivate: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")},
			})
			if err != nil {
				return err
			}
			defer client.Close()
			answer, err := client.Get(cmd.Context(), fetch.Request{URL: address, Accept: "text/plain"})
			if err != nil {
				return fmt.Errorf("not ready: %w", err)
			}
			c.printf("%s\n", strings.TrimSpace(string(answer.Body)))
			return nil
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "ask the server that was started with `HOST:PORT`")
	return cmd
}

// healthAddress is the address of /readyz at a server that listens on host:port, as seen from its own machine.
func healthAddress(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", err
	}
	if port == "0" {
		return "", errors.New("listen: port 0 is any free port, so it is not known which to ask; give it with --listen")
	}
	switch addr, err := netip.ParseAddr(host); {
	case host == "", err == nil && addr == netip.IPv4Unspecified():
		host = "127.0.0.1"
	case err == nil && addr == netip.IPv6Unspecified():
		host = "::1"
	}
	return "http://" + net.JoinHostPort(host, port) + "/readyz", nil
}
