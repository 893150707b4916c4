package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// notifyManager tells the service manager, if there is one (NOTIFY_SOCKET), that the server is ready, that it is healthy while it asks
// for that (WATCHDOG_USEC), and that it stops. It returns when the context has ended. A server with a stuck loop says nothing, and the
// manager starts it again.
func (s *serving) notifyManager(ctx context.Context) error {
	a := s.current.Load()
	watch, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		a.log.Warn("the service manager's watchdog is not answered", "error", err)
	}
	tellManager(a.log, daemon.SdNotifyReady+"\nSTATUS=serving "+a.base)
	defer tellManager(a.log, daemon.SdNotifyStopping+"\nSTATUS=stopping")
	if watch == 0 {
		<-ctx.Done()
		return nil
	}
	ticks := time.NewTicker(watch / 2) // as sd_watchdog_enabled(3) advises
	defer ticks.Stop()
	for {
		if err := s.current.Load().health.Check(); err != nil {
			a.log.Error("the service manager will end this process", "error", err)
		} else {
			tellManager(a.log, daemon.SdNotifyWatchdog)
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func tellManager(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("the service manager could not be told", "state", state, "error", err)
	}
}
