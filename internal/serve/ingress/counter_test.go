package ingress_test

import (
	"fmt"
	"testing"
	"time"

	"headwater/internal/serve/ingress"
)

func TestWindowCounter(t *testing.T) {
	now := time.Date(2026, 8, 18, 6, 0, 0, 0, time.UTC)
	counter := ingress.NewWindowCounter[string](func() time.Time { return now }, time.Minute, 100)
	for i := range 3 {
		if n, left := counter.Add("anna"); n != i+1 || left != time.Minute-time.Duration(i)*time.Second {
			t.Errorf("%d events, %s left", n, left)
		}
		now = now.Add(time.Second)
	}
	counter.Undo("anna")
	counter.Undo("nobody")
	if n, _ := counter.Add("anna"); n != 3 {
		t.Errorf("%d events after one was taken back", n)
	}
	for i := range 1000 { // each has one event, so that nobody of them outlives anna
		counter.Add(fmt.Sprint("name ", i))
		if n := counter.Len(); n > 100 {
			t.Fatalf("%d keys are held", n)
		}
	}
	if n, _ := counter.Add("anna"); n != 4 || !counter.Has("anna") || counter.Has("name 1") || !counter.Has("name 999") {
		t.Errorf("after many others there are %d events", n)
	}
	now = now.Add(time.Minute)
	if counter.Has("anna") {
		t.Error("the events outlive their window")
	}
	if n, _ := counter.Add("anna"); n != 1 {
		t.Errorf("%d events in a new window", n)
	}
	counter.Forget("anna")
	if counter.Has("anna") {
		t.Error("what was forgotten is there")
	}
}
