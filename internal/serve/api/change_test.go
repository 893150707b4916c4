package api_test

import (
	"strings"
	"testing"
	"time"
)

type topic struct {
	Name, Query string
	Added       time.Time
}

func TestTopics(t *testing.T) {
	d := filled(t)
	var made topic
	a := d.ask(t, "POST", "/api/v1/topics", `{"name":" sea & shore ","query":" river OR comet "}`)
	a.read(201, &made)
	if made.Name != "sea & shore" || made.Query != "river OR comet" || !made.Added.Equal(now) {
		t.Errorf("made %+v", made)
	}
	path := a.Header().Get("Location")
	if path != "/api/v1/topics/sea%20&%20shore" {
		t.Errorf("it is at %q", path)
	}
	p := d.ask(t, "POST", "/api/v1/topics", `{"name":"sea & shore","query":"bakers"}`).refused(409)
	if !strings.Contains(p.Detail, `topic "sea & shore" exists already`) || !strings.Contains(p.Detail, "DELETE "+path) {
		t.Errorf("a second of its name: %s", p.Detail)
	}
	var list struct {
		Total  int
		Topics []topic
	}
	d.get(t, "/api/v1/topics", &list)
	if list.Total != 1 || len(list.Topics) != 1 || list.Topics[0] != made {
		t.Errorf("list: %+v", list)
	}
	var one struct {
		topic
		Name string
		listed
	}
	d.get(t, path+"?limit=1&offset=1", &one)
	if one.Name != made.Name || *one.Total != 2 || len(one.Stories) != 1 || one.Stories[0].Title != cometTitle { // nobody knows how old it is
		t.Errorf("its second story: %+v", one)
	}
	a = d.ask(t, "DELETE", path, "")
	a.is(204)
	if a.Body.Len() > 0 {
		t.Errorf("a body comes with 204: %s", a.Body)
	}
	d.ask(t, "GET", path, "").refused(404)
}

func TestFeeds(t *testing.T) {
	d := open(t)
	var made struct {
		ID                        int64
		URL, Title, Folder, State string
	}
	a := d.ask(t, "POST", "/api/v1/feeds", `{"url":"https://new.example/feed?a=1","title":"New","folder":"World","as_is":true}`)
	a.read(201, &made)
	path := a.Header().Get("Location")
	if path != "/api/v1/feeds/1" || made.ID != 1 || made.URL != "https://new.example/feed?a=1" || made.Title != "New" || made.Folder != "World" || made.State != "waiting" {
		t.Errorf("made %+v at %s", made, path)
	}
	stored, err := d.room.Store.Feed(t.Context(), 1)
	must(t, err)
	if stored.URL != made.URL || stored.Title != "New" || stored.Folder != "World" || !stored.Added.Equal(now) {
		t.Errorf("stored %+v", stored)
	}
	p := d.ask(t, "POST", "/api/v1/feeds", `{"url":"https://new.example/feed?a=1"}`).refused(409)
	if !strings.Contains(p.Detail, "among the feeds already, as "+path) {
		t.Errorf("again: %s", p.Detail)
	}
	d.ask(t, "POST", "/api/v1/feeds", `{"url":"http://192.0.2.1/feed","force":true}`).is(201) // only the address is needed
	p = d.ask(t, "POST", "/api/v1/feeds", `{"url":"https://www.new.example/feed/?a=1"}`).refused(409)
	if !strings.Contains(p.Detail, "among the feeds already, as "+path) {
		t.Errorf("again, written in another way: %s", p.Detail)
	}
	d.ask(t, "DELETE", path, "").is(204)
	d.ask(t, "GET", path, "").refused(404)
	var list struct {
		Total int
		Feeds []struct{ URL string }
	}
	d.get(t, "/api/v1/feeds", &list)
	if list.Total != 1 || len(list.Feeds) != 1 || list.Feeds[0].URL != "http://192.0.2.1/feed" {
		t.Errorf("left: %+v", list)
	}
}

func TestFindFeeds(t *testing.T) {
	d := filled(t)
	d.ask(t, "POST", "/api/v1/feeds", `{"url":"`+d.feeds+`/site"}`).refused(409) // its feed is the wire's
	p := d.ask(t, "POST", "/api/v1/feeds", `{"url":"`+d.feeds+`/sites"}`).refused(422)
	if len(p.Errors) != 2 || p.Errors[1].Value != d.feeds+"/late" || !strings.Contains(p.Detail, "one of several feeds") {
		t.Errorf("of several: %+v", p)
	}
	for _, bad := range []struct{ url, says string }{
		{d.feeds + "/nothing", "the document is empty"}, {"http://192.0.2.1/feed", "fetch.allow_private"}, {"ftp://a.example/", "no feed address"}, {"anna@a.example", "mail address"},
	} {
		p := d.ask(t, "POST", "/api/v1/feeds", `{"url":"`+bad.url+`"}`).refused(422)
		if len(p.Errors) != 1 || p.Errors[0].Location != "body.url" || !strings.Contains(p.Detail, bad.says) {
			t.Errorf("%s: %+v", bad.url, p)
		}
	}
	var made struct{ URL string }
	d.ask(t, "POST", "/api/v1/feeds", `{"url":"`+d.feeds+`/nothing","force":true}`).read(201, &made)
	if made.URL != d.feeds+"/nothing" {
		t.Errorf("forced: %s", made.URL)
	}
	d.ask(t, "POST", "/api/v1/feeds", `{"url":"`+strings.TrimPrefix(d.feeds, "http://")+`/site"}`).refused(409) // a bare host
	d.ask(t, "POST", "/api/v1/feeds", `{"url":"`+d.feeds+`/sites","as_is":true}`).read(201, &made)
	if made.URL != d.feeds+"/sites" {
		t.Errorf("as it is: %s", made.URL)
	}
}
