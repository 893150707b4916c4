package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"headwater/internal/news"
	"headwater/internal/store"
)

// miniflux is a client of Miniflux's API.
type miniflux string

// call sends a request and reads its answer into out, which may be nil.
func (m miniflux) call(ctx context.Context, method, path string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, string(m)+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.SetBasicAuth("reader", password)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	got, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, got)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(got, out)
}

// mark sets the status of entries, "read" or "unread".
func (m miniflux) mark(ctx context.Context, ids []int64, status string) error {
	body, err := json.Marshal(map[string]any{"entry_ids": ids, "status": status})
	if err != nil {
		return err
	}
	return m.call(ctx, http.MethodPut, "/v1/entries", body, nil)
}

// entries gives the ids of entries by their addresses.
func (m miniflux) entries(ctx context.Context, filter string) (map[string]int64, error) {
	const each = 1000
	all := map[string]int64{}
	for last := int64(0); ; {
		var page struct {
			Entries []struct {
				ID  int64
				URL string
			}
		}
		if err := m.call(ctx, http.MethodGet, fmt.Sprintf("/v1/entries?order=id&direction=asc&limit=%d&after_entry_id=%d%s", each, last, filter), nil, &page); err != nil {
			return nil, err
		}
		for _, e := range page.Entries {
			all[e.URL], last = e.ID, e.ID
		}
		if len(page.Entries) < each {
			return all, nil
		}
	}
}

// fillMiniflux serves the folder's articles as feeds on loopback, has Miniflux read them all, and marks there what the folder's reader has
// read.
func fillMiniflux(ctx context.Context, dir, address string) (err error) {
	db, err := store.Open(ctx, dir, store.Options{Logger: logger()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	feeds, err := db.Feeds(ctx)
	if err != nil {
		return err
	}
	articles, err := db.Log(ctx, 0, math.MaxInt32)
	if err != nil {
		return err
	}
	user, _, err := db.User(ctx, "reader")
	if err != nil {
		return err
	}
	marks, err := db.Marks(ctx, user.ID)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	base := "http://" + listener.Addr().String()
	documents, err := feedDocuments(feeds, articles)
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/rss+xml")
		_, _ = w.Write(documents[r.URL.Path]) // Miniflux shows an error where this fails
	})}
	go func() { _ = server.Serve(listener) }() // it ends with an error that says that it was closed
	defer func() { err = errors.Join(err, server.Close()) }()
	list, err := outline(feeds, base)
	if err != nil {
		return err
	}
	m := miniflux(address)
	if err := m.call(ctx, http.MethodPut, "/v1/users/1", []byte(`{"entries_per_page": 30, "entry_sorting_direction": "desc"}`), nil); err != nil {
		return err
	}
	if err := m.call(ctx, http.MethodPost, "/v1/import", list, nil); err != nil {
		return err
	}
	if err := m.call(ctx, http.MethodPut, "/v1/feeds/refresh", nil, nil); err != nil {
		return err
	}
	for total := 0; total < len(articles); {
		time.Sleep(time.Second)
		var page struct{ Total int }
		if err := m.call(ctx, http.MethodGet, "/v1/entries?limit=1", nil, &page); err != nil {
			return err
		}
		total = page.Total
		fmt.Fprintf(os.Stderr, "\r%d of %d articles", total, len(articles))
	}
	entries, err := m.entries(ctx, "")
	if err != nil {
		return err
	}
	var read []int64
	for _, a := range articles {
		if id := entries[a.URL]; id != 0 && marks.Read.Has(a.ID) {
			read = append(read, id)
		}
	}
	fmt.Fprintf(os.Stderr, "\n%d of them are read\n", len(read))
	return m.mark(ctx, read, "read")
}

// feedDocuments are the feeds of articles as RSS, by the path that they are served at.
func feedDocuments(feeds []news.Feed, articles []news.Article) (map[string][]byte, error) {
	type item struct {
		Title string `xml:"title"`
		Link  string `xml:"link"`
		GUID  string `xml:"guid"`
		Date  string `xml:"pubDate"`
		Text  string `xml:"description"`
	}
	type channel struct {
		Title string `xml:"title"`
		Link  string `xml:"link"`
		Items []item `xml:"item"`
	}
	items := map[int64][]item{}
	for _, a := range articles {
		items[a.FeedID] = append(items[a.FeedID], item{a.Title, a.URL, a.GUID, a.Published.UTC().Format(time.RFC1123Z), a.HTML})
	}
	documents := map[string][]byte{}
	for _, f := range feeds {
		rss, err := xml.Marshal(struct {
			XMLName xml.Name `xml:"rss"`
			Version string   `xml:"version,attr"`
			Channel channel  `xml:"channel"`
		}{Version: "2.0", Channel: channel{f.Title, f.Site, items[f.ID]}})
		if err != nil {
			return nil, err
		}
		documents[fmt.Sprint("/", f.ID)] = rss
	}
	return documents, nil
}

// outline is the list of feeds as OPML, in their folders.
func outline(feeds []news.Feed, base string) ([]byte, error) {
	type node struct {
		Text  string `xml:"text,attr"`
		Type  string `xml:"type,attr,omitempty"`
		URL   string `xml:"xmlUrl,attr,omitempty"`
		Nodes []node `xml:"outline"`
	}
	at := map[string]int{}
	var folders []node
	for _, f := range feeds {
		n, ok := at[f.Folder]
		if !ok {
			n, at[f.Folder] = len(folders), len(folders)
			folders = append(folders, node{Text: f.Folder})
		}
		folders[n].Nodes = append(folders[n].Nodes, node{Text: f.Title, Type: "rss", URL: fmt.Sprint(base, "/", f.ID)})
	}
	return xml.Marshal(struct {
		XMLName xml.Name `xml:"opml"`
		Version string   `xml:"version,attr"`
		Body    struct {
			Nodes []node `xml:"outline"`
		} `xml:"body"`
	}{Version: "2.0", Body: struct {
		Nodes []node `xml:"outline"`
	}{folders}})
}

// minifluxReader logs in at Miniflux.
func minifluxReader(ctx context.Context, base string) (*reader, error) {
	r := &reader{browser: browser{base: base, cookies: map[string]string{}}, name: "miniflux"}
	token := regexp.MustCompile(`name="csrf" value="([^"]+)"`)
	first, err := r.page(ctx, "/")
	if err != nil {
		return nil, err
	}
	if _, _, err := r.post(ctx, "/login", url.Values{"csrf": {firstOf(token, first.body)}, "username": {"reader"}, "password": {password}}); err != nil {
		return nil, err
	}
	list, err := r.page(ctx, "/unread")
	if err != nil {
		return nil, err
	}
	r.form = url.Values{"csrf": {firstOf(token, list.body)}}
	page := 0
	unread, err := r.links(ctx, "/unread", regexp.MustCompile(`href="(/unread/entry/\d+)"`), func(string) string {
		page++
		return fmt.Sprint("/unread?offset=", 30*page)
	})
	if err != nil {
		return nil, err
	}
	m := miniflux(base)
	var categories []struct {
		ID    int64
		Title string
	}
	if err := m.call(ctx, http.MethodGet, "/v1/categories", nil, &categories); err != nil {
		return nil, err
	}
	ids := make([]int64, folders)
	for _, c := range categories {
		if name, ok := strings.CutPrefix(c.Title, "Folder "); ok {
			if n, err := strconv.Atoi(name); err == nil && n < folders {
				ids[n] = c.ID
			}
		}
	}
	allUnread, err := m.entries(ctx, "&status=unread")
	if err != nil {
		return nil, err
	}
	allRead, err := m.entries(ctx, "&status=read")
	if err != nil {
		return nil, err
	}
	read, restored := slices.Sorted(maps.Values(allRead)), slices.Sorted(maps.Values(allUnread))
	r.pages = map[string]func(int) string{
		"unread by article":  func(int) string { return "/unread" },
		"unread of a folder": func(i int) string { return fmt.Sprintf("/category/%d/entries", ids[i%folders]) },
		"folder":             func(i int) string { return fmt.Sprintf("/category/%d/entries/all", ids[i%folders]) },
		"feeds":              func(int) string { return "/feeds" },
		"unread article":     func(i int) string { return unread[i] },
		"read article":       func(i int) string { return fmt.Sprint("/history/entry/", read[i]) },
	}
	r.markAll = func(ctx context.Context) (time.Duration, error) {
		took, _, err := r.post(ctx, "/mark-all-as-read", url.Values{})
		return took, err
	}
	r.undo = func(ctx context.Context) error { return m.mark(ctx, restored, "unread") }
	return r, nil
}
