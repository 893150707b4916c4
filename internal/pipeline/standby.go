package pipeline

import (
	"context"
	"errors"
	"slices"
	"time"

	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/stories/group"
)

// A process that may settle and does not lead stands by: it loads the window of open stories and the habits of outlets as
// the leader does, and follows the store's log of the window. So taking over costs what has changed since the last look, and
// not the loading of a window. Nothing is decided while standing by. The window is that which would be loaded anew. A leader
// that loses the lead goes on with its own window and follows the log as well. Where the log no longer reaches back far
// enough, the window is loaded anew, in the background. On SQLite nobody stands by.

const (
	followEvery = time.Second // the shortest time between two looks at the log of the window
	passEvery   = time.Minute // how often a leader looks how far the log of the window is its own
	// otherPrintsRetry is how long a process waits that can't use the leader's prints.
	otherPrintsRetry = time.Minute
)

// follows says how far the window is that of the store.
type follows struct {
	mark        store.WindowMark // all entries of the log of the window up to it are in the window; zero where that is unknown
	corrections int64            // the number of changes of corrections that are in force in the window
	unconnected []int64          // articles whose edges were not read yet
	passed      time.Time        // when passOwnChanges last looked
}

// errOtherPrints means that the prints of the window are of another version of this program. Who leads makes them anew.
var errOtherPrints = errors.New("the prints of open stories are of another version of this program")

// clear drops what was loaded from the store.
func (s *Settler) clear() {
	s.window, s.follows, s.weigher.Habits, s.weigher.Clocks, s.feeds = nil, follows{}, nil, nil, nil
}

// refreshOutlets drops what was loaded with a registry of outlets that people have changed since.
func (s *Settler) refreshOutlets(ctx context.Context) error {
	if s.reader == nil {
		return nil
	}
	version, err := s.reader.RefreshOutlets(ctx)
	if err == nil && version != s.version {
		s.clear()
		s.version = version
	}
	return err
}

// takeOver prepares for settling with a database that this process writes as the leader. It brings the window to what others
// have settled, or drops it.
func (s *Settler) takeOver(ctx context.Context, db *store.DB) error {
	if s.window == nil || s.follows.mark == (store.WindowMark{}) {
		s.clear()
	} else if err := s.readChanges(ctx, db); errors.Is(err, store.ErrForgotten) || errors.Is(err, errOtherPrints) {
		s.clear()
	} else if err != nil {
		return err
	}
	s.store = db
	return nil
}

// passOwnChanges moves the mark of a leader's window over the entries that the leader wrote itself, now and then. So a leader
// that loses the lead reads little again.
func (s *Settler) passOwnChanges(ctx context.Context) error {
	now := s.now()
	if s.window == nil || !s.store.Shared() || now.Sub(s.follows.passed).Abs() < passEvery {
		return nil
	}
	var err error
	s.follows.mark, err = s.store.OwnWindowMark(ctx, s.follows.mark)
	s.follows.passed = now
	return err
}

// endLead frees the memory of a process that leads no more, unless it stands by with what it has.
func (s *Settler) endLead(ctx context.Context) {
	if s.shared.Shared() {
		return
	}
	if s.lock.Acquire(ctx, 1) == nil {
		s.clear()
		s.lock.Release(1)
	}
}

// StandBy brings the window of a process that does not lead to what is stored, or loads it. It does nothing in the process
// that leads, and where no process can stand by.
func (s *Settler) StandBy(ctx context.Context) error {
	if !s.shared.Shared() || s.lead.leading(ctx) {
		return nil
	}
	if err := s.lock.Acquire(ctx, 1); err != nil {
		return err
	}
	defer s.lock.Release(1)
	if s.lead.leading(ctx) || s.now().Before(s.retry) {
		return nil
	}
	err := s.standBy(ctx)
	if errors.Is(err, errOtherPrints) { // as during an upgrade
		s.lead.log.Info("this process stands by without the open stories; it looks again", "reason", err, "after", otherPrintsRetry)
		s.clear()
		s.retry = s.now().Add(otherPrintsRetry)
		return nil
	}
	return err
}

func (s *Settler) standBy(ctx context.Context) error {
	if err := s.refreshOutlets(ctx); err != nil {
		return err
	}
	if err := s.learn(ctx, s.shared); err != nil {
		return err
	}
	now, began := s.now(), time.Now()
	if s.window != nil && s.follows.mark != (store.WindowMark{}) {
		err := s.readChanges(ctx, s.shared)
		if err == nil && s.window.Stale(now) { // closed stories that nobody has closed
			s.window = s.window.Reopen(now)
		}
		if !errors.Is(err, store.ErrForgotten) {
			return err
		}
	}
	s.window, s.follows = nil, follows{} // before the next one takes as much memory
	var at follows
	var err error
	if at.mark, err = s.shared.WindowMark(ctx); err != nil || at.mark == (store.WindowMark{}) {
		return err // nothing was settled yet that could be followed
	}
	if at.corrections, err = s.shared.CorrectionChanges(ctx); err != nil {
		return err
	}
	w, _, err := s.loadArticles(ctx, s.shared, now, false)
	if err != nil {
		return err
	}
	if err := s.loadEdges(ctx, s.shared, now, w, func(news.Edge) bool { return true }); err != nil {
		return err
	}
	s.window, s.follows = w, at
	s.lead.log.Info("this process stands by with the open stories in memory", "articles", w.Len(), "loaded_in", time.Since(began).Round(10*time.Millisecond))
	return s.readChanges(ctx, s.shared) // what was settled meanwhile
}

// readChanges brings the window to what is stored. After an error it may be called again: what is read is the present state
// and not the difference to a state before. It returns store.ErrForgotten where the window has to be loaded anew.
func (s *Settler) readChanges(ctx context.Context, db *store.DB) error {
	changes, through, err := db.WindowChanges(ctx, s.follows.mark)
	if err != nil {
		return err
	}
	corrections, err := db.CorrectionChanges(ctx)
	if err != nil {
		return err
	}
	u := group.Update{Corrected: corrections != s.follows.corrections, Places: map[int64]news.Grouping{}}
	if u.Corrected {
		if u.Corrections, err = db.Corrections(ctx); err != nil {
			return err
		}
	}
	if u, err = s.changedArticles(ctx, db, changes, u); err != nil {
		return err
	}
	s.follows.unconnected = append(s.follows.unconnected, s.window.Follow(u)...)
	s.follows.corrections = corrections
	all, between, err := db.WindowEdges(ctx, s.follows.unconnected, changes.Compared)
	if err != nil {
		return err
	}
	story, errStory := db.NextStoryID(ctx)
	event, errEvent := db.NextEventID(ctx)
	if err := errors.Join(errStory, errEvent); err != nil {
		return err
	}
	s.window.ReplaceEdges(s.follows.unconnected, all)
	s.window.SetEdges(between)
	s.window.NextIDs(story, event)
	s.follows.unconnected, s.follows.mark = nil, through
	return nil
}

// changedArticles adds to an update where the articles of changed stories are now, and the articles that the window lacks or
// has with an earlier print.
func (s *Settler) changedArticles(ctx context.Context, db *store.DB, changes store.WindowChanges, u group.Update) (group.Update, error) {
	if len(changes.Printed)+len(changes.Stories)+len(changes.Compared) == 0 {
		return u, nil
	}
	held := slices.Concat(changes.Printed, changes.Compared) // whose places are looked up
	for _, id := range changes.Stories {
		held = append(held, s.window.Members(id)...)
	}
	slices.Sort(held)
	held = slices.Compact(held)
	places, err := db.WindowPlaces(ctx, changes.Stories, held)
	if err != nil {
		return u, err
	}
	var wanted []int64 // to read
	for _, p := range places {
		if !p.Open {
			continue
		}
		u.Places[p.Article] = p.Grouping
		_, printed := slices.BinarySearch(changes.Printed, p.Article)
		if printed || !s.holds(p.Article) {
			wanted = append(wanted, p.Article)
		}
	}
	for _, id := range held {
		if _, open := u.Places[id]; !open {
			u.Remove = append(u.Remove, id)
		}
	}
	for _, p := range places { // of stories that have closed
		if !p.Open {
			u.Remove = append(u.Remove, p.Article)
		}
	}
	for part := range slices.Chunk(wanted, readChunk) {
		err := db.WindowArticles(ctx, part, func(r store.WindowRow) error {
			if r.PrintErr != nil {
				return errors.Join(errOtherPrints, r.PrintErr)
			}
			u.Put = append(u.Put, windowItem(r))
			return nil
		})
		if err != nil {
			return u, err
		}
	}
	return u, nil
}
