package api

import (
	"context"
	"errors"
	"sync"
	"time"

	"headwater/internal/news"
)

const (
	streamChunk = 100      // entries that are read at once
	keptChunks  = 16 << 20 // bytes of chunks that are kept for other streams
	maxChunks   = 1000
	keptFor     = time.Minute      // how long a chunk may be given to other streams
	catchUpRest = 3                // times as long as a chunk took to make, nobody who catches up gets another made
	catchUpRate = 24 << 20         // bytes a second that all who catch up get together
	readChunk   = 30 * time.Second // for one chunk, of which none takes a second
)

// chunk is a piece of the story log as the stream sends it.
type chunk struct {
	text []byte
	last int64 // the entry that it ends with; the one that was asked behind, where there is nothing new
	more bool  // it is as long as chunks may be, so that more stands behind it
}

// storyLog is what a fanout reads.
type storyLog interface {
	ChangeNotifier
	StoryLog(ctx context.Context, after int64, limit int) ([]news.StoryChange, error)
	Stories(context.Context, news.StoryList) ([]news.Story, error)
}

// fanout reads the story log once for all streams that are at the same place in it, and sees to it that streams which
// catch up leave most of the processor to pages. A stream has no queue of its own: what it has not been sent yet stands in
// the log, from where it takes the next chunk when its reader has taken the last one.
type fanout struct {
	log  storyLog
	turn chan struct{} // taken by the one chunk that is being made for who catches up

	mu     sync.Mutex // guards what follows
	chunks map[int64]*reading
	order  []*reading // those that are there, the oldest first
	size   int        // of their texts, in bytes
	free   time.Time  // when the next bytes may go to who catches up
}

// reading is a chunk that is there or on its way.
type reading struct {
	at      int64
	live    bool            // it waits for no turn
	changed <-chan struct{} // closed when stories have changed since the log was read
	done    chan struct{}   // closed when what follows is there
	chunk   chunk
	err     error
	until   time.Time // when it is too old for others
}

// errLeft ends a reading whose stream has gone before it began. Others that wait for it begin it anew.
var errLeft = errors.New("the reader of the stream has gone")

func newFanout(log storyLog) *fanout {
	return &fanout{log: log, turn: make(chan struct{}, 1), chunks: map[int64]*reading{}}
}

// after gives what comes behind an entry of the log. Live is for a stream that was at the end of the log, which waits for
// nobody who catches up.
func (f *fanout) after(ctx context.Context, at int64, live bool) (chunk, error) {
	for ctx.Err() == nil {
		rd, mine := f.join(at, live)
		if mine {
			f.read(ctx, rd, live)
		}
		select {
		case <-rd.done:
		case <-ctx.Done():
			continue
		}
		switch {
		case errors.Is(rd.err, errLeft), rd.err == nil && rd.chunk.last == at && closed(rd.changed):
			continue // nobody has read it, or something has come since it was read that there was nothing
		case rd.err != nil:
			return chunk{}, rd.err
		case live:
			return rd.chunk, nil
		}
		return rd.chunk, f.pace(ctx, len(rd.chunk.text))
	}
	return chunk{}, ctx.Err()
}

// join gives the reading of a place that is under way or fresh, or else a new one, which the caller has to read. Who is live
// does not join one that may wait for its turn.
func (f *fanout) join(at int64, live bool) (rd *reading, mine bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if rd := f.chunks[at]; rd != nil && rd.fresh() && (rd.live || !live || closed(rd.done)) {
		return rd, false
	}
	rd = &reading{at: at, live: live, changed: f.log.NextChange(), done: make(chan struct{})}
	f.chunks[at] = rd
	return rd, true
}

// fresh says whether a chunk may be given to another stream. What was read to the end of the log may be until the log goes
// on. It is to be called with the lock held.
func (rd *reading) fresh() bool {
	select {
	case <-rd.done:
		return rd.err == nil && time.Now().Before(rd.until) && (rd.chunk.more || !closed(rd.changed))
	default:
		return !closed(rd.changed)
	}
}

// read reads a chunk for all who wait for it, to the end though the one who began it leaves meanwhile.
func (f *fanout) read(ctx context.Context, rd *reading, live bool) {
	defer close(rd.done)
	if !live {
		select {
		case f.turn <- struct{}{}:
		case <-ctx.Done():
			rd.err = errLeft
			f.forget(rd)
			return
		}
		begun := time.Now()
		defer func() { time.AfterFunc(catchUpRest*time.Since(begun), func() { <-f.turn }) }()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readChunk)
	defer cancel()
	rd.chunk, rd.err = f.render(ctx, rd.at)
	rd.until = time.Now().Add(keptFor)
	f.keep(rd)
}

// keep notes a chunk that was made and forgets the oldest ones beyond keptChunks.
func (f *fanout) keep(rd *reading) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.order = append(f.order, rd)
	f.size += len(rd.chunk.text)
	for len(f.order) > 1 && (f.size > keptChunks || time.Now().After(f.order[0].until) || len(f.order) > maxChunks) {
		old := f.order[0]
		f.order = f.order[1:]
		f.size -= len(old.chunk.text)
		if f.chunks[old.at] == old {
			delete(f.chunks, old.at)
		}
	}
}

// forget takes away a reading that brought nothing.
func (f *fanout) forget(rd *reading) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.chunks[rd.at] == rd {
		delete(f.chunks, rd.at)
	}
}

// render reads the log behind an entry, and the stories that it names, as events.
func (f *fanout) render(ctx context.Context, at int64) (chunk, error) {
	changes, err := f.log.StoryLog(ctx, at, streamChunk)
	if err != nil || len(changes) == 0 {
		return chunk{last: at}, err
	}
	var ids []int64
	for _, c := range changes {
		if c.Into == 0 && !c.Gone {
			ids = append(ids, c.Story)
		}
	}
	stories := map[int64]news.Story{}
	if len(ids) > 0 {
		list, err := f.log.Stories(ctx, news.StoryList{IDs: news.Choose(ids...)})
		if err != nil {
			return chunk{}, err
		}
		for _, st := range list {
			stories[st.ID] = st
		}
	}
	c := chunk{last: changes[len(changes)-1].Seq, more: len(changes) == streamChunk}
	for _, change := range changes {
		text, err := eventOf(change, at, stories)
		if err != nil {
			return chunk{}, err
		}
		c.text = append(c.text, text...)
	}
	return c, nil
}

// pace waits until so many bytes may go to who catches up.
func (f *fanout) pace(ctx context.Context, bytes int) error {
	f.mu.Lock()
	now := time.Now()
	if f.free.Before(now) {
		f.free = now
	}
	wait := f.free.Sub(now)
	f.free = f.free.Add(time.Duration(bytes) * time.Second / catchUpRate)
	f.mu.Unlock()
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
