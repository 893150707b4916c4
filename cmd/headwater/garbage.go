package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// The window of open stories lives long, and is what grows. Garbage may take as much as what lives, as in any Go program, but beside
// a big window no more than gcRoom and gcLeast percent.
const (
	gcPercent = 100
	gcLeast   = 6
	gcRoom    = 64 << 20
)

// boundGarbage sets how much garbage may gather, now and after each collection, unless GOGC says it.
func boundGarbage() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(gcPercent)
	afterEachCollection(func() { debug.SetGCPercent(percentFor(liveBytes())) })
}

func percentFor(live uint64) int {
	return min(gcPercent, gcLeast+int(100*gcRoom/max(live, 1)))
}

func liveBytes() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// afterEachCollection calls do when the garbage collector finds that what it made last is lost.
func afterEachCollection(do func()) {
	runtime.AddCleanup(new([16]byte), func(do func()) {
		do()
		afterEachCollection(do)
	}, do)
}
