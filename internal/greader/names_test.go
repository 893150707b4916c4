package greader

import (
	"fmt"
	"testing"

	"headwater/internal/news"
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

func FuzzPlace(f *testing.F) {
	for _, s := range []string{"", "1787043540000.3", "-5.-3", "1.", ".1", "99999999999999999999.1", "9223372036854775807.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := readPlace(s)
		if err != nil || p == (news.Place{}) {
			return
		}
		if again, err := readPlace(writePlace(p)); err != nil || !again.Time.Equal(p.Time) || again.ID != p.ID {
			t.Errorf("%q is %v, which is read as %v (%v)", s, p, again, err)
		}
	})
}
