package search

const tablePage = 512

// table is a list whose copies share what has not changed since: a copy costs a pointer for each 512 elements. What was
// never put is the zero value.
type table[T any] struct{ pages []*[tablePage]T }

func (t table[T]) at(i int64) (element T) {
	if n := i / tablePage; i >= 0 && n < int64(len(t.pages)) && t.pages[n] != nil {
		return t.pages[n][i%tablePage]
	}
	return element
}

// draft is a table that is being changed. The table that it began as stays as it is.
type draft[T any] struct {
	table[T]
	own map[int64]bool // pages that no other table has
}

func (t table[T]) draft() *draft[T] {
	return &draft[T]{table[T]{append([]*[tablePage]T(nil), t.pages...)}, map[int64]bool{}}
}

// edit gives an element to be changed.
func (d *draft[T]) edit(i int64) *T {
	n := i / tablePage
	for int64(len(d.pages)) <= n {
		d.pages = append(d.pages, nil)
	}
	if !d.own[n] {
		page := new([tablePage]T)
		if d.pages[n] != nil {
			*page = *d.pages[n]
		}
		d.pages[n], d.own[n] = page, true
	}
	return &d.pages[n][i%tablePage]
}
