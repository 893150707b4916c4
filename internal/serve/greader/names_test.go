package greader

import (
	"fmt"
	"testing"
)

func FuzzItemID(f *testing.F) {
	for _, s := range []string{"1", "-1", "000000000000000a", itemPrefix + "ffffffffffffffff", itemPrefix, "", "0x1", "99999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := itemID(s)
		if err != nil {
			return
		}
		if again, err := itemID(fmt.Sprintf("%s%016x", itemPrefix, uint64(id))); err != nil || again != id {
			t.Errorf("%q is %d, which is read as %d (%v)", s, id, again, err)
		}
	})
}
