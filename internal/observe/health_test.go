package observe

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestHealth(t *testing.T) {
	for _, c := range []struct {
		name string
		work func(h *Health)
		want string
	}{
		{"nothing runs", func(*Health) { time.Sleep(24 * time.Hour) }, ""},
		{"a step that ended", func(h *Health) {
			_, end := h.Begin(t.Context(), "settle")
			time.Sleep(time.Hour)
			end()
		}, ""},
		{"a long step with progress", func(h *Health) {
			ctx, _ := h.Begin(t.Context(), "index")
			for range 10 {
				time.Sleep(StuckAfter - time.Second)
				Progress(ctx)
			}
		}, ""},
		{"a step in the middle", func(h *Health) {
			h.Begin(t.Context(), "index")
			time.Sleep(StuckAfter - time.Second)
		}, ""},
		{"a step without progress", func(h *Health) {
			h.Begin(t.Context(), "index")
			time.Sleep(StuckAfter)
		}, "no progress: index for 10m0s"},
		{"two of three", func(h *Health) {
			h.Begin(t.Context(), "settle")
			time.Sleep(StuckAfter)
			h.Begin(t.Context(), "index")
			time.Sleep(StuckAfter)
			h.Begin(t.Context(), "topics")
		}, "no progress: index for 10m0s, settle for 20m0s"},
		{"waiting for the database", func(h *Health) {
			ctx, _ := h.Begin(t.Context(), "settle")
			Waiting(ctx)
			time.Sleep(24 * time.Hour)
		}, ""},
		{"after waiting for the database", func(h *Health) {
			ctx, _ := h.Begin(t.Context(), "settle")
			back := Waiting(ctx)
			time.Sleep(24 * time.Hour)
			back()
			time.Sleep(StuckAfter - time.Second)
		}, ""},
		{"stuck after waiting for the database", func(h *Health) {
			ctx, _ := h.Begin(t.Context(), "settle")
			back := Waiting(ctx)
			time.Sleep(24 * time.Hour)
			back()
			time.Sleep(StuckAfter)
		}, "no progress: settle for 10m0s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var h Health
				c.work(&h)
				got := ""
				if err := h.Check(); err != nil {
					got = err.Error()
				}
				if got != c.want {
					t.Errorf("Check() = %q, want %q", got, c.want)
				}
			})
		})
	}
}

func TestHealthOfNobody(t *testing.T) {
	var h *Health
	ctx, end := h.Begin(t.Context(), "settle")
	Progress(ctx)
	Waiting(ctx)()
	end()
	if err := h.Check(); err != nil {
		t.Error(err)
	}
}
