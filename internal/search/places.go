package search

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"headwater/internal/news"
)

// StoryTable knows where articles stand in their stories: what origin:, is:, copies:, outlets: and independent: ask for, and
// what folds the articles of a story into one. A story changes without its articles changing, so none of this is in the
// index: it is held in memory, made from the store at start and changed with each settlement. That is 8 bytes an article
// and about 100 a story. A search reads the standing of its moment, and holds up no change. Its methods may be called at
// the same time. The zero value is empty and ready.
type StoryTable struct {
	now atomic.Pointer[standing]

	mu     sync.Mutex      // held by who changes them
	slots  map[int64]int32 // by story id
	events map[int64]int32 // places in standing.told, by event id
	origin map[string]int32
	stock  [2]stock // of slots and of events
}

// standing is how things stand at one moment. It never changes.
type standing struct {
	seats   table[seat]   // by article id
	stories table[placed] // by slot; slot 0 is no story
	told    table[told]   // by placed.event; 0 is no event
	origins []string      // outletTerm of each
	slots   int           // more than any slot
}

type seat struct {
	slot int32
	role uint8 // place in roles
}

type placed struct {
	id                                      int64
	event, copies, outlets, members, origin int32
}

// told is an event and how many stories tell of it.
type told struct {
	id int64
	n  int32
}

// stock gives out numbers from 1, those that were given back first.
type stock struct {
	last int32
	free []int32
}

func (s *stock) take() int32 {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		return i
	}
	s.last++
	return s.last
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

// standing gives how things stand now.
func (p *StoryTable) standing() *standing {
	if s := p.now.Load(); s != nil {
		return s
	}
	return &standing{origins: []string{""}, slots: 1}
}

// Set takes stories as they stand now, and the ids of those that went into others. Articles leave the stories that they
// were in, and a story without articles is forgotten. Where that leaves articles in a story that they are not in any more,
// as nothing says where they went, it says no: then a new StoryTable is to be made from the store. It takes time for the stories
// that it is given, and for each 512 articles and stories that there are a pointer's copy.
func (p *StoryTable) Set(stories []news.Placement, gone ...int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.slots == nil {
		p.slots, p.events, p.origin = map[int64]int32{}, map[int64]int32{}, map[string]int32{"": 0}
	}
	now := p.standing()
	c := &change{StoryTable: p, seats: now.seats.draft(), stories: now.stories.draft(), told: now.told.draft(), origins: now.origins}
	for _, s := range stories {
		c.set(s)
	}
	p.now.Store(&standing{c.seats.table, c.stories.table, c.told.table, c.origins, int(p.stock[0].last) + 1})
	return !slices.ContainsFunc(gone, func(id int64) bool { return p.slots[id] != 0 }) &&
		!slices.ContainsFunc(stories, func(s news.Placement) bool {
			return int(c.stories.at(int64(p.slots[s.Story])).members) != len(s.Members)
		})
}

// Remove takes articles out of their stories, as they are no more. A story without articles is forgotten.
func (p *StoryTable) Remove(articles []int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.standing()
	c := &change{StoryTable: p, seats: now.seats.draft(), stories: now.stories.draft(), told: now.told.draft(), origins: now.origins}
	for _, id := range articles {
		from := now.of(id)
		if from.slot == 0 {
			continue
		}
		*c.seats.edit(id) = seat{}
		if roles[from.role] == news.RoleCopy {
			c.stories.edit(int64(from.slot)).copies--
		}
		c.leave(from.slot)
	}
	p.now.Store(&standing{c.seats.table, c.stories.table, c.told.table, c.origins, int(p.stock[0].last) + 1})
}

// change is the next standing while it is made. StoryTable.mu is held.
type change struct {
	*StoryTable
	seats   *draft[seat]
	stories *draft[placed]
	told    *draft[told]
	origins []string
}

func (c *change) set(s news.Placement) {
	slot := c.slot(s.Story)
	before := c.stories.at(int64(slot)).event
	event := c.tell(s.Event)
	c.untell(before)
	st := c.stories.edit(int64(slot))
	st.event, st.outlets, st.origin, st.copies = event, int32(s.Outlets), c.intern(outletTerm(s.Origin)), 0
	for _, r := range s.Members {
		if r == news.RoleCopy {
			st.copies++
		}
	}
	for id, r := range s.Members {
		c.seat(id, seat{slot, roleNumber(r)})
	}
}

// slot gives the place of a story, and makes one for a new story.
func (c *change) slot(id int64) int32 {
	if slot, ok := c.slots[id]; ok {
		return slot
	}
	slot := c.stock[0].take()
	c.slots[id] = slot
	*c.stories.edit(int64(slot)) = placed{id: id}
	return slot
}

func (c *change) seat(article int64, to seat) {
	at := c.seats.edit(article)
	from := at.slot
	*at = to
	if from == to.slot {
		return
	}
	c.stories.edit(int64(to.slot)).members++
	if from != 0 {
		c.leave(from)
	}
}

func (c *change) leave(slot int32) {
	st := c.stories.edit(int64(slot))
	if st.members--; st.members > 0 {
		return
	}
	c.untell(st.event)
	delete(c.slots, st.id)
	*st = placed{}
	c.stock[0].free = append(c.stock[0].free, slot)
}

// tell counts a story more of an event and gives the event's place.
func (c *change) tell(id int64) int32 {
	if id == 0 {
		return 0
	}
	at, ok := c.events[id]
	if !ok {
		at = c.stock[1].take()
		c.events[id] = at
		*c.told.edit(int64(at)) = told{id: id}
	}
	c.told.edit(int64(at)).n++
	return at
}

// untell counts a story less.
func (c *change) untell(at int32) {
	if at == 0 {
		return
	}
	e := c.told.edit(int64(at))
	if e.n--; e.n == 0 {
		delete(c.events, e.id)
		c.stock[1].free = append(c.stock[1].free, at)
	}
}

func (c *change) intern(origin string) int32 {
	if n, ok := c.origin[origin]; ok {
		return n
	}
	n := int32(len(c.origins))
	c.origin[origin], c.origins = n, append(c.origins, origin)
	return n
}

// of gives an article's story and its role in it; slot 0 is none.
func (s *standing) of(article int64) seat { return s.seats.at(article) }

// story gives what stands in a slot.
func (s *standing) story(slot int32) placed { return s.stories.at(int64(slot)) }

// value gives what a number compares.
func (s *standing) value(field string, slot int32) int {
	st := s.story(slot)
	switch field {
	case "copies":
		return int(st.copies)
	case "outlets":
		return int(st.outlets)
	}
	return max(int(s.told.at(int64(st.event)).n), 1) // itself among them
}

// originsLike marks the origins that a query names, by place in s.origins.
func (s *standing) originsLike(named source) []bool {
	like := make([]bool, len(s.origins))
	for i, term := range s.origins {
		name, domain, _ := strings.Cut(term, "\n")
		like[i] = term != "" && (siteLike(domain, named) || nameLike(name, named.name))
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
	terms, in := t.terms(), cutText([]string{name})
	last := len(terms) - 1
	for _, first := range in.starts(terms[0], t.prefix && last == 0) {
		n := 1
		for n <= last && slices.Contains(in.starts(terms[n], t.prefix && n == last), first+int32(n)) {
			n++
		}
		if n > last {
			return true
		}
	}
	return false
}

// starts gives the places of a word, or of all that begin so.
func (c *laidOut) starts(word string, begins bool) []int32 {
	places := c.places[word]
	for i, _ := slices.BinarySearch(c.sorted, word); begins && i < len(c.sorted) && strings.HasPrefix(c.sorted[i], word); i++ {
		places = append(slices.Clone(places), c.places[c.sorted[i]]...)
	}
	return places
}
