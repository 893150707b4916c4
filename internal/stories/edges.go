package stories

import "headwater/internal/news"

// JoiningEdge returns the edge of a story whose reasons explain why an article joined: the edge to the lead, or else to the
// most similar member. ok is false if no edge of the article has reasons.
func JoiningEdge(article, lead int64, edges []news.Edge) (joining news.Edge, ok bool) {
	best := 0.0
	for _, e := range edges {
		if e.A != article && e.B != article || len(e.Reasons) == 0 {
			continue
		}
		weight := e.Story
		if e.A+e.B-article == lead {
			weight++
		}
		if weight > best {
			best, joining, ok = weight, e, true
		}
	}
	return joining, ok
}
