package news

import "testing"

func TestIDSet(t *testing.T) {
	none := IDSet(nil)
	s := none.With([]int64{0, 1, 63, 64, 1000, -7})
	fewer := s.Without([]int64{64, 2, 9999, -1})
	for id, in := range map[int64][2]bool{
		-7: {false, false}, -1: {false, false}, 0: {true, true}, 1: {true, true}, 2: {false, false}, 63: {true, true},
		64: {true, false}, 999: {false, false}, 1000: {true, true}, 9999: {false, false},
	} {
		if s.Has(id) != in[0] || fewer.Has(id) != in[1] || none.Has(id) {
			t.Errorf("%d: %v and %v, want %v", id, s.Has(id), fewer.Has(id), in)
		}
	}
	if more := fewer.With([]int64{64}); !more.Has(64) || fewer.Has(64) {
		t.Error("the set itself has changed, or its copy has not")
	}
}
