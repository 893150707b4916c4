package news

import "testing"

func FuzzPlace(f *testing.F) {
	for _, s := range []string{"", "1787043540000.3", "-5.-3", "1.", ".1", "99999999999999999999.1", "9223372036854775807.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePlace(s)
		if err != nil || p == (Place{}) {
			return
		}
		if again, err := ParsePlace(p.String()); err != nil || !again.Time.Equal(p.Time) || again.ID != p.ID {
			t.Errorf("%q is %v, which is read as %v (%v)", s, p, again, err)
		}
	})
}
