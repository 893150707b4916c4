package index

import (
	"slices"
	"strings"
	"sync"

	"headwater/internal/news"
)

// Places knows where articles stand in their stories: what origin:, is:, copies:, outlets: and independent: ask for, and
// what folds the articles of a story into one. A story changes without its articles changing, so none of this is in the
// index: it is held in memory, made from the store at start and changed with each settlement. That is 8 bytes an article
// and about 40 a story. Its methods may be called at the same time. The zero value is empty and ready.
type Places struct {
	mu      sync.RWMutex
	pages   map[int64]*page
	slots   map[int64]int32 // by story id
	stories []placed        // by slot; slot 0 is no story
	free    []int32
	events  map[int64]int32 // how many stories tell of it
	origins []string        // outletTerm of each
	origin  map[string]int32
}

const pageSize = 1024

// page holds the places of articles whose ids follow each other.
type page [pageSize]seat

type seat struct {
	slot int32
	role uint8 // place in roles
}

type placed struct {
	id, event                        int64
	copies, outlets, members, origin int32
}

var roles = []news.Role{"", news.RoleOriginal, news.RoleCopy, news.RoleRewrite, news.RoleExcerpt}

func roleNumber(r news.Role) uint8 {
	for i, x := range roles {
		if x == r {
			return uint8(i)
		}
	}
	return 0
}

// Set takes stories as they stand now, and the ids of those that went into others. Articles leave the stories that they
// were in, and a story without articles is forgotten. Where that leaves articles in a story that they are not in any more,
// as nothing says where they went, it says no: then a new Places is to be made from the store.
func (p *Places) Set(stories []news.Placement, gone ...int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.slots == nil {
		p.pages, p.slots, p.stories = map[int64]*page{}, map[int64]int32{}, make([]placed, 1)
		p.events, p.origin, p.origins = map[int64]int32{}, map[string]int32{"": 0}, []string{""}
	}
	for _, s := range stories {
		p.set(s)
	}
	return !slices.ContainsFunc(gone, func(id int64) bool { return p.slots[id] != 0 }) &&
		!slices.ContainsFunc(stories, func(s news.Placement) bool { return int(p.stories[p.slots[s.Story]].members) != len(s.Members) })
}

func (p *Places) set(s news.Placement) {
	slot := p.slot(s.Story)
	st := &p.stories[slot]
	p.tell(st.event, -1)
	p.tell(s.Event, 1)
	st.event, st.outlets, st.origin, st.copies = s.Event, int32(s.Outlets), p.intern(outletTerm(s.Origin)), 0
	for id, r := range s.Members {
		p.seat(id, seat{slot, roleNumber(r)})
		if r == news.RoleCopy {
			p.stories[slot].copies++
		}
	}
}

// slot gives the place of a story, and makes one for a new story.
func (p *Places) slot(id int64) int32 {
	if slot, ok := p.slots[id]; ok {
		return slot
	}
	slot := int32(len(p.stories))
	if n := len(p.free); n > 0 {
		slot, p.free = p.free[n-1], p.free[:n-1]
	} else {
		p.stories = append(p.stories, placed{})
	}
	p.stories[slot], p.slots[id] = placed{id: id}, slot
	return slot
}

func (p *Places) seat(article int64, to seat) {
	of := p.pages[article/pageSize]
	if of == nil {
		of = &page{}
		p.pages[article/pageSize] = of
	}
	at := &of[article%pageSize]
	from := at.slot
	*at = to
	if from == to.slot {
		return
	}
	p.stories[to.slot].members++
	if from != 0 {
		p.leave(from)
	}
}

func (p *Places) leave(slot int32) {
	st := &p.stories[slot]
	if st.members--; st.members > 0 {
		return
	}
	p.tell(st.event, -1)
	delete(p.slots, st.id)
	*st = placed{}
	p.free = append(p.free, slot)
}

// tell counts the stories of an event.
func (p *Places) tell(event int64, more int32) {
	if event == 0 {
		return
	}
	if p.events[event] += more; p.events[event] <= 0 {
		delete(p.events, event)
	}
}

func (p *Places) intern(origin string) int32 {
	if n, ok := p.origin[origin]; ok {
		return n
	}
	n := int32(len(p.origins))
	p.origin[origin], p.origins = n, append(p.origins, origin)
	return n
}

// of gives an article's story and its role in it; slot 0 is none. p.mu is held.
func (p *Places) of(article int64) seat {
	if at := p.pages[article/pageSize]; at != nil && article >= 0 {
		return at[article%pageSize]
	}
	return seat{}
}

// told counts the stories that tell of the same event as this one, itself among them.
func (p *Places) told(slot int32) int {
	if slot == 0 {
		return 0
	}
	return max(int(p.events[p.stories[slot].event]), 1)
}

// value gives what a number compares.
func (p *Places) value(field string, slot int32) int {
	st := &p.stories[slot]
	switch field {
	case "copies":
		return int(st.copies)
	case "outlets":
		return int(st.outlets)
	}
	return p.told(slot)
}

// originsLike marks the origins that a query names, by place in p.origins.
func (p *Places) originsLike(s source) []bool {
	like := make([]bool, len(p.origins))
	for i, term := range p.origins {
		name, domain, _ := strings.Cut(term, "\n")
		like[i] = term != "" && (siteLike(domain, s) || nameLike(name, s.name))
	}
	return like
}

func siteLike(domain string, s source) bool {
	if s.name.prefix {
		return strings.HasPrefix(domain, s.site)
	}
	return domain == s.site || strings.HasPrefix(domain, s.site+".")
}

// nameLike says whether the words stand in a row in a name.
func nameLike(name string, t text) bool {
	var w words
	w.add(name)
	terms := t.terms()
	for from := 0; from+len(terms) <= len(w.list); from++ {
		n := 0
		for n < len(terms) && (w.term(w.list[from+n]) == terms[n] ||
			t.prefix && n == len(terms)-1 && strings.HasPrefix(w.term(w.list[from+n]), terms[n])) {
			n++
		}
		if n == len(terms) {
			return true
		}
	}
	return false
}
