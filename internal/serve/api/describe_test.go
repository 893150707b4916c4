package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

// routes are all that is served.
var routes = []string{
	"DELETE /api/v1/corrections/{id}",
	"DELETE /api/v1/feeds/{id}",
	"DELETE /api/v1/folders/{name}",
	"DELETE /api/v1/outlets/{key}/changes",
	"DELETE /api/v1/rules/{id}",
	"DELETE /api/v1/topics/{name}",
	"DELETE /api/v1/topics/{name}/alerts/{id}",
	"DELETE /api/v1/users/{id}",
	"DELETE /api/v1/users/{id}/sessions",
	"GET /api/v1/articles",
	"GET /api/v1/articles/{id}",
	"GET /api/v1/corrections",
	"GET /api/v1/events",
	"GET /api/v1/events/{id}",
	"GET /api/v1/feeds",
	"GET /api/v1/feeds/{id}",
	"GET /api/v1/feeds/{id}/polls",
	"GET /api/v1/folders",
	"GET /api/v1/front",
	"GET /api/v1/openapi.json",
	"GET /api/v1/opml",
	"GET /api/v1/outlets",
	"GET /api/v1/outlets/{key}",
	"GET /api/v1/removed-feeds",
	"GET /api/v1/rules",
	"GET /api/v1/rules/{id}",
	"GET /api/v1/save-targets",
	"GET /api/v1/search",
	"GET /api/v1/settings",
	"GET /api/v1/status",
	"GET /api/v1/stories",
	"GET /api/v1/stories/{id}",
	"GET /api/v1/stories/{id}/compare",
	"GET /api/v1/stream",
	"GET /api/v1/topics",
	"GET /api/v1/topics/{name}",
	"GET /api/v1/topics/{name}/alerts",
	"GET /api/v1/users",
	"GET /api/v1/users/{id}",
	"GET /healthz",
	"GET /metrics",
	"GET /readyz",
	"PATCH /api/v1/feeds/{id}",
	"PATCH /api/v1/folders/{name}",
	"PATCH /api/v1/outlets/{key}",
	"PATCH /api/v1/rules/{id}",
	"PATCH /api/v1/settings",
	"PATCH /api/v1/topics/{name}",
	"PATCH /api/v1/topics/{name}/alerts/{id}",
	"PATCH /api/v1/users/{id}",
	"POST /api/v1/articles/{id}/save",
	"POST /api/v1/corrections",
	"POST /api/v1/feeds",
	"POST /api/v1/feeds/{id}/refresh",
	"POST /api/v1/feeds/{id}/restore",
	"POST /api/v1/folders/restore",
	"POST /api/v1/newsletters",
	"POST /api/v1/opml",
	"POST /api/v1/rules",
	"POST /api/v1/rules/try",
	"POST /api/v1/rules/{id}/apply",
	"POST /api/v1/rules/{id}/undo",
	"POST /api/v1/topics",
	"POST /api/v1/topics/{name}/alerts",
	"POST /api/v1/topics/{name}/alerts/{id}/test",
	"POST /api/v1/topics/{name}/seen",
	"POST /api/v1/users",
}

func describe(t *testing.T, d *testServer) description {
	t.Helper()
	var out description
	a := d.ask(t, "GET", "/api/v1/openapi.json", "")
	if got := a.Header().Get("Content-Type"); got != "application/openapi+json" {
		t.Errorf("the description comes as %s", got)
	}
	a.read(200, &out)
	return out
}

func TestDescription(t *testing.T) {
	doc := describe(t, open(t))
	if got := doc["openapi"]; got != "3.1.0" {
		t.Errorf("openapi is %v", got)
	}
	info, _ := doc["info"].(object)
	if info["title"] != "Headwater" || info["version"] != "1.2.3" {
		t.Errorf("info is %v", info)
	}
	ops := doc.operations()
	if diff := cmp.Diff(routes, slices.Sorted(maps.Keys(ops))); diff != "" {
		t.Errorf("routes (-want +described):\n%s", diff)
	}
	ids := map[any]string{}
	for pattern, op := range ops {
		if was := ids[op["operationId"]]; was != "" || op["operationId"] == "" {
			t.Errorf("%s and %s are both %v", was, pattern, op["operationId"])
		}
		ids[op["operationId"]] = pattern
		if op["summary"] == "" {
			t.Errorf("%s says nothing of itself", pattern)
		}
		if want, got := strings.Count(pattern, "{"), inPath(op); want != got {
			t.Errorf("%s describes %d parts of its path, want %d", pattern, got, want)
		}
	}
}

func inPath(op object) (n int) {
	all, _ := op["parameters"].([]any)
	for _, p := range all {
		if one, _ := p.(object); one["in"] == "path" && one["required"] == true {
			n++
		}
	}
	return n
}

// TestDescriptionIsWhole follows every reference, and wants words for every key and every parameter.
func TestDescriptionIsWhole(t *testing.T) {
	doc := describe(t, open(t))
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case object:
			if _, err := doc.schema(v); err != nil {
				t.Errorf("%s: %v", at, err)
			}
			if v["in"] != nil && v["description"] == nil {
				t.Errorf("%s is a parameter without a description", at)
			}
			properties, _ := v["properties"].(object)
			for name, p := range properties {
				if one, _ := p.(object); one["description"] == nil {
					t.Errorf("%s.%s has no description", at, name)
				}
			}
			for key, value := range v {
				walk(at+"."+key, value)
			}
		case []any:
			for i, value := range v {
				walk(fmt.Sprintf("%s[%d]", at, i), value)
			}
		case string:
			if u, err := url.Parse(v); err == nil && u.Host != "" && !strings.HasSuffix(u.Host, ".example") {
				t.Errorf("%s leads to another host: %s", at, v)
			}
		}
	}
	walk("description", object(doc))
}

// TestAnswersAreAsDescribed asks every operation, for good and bad, and holds status, type and body against the
// description.
func TestAnswersAreAsDescribed(t *testing.T) {
	d := filled(t)
	_, err := d.room.Store.AddSaveTarget(t.Context(), news.SaveTarget{User: 1, Kind: "linkding", Name: "Links", Address: "https://links.example", Fields: map[string]string{"token": "t"}})
	must(t, err)
	doc := describe(t, d)
	asked := map[string]bool{}
	for _, tt := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/healthz", "", 200},
		{"GET", "/readyz", "", 200},
		{"GET", "/metrics", "", 200},
		{"GET", "/api/v1/openapi.json", "", 200},
		{"GET", "/api/v1/status", "", 200},
		{"GET", "/api/v1/stream?after=elsewhere", "", 422},
		{"GET", "/api/v1/stream?from=1", "", 422},
		{"GET", "/api/v1/status?verbose=1", "", 422},
		{"GET", "/api/v1/stories", "", 200},
		{"GET", "/api/v1/front", "", 200},
		{"GET", "/api/v1/front?limit=2&at=&lang=en,de&folder=World", "", 200},
		{"GET", "/api/v1/front?at=2026-08-18T18:00:00+00:00", "", 200},
		{"GET", "/api/v1/front?limit=0", "", 422},
		{"GET", "/api/v1/front?at=noon", "", 422},
		{"GET", "/api/v1/stories?limit=0", "", 422},
		{"GET", "/api/v1/stories/1", "", 200},
		{"GET", "/api/v1/stories/4711", "", 404},
		{"GET", "/api/v1/stories/4711/compare", "", 404},
		{"GET", "/api/v1/stories/1/compare?a=one", "", 422},
		{"GET", "/api/v1/stories/one", "", 422},
		{"GET", "/api/v1/articles?limit=1", "", 200},
		{"GET", "/api/v1/articles?feed=1&offset=1&limit=1", "", 200}, // no total
		{"GET", "/api/v1/articles?since=yesterday", "", 422},
		{"GET", "/api/v1/articles/1", "", 200},
		{"GET", "/api/v1/articles/4", "", 200}, // no date
		{"GET", "/api/v1/articles/4711", "", 404},
		{"POST", "/api/v1/articles/1/save", `{"target":1}`, 200},
		{"POST", "/api/v1/articles/1/save", `{"target":1,"again":true}`, 200},
		{"POST", "/api/v1/articles/1/save", `{"target":4711}`, 404},
		{"POST", "/api/v1/articles/4711/save", `{"target":1}`, 404},
		{"POST", "/api/v1/articles/1/save", `{}`, 422},
		{"GET", "/api/v1/save-targets", "", 200},
		{"GET", "/api/v1/events?limit=1", "", 200},
		{"GET", "/api/v1/events?cursor=elsewhere", "", 422},
		{"GET", "/api/v1/events/1", "", 200},
		{"GET", "/api/v1/events/1?order=time&limit=1&offset=1", "", 200},
		{"GET", "/api/v1/events/1?order=coverage", "", 422},
		{"GET", "/api/v1/events/4711", "", 404},
		{"GET", "/api/v1/outlets?limit=1", "", 200},
		{"GET", "/api/v1/outlets?cursor=elsewhere", "", 422},
		{"GET", "/api/v1/outlets/gullpoint.example", "", 200},
		{"GET", "/api/v1/outlets/nowhere.example", "", 404},
		{"GET", "/api/v1/outlets?q=gull&sort=share", "", 200},
		{"GET", "/api/v1/outlets?sort=size", "", 422},
		{"GET", "/api/v1/outlets?cursor=outlets:nowhere.example", "", 422},
		{"PATCH", "/api/v1/outlets/gullpoint.example", `{"name":"Gull Point","aliases":["The Point"],"agency":true}`, 200},
		{"PATCH", "/api/v1/outlets/gullpoint.example", `{"domains":["no/domain"]}`, 422},
		{"PATCH", "/api/v1/outlets/nowhere.example", `{"agency":true}`, 404},
		{"DELETE", "/api/v1/outlets/gullpoint.example/changes", "", 200},
		{"DELETE", "/api/v1/outlets/gullpoint.example/changes", "", 404},
		{"GET", "/api/v1/opml", "", 200},
		{"POST", "/api/v1/opml", "<rss/>", 422},
		{"POST", "/api/v1/opml", `<opml><body><outline xmlUrl="https://listed.example/feed"/><outline text="rivers" type="headwater-topic" headwaterQuery="rivers"/></body></opml>`, 200},
		{"GET", "/api/v1/corrections", "", 200},
		{"GET", "/api/v1/stories?cursor=elsewhere&order=newest", "", 422},
		{"GET", "/api/v1/stories?cursor=1.1", "", 422},
		{"GET", "/api/v1/articles?cursor=elsewhere", "", 422},
		{"GET", "/api/v1/articles?cursor=events:1.1", "", 422},
		{"GET", "/api/v1/events?cursor=1.1", "", 422},
		{"GET", "/api/v1/outlets?cursor=articles:1.1", "", 422},
		{"GET", "/api/v1/opml?all=1", "", 422},
		{"POST", "/api/v1/corrections", `{"merge":[1,2]}`, 201},
		{"POST", "/api/v1/corrections", `{"merge":[1,2]}`, 409},
		{"POST", "/api/v1/corrections", `{"merge":[1]}`, 422},
		{"POST", "/api/v1/corrections", `{"merge":[1,4711]}`, 404},
		{"POST", "/api/v1/corrections", `{"split":1}`, 422},
		{"DELETE", "/api/v1/corrections/1", "", 200},
		{"DELETE", "/api/v1/corrections/1", "", 404},
		{"POST", "/api/v1/corrections", `{"origin":{"story":1,"article":1}}`, 201},
		{"POST", "/api/v1/corrections", `{"origin":{"story":1,"outlet":"The Ledger"}}`, 201},
		{"POST", "/api/v1/corrections", `{"origin":{"story":1}}`, 422},
		{"POST", "/api/v1/corrections", `{"origin":{"story":1,"article":1,"outlet":"The Ledger"}}`, 422},
		{"POST", "/api/v1/corrections", `{"origin":{"story":1,"article":1},"split":1}`, 422},
		{"POST", "/api/v1/corrections", `{"origin":{"story":4711,"article":1}}`, 404},
		{"GET", "/api/v1/corrections", "", 200},
		{"GET", "/api/v1/search?q=river", "", 200},
		{"GET", "/api/v1/search?q=%22river", "", 400},
		{"GET", "/api/v1/search", "", 422},
		{"GET", "/api/v1/feeds", "", 200},
		{"GET", "/api/v1/feeds/1", "", 200},
		{"GET", "/api/v1/feeds/4711", "", 404},
		{"POST", "/api/v1/feeds", `{"url":"https://new.example/feed","force":true}`, 201},
		{"GET", "/api/v1/feeds/4", "", 200}, // never polled
		{"POST", "/api/v1/feeds", `{"url":"https://new.example/feed"}`, 409},
		{"POST", "/api/v1/feeds", `{"url":"feed"}`, 422},
		{"PATCH", "/api/v1/feeds/4", `{"title":"New","folder":"Papers","full_text":"never"}`, 200},
		{"PATCH", "/api/v1/feeds/4711", `{"title":"New"}`, 404},
		{"PATCH", "/api/v1/feeds/4", `{"site":"https://new.example/","pictures":"hide","lang":"de","paused":true}`, 200},
		{"PATCH", "/api/v1/feeds/4", `{"lang":"zz9"}`, 422},
		{"PATCH", "/api/v1/feeds/4", `{"folder":".."}`, 422},
		{"POST", "/api/v1/feeds/4/refresh", "", 409},
		{"PATCH", "/api/v1/feeds/4", `{"paused":false}`, 200},
		{"POST", "/api/v1/feeds/4/refresh", "", 200},
		{"POST", "/api/v1/feeds/4711/refresh", "", 404},
		{"GET", "/api/v1/feeds/1/polls", "", 200},
		{"GET", "/api/v1/feeds/4711/polls", "", 404},
		{"GET", "/api/v1/removed-feeds", "", 200},
		{"POST", "/api/v1/feeds/4/restore", "", 404},
		{"DELETE", "/api/v1/feeds/4", "", 204},
		{"GET", "/api/v1/removed-feeds", "", 200},
		{"POST", "/api/v1/feeds/4/restore", "", 200},
		{"PATCH", "/api/v1/feeds/4", `{"full_text":"often"}`, 422},
		{"DELETE", "/api/v1/feeds/4", "", 204},
		{"DELETE", "/api/v1/feeds/4", "", 404},
		{"POST", "/api/v1/topics", `{"name":"weather","query":"river"}`, 201},
		{"POST", "/api/v1/topics", `{"name":"weather","query":"rain"}`, 409},
		{"POST", "/api/v1/topics", `{"name":"the same","query":" river"}`, 409},
		{"POST", "/api/v1/topics", `{"name":"weather"}`, 422},
		{"POST", "/api/v1/topics", `{`, 400},
		{"POST", "/api/v1/topics", strings.Repeat(" ", 1<<17), 413},
		{"GET", "/api/v1/topics", "", 200},
		{"GET", "/api/v1/topics/weather", "", 200},
		{"GET", "/api/v1/topics/weather?order=prominent&facets=true", "", 200},
		{"GET", "/api/v1/topics/weather?order=best", "", 422},
		{"GET", "/api/v1/topics/sport", "", 404},
		{"POST", "/api/v1/topics/weather/seen", "", 204},
		{"POST", "/api/v1/topics/sport/seen", "", 404},
		{"POST", "/api/v1/topics", `{"name":"hills","query":"hill","originals":true,"min_outlets":2,"langs":["en"],"muted":["The Sun"]}`, 201},
		{"POST", "/api/v1/topics", `{"name":"odd","query":"hill","langs":["!"]}`, 422},
		{"PATCH", "/api/v1/topics/hills", `{"query":"mountain","originals":false}`, 200},
		{"PATCH", "/api/v1/topics/hills", `{"name":"weather"}`, 409},
		{"PATCH", "/api/v1/topics/hills", `{"query":"\"never closed"}`, 400},
		{"PATCH", "/api/v1/topics/sport", `{"query":"ball"}`, 404},
		{"POST", "/api/v1/rules", `{"query":"river OR comet","action":"topic","topic":"weather","feed":1}`, 201},
		{"POST", "/api/v1/rules", `{"query":"river OR comet","action":"topic","topic":"weather","feed":1}`, 409},
		{"POST", "/api/v1/rules", `{"query":"river AND","action":"hide"}`, 400},
		{"POST", "/api/v1/rules", `{"query":"river","action":"hide","feed":99}`, 422},
		{"POST", "/api/v1/rules", `{"query":"river","action":"hide","folder":"Nowhere"}`, 422},
		{"POST", "/api/v1/rules", `{"query":"river","action":"label"}`, 422},
		{"POST", "/api/v1/rules", `{"query":"river","action":"topic","topic":"sport"}`, 422},
		{"POST", "/api/v1/rules", `{"query":"river","action":"burn"}`, 422},
		{"POST", "/api/v1/rules/try", `{"query":"river","action":"star"}`, 200},
		{"GET", "/api/v1/rules", "", 200},
		{"POST", "/api/v1/rules/1/apply", "", 200},
		{"GET", "/api/v1/rules/1", "", 200},
		{"POST", "/api/v1/rules/1/undo", "", 200},
		{"POST", "/api/v1/rules/1/undo", "", 200}, // there is nothing left to undo
		{"PATCH", "/api/v1/rules/1", `{"action":"label","label":"Water","feed":0}`, 200},
		{"PATCH", "/api/v1/rules/1", `{"paused":true}`, 200},
		{"PATCH", "/api/v1/rules/1", `{"query":"("}`, 400},
		{"PATCH", "/api/v1/rules/9", `{"paused":true}`, 404},
		{"GET", "/api/v1/rules/9", "", 404},
		{"DELETE", "/api/v1/rules/1", "", 204},
		{"DELETE", "/api/v1/rules/1", "", 404},
		{"POST", "/api/v1/topics/weather/alerts", `{"kind":"webhook","target":"` + d.feeds + `/hook","again_outlets":5}`, 201},
		{"POST", "/api/v1/topics/weather/alerts", `{"kind":"ntfy","target":"http://127.0.0.1:1/weather","token":"tk_1","test":true}`, 201},
		{"POST", "/api/v1/topics/weather/alerts", `{"kind":"webhook","target":"` + d.feeds + `/hook"}`, 409},
		{"POST", "/api/v1/topics/weather/alerts", `{"kind":"email","target":"anna@example.org"}`, 422}, // no mail server is set
		{"POST", "/api/v1/topics/weather/alerts", `{"kind":"pigeon","target":"anna"}`, 422},
		{"POST", "/api/v1/topics/weather/alerts", `{"kind":"webhook","target":"https://hooks.example/","token":"tk_1"}`, 422},
		{"POST", "/api/v1/topics/weather/alerts", `{"kind":"webhook","target":"hooks.example"}`, 422},
		{"POST", "/api/v1/topics/sport/alerts", `{"kind":"webhook","target":"https://hooks.example/"}`, 404},
		{"GET", "/api/v1/topics/weather/alerts", "", 200},
		{"GET", "/api/v1/topics/sport/alerts", "", 404},
		{"PATCH", "/api/v1/topics/weather/alerts/1", `{"schedule":"at once, not from 22 to 7","zone":"Europe/Berlin","again_outlets":0}`, 200},
		{"PATCH", "/api/v1/topics/weather/alerts/1", `{"schedule":"weekdays at 7"}`, 422}, // only mails are collected
		{"PATCH", "/api/v1/topics/weather/alerts/1", `{"schedule":"25:00"}`, 422},
		{"PATCH", "/api/v1/topics/weather/alerts/1", `{"zone":"Mars/Olympus"}`, 422},
		{"PATCH", "/api/v1/topics/weather/alerts/1", `{"token":"tk_1"}`, 422},
		{"PATCH", "/api/v1/topics/weather/alerts/2", `{"secret":"whsec_x"}`, 422},
		{"PATCH", "/api/v1/topics/weather/alerts/3", `{"zone":"UTC"}`, 404},
		{"POST", "/api/v1/topics/weather/alerts/1/test", "", 204},
		{"POST", "/api/v1/topics/weather/alerts/2/test", "", 502},
		{"POST", "/api/v1/topics/weather/alerts/3/test", "", 404},
		{"POST", "/api/v1/topics/weather/alerts", `{"kind":"gotify","target":"https://push.example","token":"tk_1"}`, 201},
		{"PATCH", "/api/v1/topics/weather/alerts/3", `{"target":"https://other.example"}`, 422}, // the token is for another host
		{"PATCH", "/api/v1/topics/weather/alerts/3", `{"target":"https://other.example","token":"tk_2"}`, 200},
		{"POST", "/api/v1/topics/weather/alerts", `{"kind":"discord","target":"https://discord.com/api/webhooks/17/K3y"}`, 201},
		{"POST", "/api/v1/topics/weather/alerts", `{"kind":"matrix","target":"https://matrix.example","token":"tk_1"}`, 422},
		{"DELETE", "/api/v1/topics/weather/alerts/1", "", 204},
		{"DELETE", "/api/v1/topics/weather/alerts/1", "", 404},
		{"DELETE", "/api/v1/topics/weather", "", 204},
		{"DELETE", "/api/v1/topics/weather", "", 404},
		{"POST", "/api/v1/newsletters", `{"title":"Letter","folder":"Letters"}`, 201},
		{"POST", "/api/v1/newsletters", `{"title":"Letter"}`, 409},
		{"POST", "/api/v1/newsletters", `{"title":" "}`, 422},
		{"GET", "/api/v1/folders", "", 200},
		{"PATCH", "/api/v1/folders/Papers", `{"name":"News/World"}`, 200},
		{"PATCH", "/api/v1/folders/Papers", `{"name":"Other"}`, 404},
		{"PATCH", "/api/v1/folders/News%2FWorld", `{"name":".."}`, 422},
		{"POST", "/api/v1/folders/restore", `{"undo":1}`, 404},
		{"DELETE", "/api/v1/folders/News%2FWorld", "", 200},
		{"DELETE", "/api/v1/folders/News%2FWorld", "", 404},
		{"POST", "/api/v1/folders/restore", `{}`, 422},
		{"GET", "/api/v1/settings", "", 200},
		{"PATCH", "/api/v1/settings", `{"theme":"sepia","keys":false,"scrolling":true,"time_zone":"Europe/Berlin"}`, 200},
		{"PATCH", "/api/v1/settings", `{"theme":"pink","time_zone":"Mars/Olympus"}`, 422},
		{"PATCH", "/api/v1/settings", `{"colour":"red"}`, 422},
		{"POST", "/api/v1/users", `{"name":"anna","password":"correct horse"}`, 201},
		{"POST", "/api/v1/users", `{"name":"anna","password":"correct horse"}`, 409},
		{"POST", "/api/v1/users", `{"name":"ben","password":"short"}`, 422},
		{"POST", "/api/v1/users", `{"name":"b\nn","password":"correct horse"}`, 422},
		{"POST", "/api/v1/users", `{"name":"ben","password":"correct horse","role":"owner"}`, 422},
		{"GET", "/api/v1/users", "", 200},
		{"GET", "/api/v1/users?limit=1", "", 200},
		{"GET", "/api/v1/users?cursor=admin", "", 422},
		{"GET", "/api/v1/users/2", "", 200},
		{"GET", "/api/v1/users/4711", "", 404},
		{"PATCH", "/api/v1/users/2", `{"role":"editor"}`, 200},
		{"PATCH", "/api/v1/users/2", `{"password":"battery staple"}`, 200},
		{"PATCH", "/api/v1/users/2", `{"role":"editor","password":"battery staple"}`, 422}, // one at a time
		{"PATCH", "/api/v1/users/2", `{"password":"short"}`, 422},
		{"PATCH", "/api/v1/users/4711", `{"role":"editor"}`, 404},
		{"PATCH", "/api/v1/users/1", `{"role":"reader"}`, 409}, // the last admin
		{"DELETE", "/api/v1/users/2/sessions", "", 204},
		{"DELETE", "/api/v1/users/4711/sessions", "", 404},
		{"DELETE", "/api/v1/users/1", "", 409},
		{"DELETE", "/api/v1/users/2", "", 204},
		{"DELETE", "/api/v1/users/2", "", 404},
	} {
		what := fmt.Sprintf("%s %s %.40s", tt.method, tt.path, tt.body)
		a := d.ask(t, tt.method, tt.path, tt.body)
		a.is(tt.status)
		path, _, _ := strings.Cut(tt.path, "?")
		pattern, op := doc.find(tt.method, path)
		asked[pattern] = true
		for _, wrong := range doc.against(op, a) {
			t.Errorf("%s: %s", what, wrong)
		}
	}
	if diff := cmp.Diff(routes, slices.Sorted(maps.Keys(asked))); diff != "" {
		t.Errorf("routes (-want +asked):\n%s", diff)
	}
}

// against holds an answer against what its operation says.
func (d description) against(op object, a answer) []string {
	said := response(op, a.Code)
	if said == nil {
		return []string{fmt.Sprintf("status %d is not described", a.Code)}
	}
	content, _ := said["content"].(object)
	if content == nil {
		if a.Body.Len() > 0 {
			return []string{"a body comes that is not described"}
		}
		return nil
	}
	kind, _, _ := strings.Cut(a.Header().Get("Content-Type"), ";")
	media, ok := content[kind].(object)
	if !ok {
		return []string{fmt.Sprintf("it comes as %s, which is not described", kind)}
	}
	s, ok := media["schema"].(object)
	if !ok {
		return nil
	}
	var body any
	if err := json.Unmarshal(a.Body.Bytes(), &body); err != nil {
		return []string{err.Error()}
	}
	return d.check("body", s, body)
}

// The check must be able to fail.
func TestCheckFindsFaults(t *testing.T) {
	doc := describe(t, open(t))
	good := object{"name": "a", "query": "b", "added": "2026-08-18T12:00:00Z", "new": 0.0}
	topic := object{"$ref": "#/components/schemas/Topic"}
	if wrong := doc.check("topic", topic, good); wrong != nil {
		t.Errorf("a good topic: %v", wrong)
	}
	for want, change := range map[string]object{
		"topic lacks added":                              {"added": nil},
		"topic.more is not described":                    {"more": 1.0},
		"topic.name: 1 is not type string":               {"name": 1.0},
		"topic.added: yesterday is not format date-time": {"added": "yesterday"},
	} {
		bad := maps.Clone(good)
		maps.Copy(bad, change)
		maps.DeleteFunc(bad, func(_ string, v any) bool { return v == nil })
		if got := doc.check("topic", topic, bad); !slices.Equal(got, []string{want}) {
			t.Errorf("%v: %q, want %q", change, got, want)
		}
	}
	for want, v := range map[string]any{
		"v: 3 is not maximum 1": 3.0, "v: -1 is not minimum 0": -1.0, "v: Maybe is not enum [Yes No]": "Maybe",
	} {
		s := object{"minimum": 0.0, "maximum": 1.0}
		if _, isString := v.(string); isString {
			s = object{"enum": []any{"Yes", "No"}}
		}
		if got := doc.check("v", s, v); !slices.Equal(got, []string{want}) {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}
