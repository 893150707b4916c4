package web

import (
	"net/http"
	"strconv"
)

const (
	perPage = 30
	maxPage = 200 // bounds what a crawler can make the store and the index skip over
)

// pager leads to the pages before and after this one; empty addresses are none.
type pager struct {
	Page       int
	Prev, Next string
}

// pageNumber reads ?page=, which counts from 1.
func pageNumber(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || n < 1 {
		return 1
	}
	return min(n, maxPage)
}

// pagerOf makes the links around page n of this request's address.
func pagerOf(r *http.Request, n int, more bool) pager {
	p := pager{Page: n}
	if n > 1 {
		p.Prev = withPage(r, n-1)
	}
	if more && n < maxPage {
		p.Next = withPage(r, n+1)
	}
	return p
}

func withPage(r *http.Request, n int) string {
	q := r.URL.Query()
	q.Del("page")
	q.Del("cursor") // of this page alone
	if n > 1 {
		q.Set("page", strconv.Itoa(n))
	}
	if len(q) == 0 {
		return r.URL.EscapedPath()
	}
	return r.URL.EscapedPath() + "?" + q.Encode()
}

// idOf reads the number in a path such as /story/{id}.
func idOf(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, notFound("There is no page at this address.")
	}
	return id, nil
}
