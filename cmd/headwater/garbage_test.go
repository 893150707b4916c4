package main

import (
	"runtime"
	"testing"
)

func TestPercentFor(t *testing.T) {
	for live, want := range map[uint64]int{0: 100, 64 << 20: 100, 100 << 20: 70, 480 << 20: 19, 2 << 30: 9, 1 << 50: 6} {
		if got := percentFor(live); got != want {
			t.Errorf("beside %d bytes garbage may take %d%%, want %d", live, got, want)
		}
	}
}

func TestAfterEachCollection(t *testing.T) {
	called := make(chan bool, 100)
	afterEachCollection(func() { called <- true })
	for range 2 {
		for len(called) == 0 {
			runtime.GC()
		}
		<-called
	}
}
