package poll

import "log/slog"

// cronLogger passes on what cron says of itself. Its chatter about waking and running is for debugging.
type cronLogger struct{ log *slog.Logger }

func (l cronLogger) Info(msg string, kv ...any) { l.log.Debug("cron", append(kv, "event", msg)...) }

func (l cronLogger) Error(err error, msg string, kv ...any) {
	l.log.Error("cron", append(kv, "event", msg, "error", err)...)
}
