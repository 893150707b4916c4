package web

import (
	"net/http"

	"headwater/internal/locale"
)

type keysView struct {
	Keys  []keyView
	Pages []keyView // after g
}

// keyView is what some keys do.
type keyView struct {
	Keys []string
	Does string
}

// keysOf lists what static/keys.js does.
func keysOf(l *locale.Locale) (v keysView) {
	key := func(does string, keys ...string) keyView { return keyView{keys, does} }
	v.Keys = []keyView{
		key(l.Text("next and previous headline; on an article, the next and previous of its list"), "j", "k"),
		key(l.Text("next and previous headline that is unread"), "n", "p"),
		key(l.Text("open the headline"), "o"),
		key(l.Text("open it at its outlet, in another tab"), "v"),
		key(l.Text("read or unread"), "m"),
		key(l.Text("starred or not"), "s"),
		key(l.Text("save the article to the first of the services"), "S"),
		key(l.Text("back to the list"), "u"),
		key(l.Text("load the page again"), "r"),
		key(l.Text("mark all of the list as read"), "A"),
		key(l.Text("undo what was marked last"), "z"),
		key(l.Text("search"), "/"),
		key(l.Text("this list"), "?"),
	}
	v.Pages = []keyView{
		key(l.Text("Front page"), "f"), key(l.Text("Unread"), "u"), key(l.Text("Starred"), "s"), key(l.Text("What you read"), "h"),
		key(l.Text("Labels"), "l"), key(l.Text("All stories"), "a"), key(l.Text("Topics"), "t"), key(l.Text("Outlets"), "o"), key(l.Text("Feeds"), "e"),
	}
	return v
}

// keys lists what single keys do. The page is what ? shows, too.
func (s *server) keys(w http.ResponseWriter, r *http.Request) error {
	l := s.locale(r)
	return s.write(w, r, http.StatusOK, "keys", page{Title: l.Text("Keys"), Body: keysOf(l)})
}
