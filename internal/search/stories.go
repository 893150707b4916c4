package search

import (
	"slices"
	"sync"
	"sync/atomic"

	"headwater/internal/news"
)

// StoryTable holds the story of each article and the article's role in it. The fields origin:, is:, copies:, outlets: and
// independent: and the folding of a story's articles use it. A story may change while its articles do not, so these data are
// not in the index. The table is held in memory. It is made from the store at start and changed with each settlement. It takes
// 8 bytes per article and about 100 per story. A search uses a snapshot, so it does not block changes. A StoryTable is safe for
// concurrent use. The zero value is empty and ready to use.
type StoryTable struct {
	current atomic.Pointer[storySnapshot]

	mu       sync.Mutex       // guards the fields below and serialises changes
	slots    map[int64]int32  // by story id
	events   map[int64]int32  // indexes of storySnapshot.events, by event id
	origins  map[string]int32 // indexes of storySnapshot.origins
	slotIDs  idPool
	eventIDs idPool
}

// storySnapshot is the table at one moment. It never changes.
type storySnapshot struct {
	members pagedArray[storyMember] // by article id
	stories pagedArray[storyEntry]  // by slot; slot 0 means no story
	events  pagedArray[eventEntry]  // by storyEntry.event; 0 means no event
	origins []string                // outletTerm of each
	slots   int                     // greater than any slot
}

// storyMember is an article's story and the article's role in it. Slot 0 means no story.
type storyMember struct {
	slot int32
	role uint8 // index of roles
}

type storyEntry struct {
	id                                      int64
	event, copies, outlets, members, origin int32
}

// eventEntry is an event with the number of its stories.
type eventEntry struct {
	id      int64
	stories int32
}

// idPool assigns numbers from 1. It reuses released numbers first.
type idPool struct {
	last int32
	free []int32
}

func (p *idPool) take() int32 {
	if n := len(p.free); n > 0 {
		i := p.free[n-1]
		p.free = p.free[:n-1]
		return i
	}
	p.last++
	return p.last
}

var roles = []news.Role{"", news.RoleOriginal, news.RoleCopy, news.RoleRewrite, news.RoleExcerpt}

func roleNumber(r news.Role) uint8 { return uint8(max(slices.Index(roles, r), 0)) }

// snapshot returns the current table.
func (t *StoryTable) snapshot() *storySnapshot {
	if s := t.current.Load(); s != nil {
		return s
	}
	return &storySnapshot{origins: []string{""}, slots: 1}
}

// Set stores the current state of stories, and the ids of stories that were merged into others. Articles leave their former
// stories, and a story without articles is removed. Set returns false if a story in the table keeps articles that are no longer
// in it, since it is unknown where they went. Then a new table must be made from the store. The time depends on the number of
// stories given, and on one pointer for each 512 stored articles and stories, which is copied.
func (t *StoryTable) Set(stories []news.Placement, gone ...int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.slots == nil {
		t.slots, t.events, t.origins = map[int64]int32{}, map[int64]int32{}, map[string]int32{"": 0}
	}
	c := t.change()
	for _, s := range stories {
		c.set(s)
	}
	c.publish()
	return !slices.ContainsFunc(gone, func(id int64) bool { return t.slots[id] != 0 }) &&
		!slices.ContainsFunc(stories, func(s news.Placement) bool {
			return int(c.stories.at(int64(t.slots[s.Story])).members) != len(s.Members)
		})
}

// Remove takes deleted articles out of their stories. A story without articles is removed.
func (t *StoryTable) Remove(articles []int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.change()
	for _, id := range articles {
		from := c.members.at(id)
		if from.slot == 0 {
			continue
		}
		*c.members.edit(id) = storyMember{}
		if roles[from.role] == news.RoleCopy {
			c.stories.edit(int64(from.slot)).copies--
		}
		c.leave(from.slot)
	}
	c.publish()
}

// storyChange is the next snapshot while it is made. StoryTable.mu is held.
type storyChange struct {
	*StoryTable
	members *pagedDraft[storyMember]
	stories *pagedDraft[storyEntry]
	events  *pagedDraft[eventEntry]
	names   []string // names of origins
}

func (t *StoryTable) change() *storyChange {
	now := t.snapshot()
	return &storyChange{StoryTable: t, members: now.members.draft(), stories: now.stories.draft(), events: now.events.draft(), names: now.origins}
}

func (c *storyChange) publish() {
	c.current.Store(&storySnapshot{c.members.pagedArray, c.stories.pagedArray, c.events.pagedArray, c.names, int(c.slotIDs.last) + 1})
}

func (c *storyChange) set(s news.Placement) {
	slot, ok := c.slots[s.Story]
	if !ok {
		slot = c.slotIDs.take()
		c.slots[s.Story] = slot
		*c.stories.edit(int64(slot)) = storyEntry{id: s.Story}
	}
	event := int32(0)
	if s.Event != 0 {
		if event, ok = c.StoryTable.events[s.Event]; !ok {
			event = c.eventIDs.take()
			c.StoryTable.events[s.Event] = event
			*c.events.edit(int64(event)) = eventEntry{id: s.Event}
		}
		c.events.edit(int64(event)).stories++
	}
	c.leaveEvent(c.stories.at(int64(slot)).event)
	origin, ok := c.origins[outletTerm(s.Origin)]
	if !ok {
		origin = int32(len(c.names))
		c.origins[outletTerm(s.Origin)], c.names = origin, append(c.names, outletTerm(s.Origin))
	}
	st := c.stories.edit(int64(slot))
	st.event, st.outlets, st.origin, st.copies = event, int32(s.Outlets), origin, 0
	for id, r := range s.Members {
		if r == news.RoleCopy {
			st.copies++
		}
		m := c.members.edit(id)
		from := m.slot
		if *m = (storyMember{slot, roleNumber(r)}); from == slot {
			continue
		}
		st.members++
		if from != 0 {
			c.leave(from)
		}
	}
}

// leave decrements the number of members of a story.
func (c *storyChange) leave(slot int32) {
	st := c.stories.edit(int64(slot))
	if st.members--; st.members > 0 {
		return
	}
	c.leaveEvent(st.event)
	delete(c.slots, st.id)
	*st = storyEntry{}
	c.slotIDs.free = append(c.slotIDs.free, slot)
}

// leaveEvent decrements the number of stories of an event.
func (c *storyChange) leaveEvent(event int32) {
	if event == 0 {
		return
	}
	e := c.events.edit(int64(event))
	if e.stories--; e.stories == 0 {
		delete(c.StoryTable.events, e.id)
		c.eventIDs.free = append(c.eventIDs.free, event)
	}
}

// of returns an article's story and the article's role in it.
func (s *storySnapshot) of(article int64) storyMember { return s.members.at(article) }

func (s *storySnapshot) story(slot int32) storyEntry { return s.stories.at(int64(slot)) }

// count returns the number that the fields copies:, outlets: and independent: compare.
func (s *storySnapshot) count(field string, slot int32) int {
	st := s.story(slot)
	switch field {
	case "copies":
		return int(st.copies)
	case "outlets":
		return int(st.outlets)
	}
	return max(int(s.events.at(int64(st.event)).stories), 1) // including the story itself
}

const pageSize = 512

// pagedArray is an array whose copies share unchanged pages: a copy costs one pointer per 512 elements. Elements that were
// never set are the zero value.
type pagedArray[T any] struct{ pages []*[pageSize]T }

func (a pagedArray[T]) at(i int64) (element T) {
	if n := i / pageSize; i >= 0 && n < int64(len(a.pages)) && a.pages[n] != nil {
		return a.pages[n][i%pageSize]
	}
	return element
}

// pagedDraft is a copy of an array that is being changed.
type pagedDraft[T any] struct {
	pagedArray[T]
	own map[int64]bool // pages that no other array shares
}

func (a pagedArray[T]) draft() *pagedDraft[T] {
	return &pagedDraft[T]{pagedArray[T]{slices.Clone(a.pages)}, map[int64]bool{}}
}

// edit returns an element for changing.
func (d *pagedDraft[T]) edit(i int64) *T {
	n := i / pageSize
	for int64(len(d.pages)) <= n {
		d.pages = append(d.pages, nil)
	}
	if !d.own[n] {
		page := new([pageSize]T)
		if d.pages[n] != nil {
			*page = *d.pages[n]
		}
		d.pages[n], d.own[n] = page, true
	}
	return &d.pages[n][i%pageSize]
}
