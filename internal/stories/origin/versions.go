package origin

import (
	"headwater/internal/stories/prints"
)

// An agency sends a running report several times, with new headlines. Sites rerun one of these versions, and list it under its
// headline. A member with a version's headline goes back to that version, and not to the one that is the story's origin.

// versions sets in carries which version each member goes back to, where that is another than the origin: for a member with the
// headline of an agency's own item, that item; for an agency's own listing of another headline than the origin's, for its translation and
// for another agency's own words, itself or the first of the same headline.
func (f *field) versions(carries []int, origin int) {
	if origin < 0 {
		return
	}
	own := f.agencyHeadlines()
	for i, m := range f.members {
		h := m.Print.Headline
		if i == origin || carries[i] >= 0 || h == 0 || len(m.Print.Title) < leastHeadline || h == f.members[origin].Print.Headline {
			continue
		}
		if sameProse(m.Print, f.members[origin].Print) {
			continue
		}
		at, rerun := f.reruns[i]
		if !rerun {
			first := f.members[origin].Article
			written := same(m.Article.Outlet, first.Outlet) && m.Article.Lang == first.Lang && m.Print.Words >= shortProse
			if !m.Article.Outlet.Agency || written { // the same report, written through
				continue
			}
			at = i // another version, or another agency's own words
		}
		for _, j := range own {
			if f.members[j].Print.Headline == h && same(f.members[j].Article.Outlet, f.members[at].Article.Outlet) {
				at = j
			}
		}
		if at != origin {
			carries[i] = at
		}
	}
}

// sameProse says whether two articles have prose, and most of one's stands in the other.
func sameProse(p, q prints.Print) bool {
	return min(p.Words, q.Words) >= shortProse && max(p.Coverage(q), q.Coverage(p)) >= copyShare
}
