package group

// division is a set of items, numbered from 0, some of which stand together and some of which must not.
type division struct {
	parent []int
	apart  map[int]map[int]bool // roots that must not be joined, both ways
}

func newDivision(n int) *division {
	d := &division{parent: make([]int, n), apart: map[int]map[int]bool{}}
	for i := range d.parent {
		d.parent[i] = i
	}
	return d
}

// root is the lowest number of the items that stand together with i.
func (d *division) root(i int) int {
	for d.parent[i] != i {
		d.parent[i] = d.parent[d.parent[i]]
		i = d.parent[i]
	}
	return i
}

// may says whether two items stand together or may be joined.
func (d *division) may(i, j int) bool { return !d.apart[d.root(i)][d.root(j)] }

// join puts together all that stands with either of two items, unless it must stay apart. It says whether they stand
// together now.
func (d *division) join(i, j int) bool {
	if !d.may(i, j) {
		return false
	}
	i, j = d.root(i), d.root(j)
	if i == j {
		return true
	}
	i, j = min(i, j), max(i, j)
	d.parent[j] = i
	for k := range d.apart[j] {
		delete(d.apart[k], j)
		d.set(i, k)
	}
	delete(d.apart, j)
	return true
}

// separate keeps two items apart from now on, with all that stands with either, unless they stand together.
func (d *division) separate(i, j int) {
	if i, j = d.root(i), d.root(j); i != j {
		d.set(i, j)
	}
}

func (d *division) set(i, j int) {
	for _, p := range [][2]int{{i, j}, {j, i}} {
		if d.apart[p[0]] == nil {
			d.apart[p[0]] = map[int]bool{}
		}
		d.apart[p[0]][p[1]] = true
	}
}
