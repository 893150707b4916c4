package search

import (
	"maps"
	"testing"

	"pgregory.net/rapid"

	"headwater/internal/news"
)

// Whatever is changed in a draft, the table that it began as stays as it was.
func TestTableStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var now pagedArray[int]
		want := map[int64]int{}
		type moment struct {
			pagedArray[int]
			want map[int64]int
		}
		var before []moment
		for range rapid.IntRange(1, 8).Draw(t, "drafts") {
			d := now.draft()
			for _, i := range rapid.SliceOfN(rapid.Int64Range(0, 4*pageSize), 0, 20).Draw(t, "places") {
				*d.edit(i)++
				want[i]++
			}
			now = d.pagedArray
			before = append(before, moment{now, maps.Clone(want)})
		}
		for n, m := range before {
			for i := int64(-1); i < 5*pageSize; i++ {
				if m.at(i) != m.want[i] {
					t.Fatalf("after draft %d element %d is %d, want %d", n, i, m.at(i), m.want[i])
				}
			}
		}
	})
}

// A search sees the stories of its beginning, and holds up nobody who changes them.
func TestStandingStays(t *testing.T) {
	_, p := room(t)
	before := p.snapshot()
	if !p.Set([]news.Placement{{Story: 10, Event: 2, Outlets: 9, Members: map[int64]news.Role{1: news.RoleOriginal, 2: news.RoleCopy, 3: news.RoleCopy, 4: news.RoleCopy}}}) {
		t.Fatal("nothing was left open")
	}
	after := p.snapshot()
	slot := before.of(1).slot
	equal(t, [2]int{4, 9}, [2]int{before.count("outlets", slot), after.count("outlets", slot)})
	equal(t, [2]int{2, 3}, [2]int{before.count("copies", slot), after.count("copies", slot)})
	equal(t, [2]int{2, 1}, [2]int{before.count("independent", slot), after.count("independent", slot)})
	equal(t, [2]uint8{roleNumber(news.RoleCopy), roleNumber(news.RoleOriginal)}, [2]uint8{before.of(1).role, after.of(1).role})
}
