package group

import "slices"

// postings leads from a print to the nodes that have it. Most prints have one node, which takes no list of its own: the
// window holds some hundred prints an article, and this is most of its memory.
type postings struct {
	first map[uint32]*node
	more  map[uint32][]*node
}

func newPostings() postings {
	return postings{first: map[uint32]*node{}, more: map[uint32][]*node{}}
}

// add adds a node until there is one more than is ever used.
func (p postings) add(print uint32, n *node) {
	if p.first[print] == nil {
		p.first[print] = n
		return
	}
	if list := p.more[print]; len(list) <= maxPosting {
		p.more[print] = append(list, n)
	}
}

func (p postings) remove(print uint32, n *node) {
	list := p.more[print]
	if p.first[print] != n {
		list = slices.DeleteFunc(list, func(x *node) bool { return x == n })
	} else if len(list) > 0 {
		p.first[print], list = list[0], list[1:]
	} else {
		delete(p.first, print)
	}
	if len(list) > 0 {
		p.more[print] = list
	} else {
		delete(p.more, print)
	}
}

// each calls use with the nodes, unless there are too many for the print to mean anything.
func (p postings) each(print uint32, use func(*node)) {
	first, more := p.first[print], p.more[print]
	if first == nil || 1+len(more) > maxPosting {
		return
	}
	use(first)
	for _, n := range more {
		use(n)
	}
}
