package search

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"time"

	"headwater/internal/news"
)

// A cursor is where a page ended: which search it belongs to, when that began, the newest article there was then, and the
// place of the last match.
const cursorSize = 4 + 4*8

// identity tells searches apart, by all that the order of matches depends on.
func identity(s Request) uint32 {
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%s %t %t %t %d %s", mappingVersion, s.Newest, s.Coverage, s.Stories, s.User, s.Query) // a hash takes all
	return h.Sum32()
}

func (f *finder) cursor(at place) string {
	through := f.through
	if !f.resumed {
		through = f.newest
	}
	b := binary.BigEndian.AppendUint32(nil, identity(f.search))
	for _, n := range []uint64{uint64(f.now.Unix()), uint64(through), at.key, uint64(at.id)} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// resume goes on where a cursor says.
func (f *finder) resume(cursor string) error {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) != cursorSize || binary.BigEndian.Uint32(b) != identity(f.search) {
		return fmt.Errorf("search: %w", news.ErrCursor)
	}
	n := func(i int) uint64 { return binary.BigEndian.Uint64(b[4+8*i:]) }
	f.now, f.through, f.after, f.resumed = time.Unix(int64(n(0)), 0), int64(n(1)), place{n(2), int64(n(3))}, true
	return nil
}
