package main

import (
	"context"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// notifyManager tells the service manager, if there is one (NOTIFY_SOCKET), that the server is ready, that it is healthy while it asks
// for that (WATCHDOG_USEC), and that it stops. It returns when the context has ended. A server with a stuck loop says nothing, and the
// manager starts it again.
func (a *app) notifyManager(ctx context.Context, base string) error {
	tell := func(state string) {
		if _, err := daemon.SdNotify(false, state); err != nil {
			a.log.Warn("the service manager could not be told", "state", state, "error", err)
		}
	}
	watch, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		a.log.Warn("the service manager's watchdog is not answered", "error", err)
	}
	tell(daemon.SdNotifyReady + "\nSTATUS=serving " + base)
	defer tell(daemon.SdNotifyStopping + "\nSTATUS=stopping")
	if watch == 0 {
		<-ctx.Done()
		return nil
	}
	ticks := time.NewTicker(watch / 2) // as sd_watchdog_enabled(3) advises
	defer ticks.Stop()
	for {
		if err := a.health.Check(); err != nil {
			a.log.Error("the service manager will end this process", "error", err)
		} else {
			tell(daemon.SdNotifyWatchdog)
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return nil
		}
	}
}
