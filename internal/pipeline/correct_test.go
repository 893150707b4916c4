package pipeline_test

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
)

const (
	floodText = "The river rose over its banks in the night and flooded forty houses in the lower town, the mayor of Aldermere said. " +
		"Boats brought two hundred people to the school on the hill, where beds had been put up in the gymnasium by volunteers."
	strikeText = "Bakers in the north laid down work on Monday to demand longer breaks, and bread ran out by noon in most of the shops " +
		"along the coast. Their union wants twenty minutes more for every shift, which the owners refuse."
	cometText = "An amateur with a telescope in her garden found a comet that nobody had seen before, the observatory confirmed. " +
		"It will be visible to the naked eye in spring and come back in eleven thousand years."
)

// desk is a data folder and the publishers whose feeds it polls, over several runs of the program.
type desk struct {
	dir, url string
	press    *publisher
	clock    *pipelinetest.Clock
	ahead    time.Duration // of the clock before those of the servers
	items    map[string][]item
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{dir: t.TempDir(), press: newPublisher(), clock: pipelinetest.NewClock()}
	address, _ := serveAt(t, "", dated(func() time.Time { return d.clock.Now().Add(-d.ahead) }, d.press))
	d.url = "http://" + address
	at := d.clock.Now().Add(-5 * time.Hour)
	d.items = map[string][]item{
		"herald":  {{"flood", floodTitle, floodText, at}, {"comet", cometTitle, cometText, at.Add(2 * time.Hour)}},
		"gazette": {{"flood", floodTitle, floodText, at.Add(time.Hour)}},
		"tribune": {{"flood", floodTitle, floodText, at.Add(2 * time.Hour)}, {"strike", strikeTitle, strikeText, at.Add(time.Hour)}},
	}
	return d
}

// run starts the program, polls the feeds and closes it after the work.
func (d *desk) run(t *testing.T, name string, work func(t *testing.T, room *pipelinetest.Room)) {
	t.Helper()
	done := t.Run(name, func(t *testing.T) {
		room := open(t, d.dir, settings{allow: loopback, now: d.clock.Now})
		d.poll(t, room)
		work(t, room)
	})
	if !done {
		t.FailNow()
	}
}

// poll reads what the feeds have now.
func (d *desk) poll(t *testing.T, room *pipelinetest.Room) {
	t.Helper()
	for name, items := range d.items {
		d.press.set(name, items...)
		if _, err := room.Feeds.FindFeed(t.Context(), 0, d.url+"/"+name); errors.Is(err, news.ErrNotFound) {
			add(t, room, d.url, name)
		}
	}
	pass(t, room)
}

// wantStories checks which articles, as "feed/guid", are one story.
func wantStories(t *testing.T, room *pipelinetest.Room, want ...string) {
	t.Helper()
	sets := map[int64][]string{}
	for key, p := range membership(t, room) {
		feed, guid, _ := strings.Cut(key, " ")
		sets[p.story.ID] = append(sets[p.story.ID], path.Base(feed)+"/"+guid)
	}
	var got []string
	for _, set := range sets {
		slices.Sort(set)
		got = append(got, strings.Join(set, " "))
	}
	slices.Sort(got)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("stories (-want +got):\n%s", diff)
	}
	must(t, room.Store.Check(t.Context()))
}

func (d *desk) place(t *testing.T, room *pipelinetest.Room, key string) place {
	t.Helper()
	feed, guid, _ := strings.Cut(key, "/")
	p, ok := membership(t, room)[d.url+"/"+feed+" "+guid]
	if !ok {
		t.Fatalf("%s is in no story", key)
	}
	return p
}

const (
	threeFloods = "gazette/flood herald/flood tribune/flood"
	twoFloods   = "herald/flood tribune/flood"
	oneFlood    = "gazette/flood"
	pair        = "herald/comet tribune/strike"
)

// Corrections still hold after a restart, after articles are revised and copied, and after their stories have closed.
func TestCorrections(t *testing.T) {
	d := newDesk(t)
	var comet, strike int64
	d.run(t, "correct", func(t *testing.T, room *pipelinetest.Room) {
		wantStories(t, room, threeFloods, "herald/comet", "tribune/strike")
		comet, strike = d.place(t, room, "herald/comet").story.ID, d.place(t, room, "tribune/strike").story.ID
		flood := d.place(t, room, "gazette/flood")
		merged, err := room.Pipeline.Settler.Merge(t.Context(), []int64{strike, comet})
		must(t, err)
		if len(merged.Stories) != 1 || len(merged.Stories[0].Members) != 2 || merged.Stories[0].Outlets != 2 || merged.Correction.ID != 1 {
			t.Errorf("merged: %+v", merged)
		}
		split, err := room.Pipeline.Settler.Split(t.Context(), flood.story.ID, []int64{flood.Article.ID, flood.Article.ID})
		must(t, err)
		if len(split.Stories) != 2 || split.Stories[0].ID != flood.story.ID || len(split.Stories[0].Members) != 2 || split.Stories[0].Event != split.Stories[1].Event {
			t.Errorf("split: %+v", split)
		}
		if o := split.Stories[1].Origin; o.Article != flood.Article.ID {
			t.Errorf("the origin of what was split off is %+v", o)
		}
		wantStories(t, room, oneFlood, pair, twoFloods)
	})

	d.items["echo"] = []item{{"comet", "A comet is found", cometText + " She had hoped for one since she was nine.", d.clock.Now().Add(-time.Hour)}}
	for name := range d.items {
		for i := range d.items[name] {
			d.items[name][i].text += " More follows."
		}
	}
	d.run(t, "revised and copied", func(t *testing.T, room *pipelinetest.Room) {
		wantStories(t, room, "echo/comet "+pair, oneFlood, twoFloods)
		for _, id := range []int64{comet, strike} {
			if s, err := room.Stories.Story(t.Context(), id); err != nil || s.ID != min(comet, strike) {
				t.Errorf("story %d leads to %d, %v", id, s.ID, err)
			}
		}
	})

	d.clock.Advance(400 * time.Hour)
	d.items["tribune"][1] = item{"strike", "Strike of the bakers is over", "Bread is back in the shops, and the breaks are longer by ten minutes.", d.clock.Now()}
	d.run(t, "revised when closed", func(t *testing.T, room *pipelinetest.Room) {
		wantStories(t, room, "echo/comet "+pair, oneFlood, twoFloods)
	})

	d.clock.Advance(400 * time.Hour)
	d.run(t, "taken back when closed", func(t *testing.T, room *pipelinetest.Room) {
		all, err := room.Store.Corrections(t.Context())
		must(t, err)
		for _, c := range all {
			_, err := room.Pipeline.Settler.Forget(t.Context(), c.ID)
			must(t, err)
		}
		wantStories(t, room, "echo/comet herald/comet", threeFloods, "tribune/strike")
	})
}

// Stories that closed long ago can be corrected, while a window is open and after it.
func TestCorrectClosedStories(t *testing.T) {
	d := newDesk(t)
	d.run(t, "settle", func(*testing.T, *pipelinetest.Room) {})
	d.clock.Advance(400 * time.Hour)
	d.items["today"] = []item{{"cats", "Cats are counted", "Nobody knows how many cats live in the old harbour, says the office that was to count them all.", d.clock.Now()}}
	d.run(t, "correct", func(t *testing.T, room *pipelinetest.Room) {
		flood, cats := d.place(t, room, "herald/flood"), d.place(t, room, "today/cats")
		_, err := room.Pipeline.Settler.Split(t.Context(), flood.story.ID, []int64{flood.Article.ID, d.place(t, room, "tribune/flood").Article.ID})
		must(t, err)
		wantStories(t, room, oneFlood, "herald/comet", twoFloods, "today/cats", "tribune/strike")
		if rest := d.place(t, room, oneFlood).story.ID; rest != flood.story.ID {
			t.Errorf("what is left of story %d has the id %d", flood.story.ID, rest)
		}
		_, err = room.Pipeline.Settler.Merge(t.Context(), []int64{cats.story.ID, d.place(t, room, "gazette/flood").story.ID})
		must(t, err)
	})
	d.clock.Advance(time.Hour)
	d.items["today"][0].text += " There may be forty."
	d.run(t, "and again", func(t *testing.T, room *pipelinetest.Room) {
		wantStories(t, room, "gazette/flood today/cats", "herald/comet", twoFloods, "tribune/strike")
		one := d.place(t, room, "herald/flood").story.ID
		made, err := room.Pipeline.Settler.Merge(t.Context(), []int64{one, d.place(t, room, "today/cats").story.ID}) // the last correction wins
		must(t, err)
		wantStories(t, room, "gazette/flood herald/flood today/cats tribune/flood", "herald/comet", "tribune/strike")
		_, err = room.Pipeline.Settler.Forget(t.Context(), made.Correction.ID)
		must(t, err)
		wantStories(t, room, "gazette/flood today/cats", "herald/comet", twoFloods, "tribune/strike")
	})
}

func TestNothingToCorrect(t *testing.T) {
	d := newDesk(t)
	d.run(t, "say no", func(t *testing.T, room *pipelinetest.Room) {
		ctx := t.Context()
		flood, comet := d.place(t, room, "herald/flood"), d.place(t, room, "herald/comet")
		strike := d.place(t, room, "tribune/strike").story.ID
		_, err := room.Pipeline.Settler.Merge(ctx, []int64{comet.story.ID, strike})
		must(t, err)
		one, gone := min(comet.story.ID, strike), max(comet.story.ID, strike)
		tests := []struct {
			says   string
			absent bool
			err    func() (news.Corrected, error)
		}{
			{"there is no story 99", true, func() (news.Corrected, error) { return room.Pipeline.Settler.Merge(ctx, []int64{one, 99}) }},
			{"cannot be merged with itself", false, func() (news.Corrected, error) { return room.Pipeline.Settler.Merge(ctx, []int64{one, one}) }},
			{"are one story already", false, func() (news.Corrected, error) { return room.Pipeline.Settler.Merge(ctx, []int64{one, gone}) }},
			{"there is no story 99", true, func() (news.Corrected, error) { return room.Pipeline.Settler.Split(ctx, 99, []int64{1}) }},
			{"there is no article 99", true, func() (news.Corrected, error) { return room.Pipeline.Settler.Split(ctx, one, []int64{99}) }},
			{"but in story", false, func() (news.Corrected, error) {
				return room.Pipeline.Settler.Split(ctx, one, []int64{flood.Article.ID})
			}},
			{"has no other article", false, func() (news.Corrected, error) {
				var all []int64
				for _, m := range flood.story.Members {
					all = append(all, m.Article.ID)
				}
				return room.Pipeline.Settler.Split(ctx, flood.story.ID, all)
			}},
			{"there is no story 99", true, func() (news.Corrected, error) { return room.Pipeline.Settler.SetOrigin(ctx, 99, 1, "") }},
			{"there is no article 99", true, func() (news.Corrected, error) { return room.Pipeline.Settler.SetOrigin(ctx, one, 99, "") }},
			{"but in story", false, func() (news.Corrected, error) {
				return room.Pipeline.Settler.SetOrigin(ctx, one, flood.Article.ID, "")
			}},
			{"neither is given", false, func() (news.Corrected, error) { return room.Pipeline.Settler.SetOrigin(ctx, one, 0, " ") }},
			{"at most 200 characters", false, func() (news.Corrected, error) {
				return room.Pipeline.Settler.SetOrigin(ctx, one, 0, strings.Repeat("é", 201))
			}},
			{"there is no correction 99", true, func() (news.Corrected, error) { return room.Pipeline.Settler.Forget(ctx, 99) }},
		}
		for _, tt := range tests {
			_, err := tt.err()
			if err == nil || !strings.Contains(err.Error(), tt.says) || errors.Is(err, news.ErrNotFound) != tt.absent {
				t.Errorf("%v, want %q", err, tt.says)
			}
		}
		wantStories(t, room, threeFloods, pair)
	})
}

// stories returns the story, event, role and origin of each article.
func stories(t *testing.T, room *pipelinetest.Room) map[string]string {
	t.Helper()
	out := map[string]string{}
	for key, p := range membership(t, room) {
		feed, guid, _ := strings.Cut(key, " ")
		out[path.Base(feed)+"/"+guid] = fmt.Sprint(p.story.ID, p.story.Event, p.Role, p.story.Origin.Article, p.story.Title)
	}
	return out
}

// Merges are taken back in any order and at any time. Then stories and their ids are as before.
func TestForgetRestoresStories(t *testing.T) {
	for name, order := range map[string][]int{"last first": {1, 0}, "first first": {0, 1}} {
		for _, late := range []time.Duration{0, 400 * time.Hour} {
			t.Run(fmt.Sprint(name, " after ", late), func(t *testing.T) {
				d := newDesk(t)
				var before map[string]string
				var made [2]int64
				var ids []int64
				d.run(t, "merge", func(t *testing.T, room *pipelinetest.Room) {
					before = stories(t, room)
					for _, key := range []string{"herald/comet", "tribune/strike", "gazette/flood"} {
						ids = append(ids, d.place(t, room, key).story.ID)
					}
					for i, pair := range [][]int64{ids[:2], {ids[2], max(ids[0], ids[1])}} {
						c, err := room.Pipeline.Settler.Merge(t.Context(), pair)
						must(t, err)
						made[i] = c.Correction.ID
					}
					wantStories(t, room, "gazette/flood herald/comet herald/flood tribune/flood tribune/strike")
				})
				d.clock.Advance(late)
				d.run(t, "forget", func(t *testing.T, room *pipelinetest.Room) {
					for _, i := range order {
						_, err := room.Pipeline.Settler.Forget(t.Context(), made[i])
						must(t, err)
						for _, id := range ids { // also between
							if _, err := room.Stories.Story(t.Context(), id); err != nil {
								t.Errorf("story %d: %v", id, err)
							}
						}
					}
					if diff := gocmp.Diff(before, stories(t, room)); diff != "" {
						t.Errorf("stories before and after (-want +got):\n%s", diff)
					}
					must(t, room.Store.Check(t.Context()))
				})
			})
		}
	}
}

// A story from a later split keeps its id when the earlier merge is taken back.
func TestForgetBesideSplit(t *testing.T) {
	d := newDesk(t)
	d.run(t, "correct", func(t *testing.T, room *pipelinetest.Room) {
		comet, strike := d.place(t, room, "herald/comet"), d.place(t, room, "tribune/strike")
		merged, err := room.Pipeline.Settler.Merge(t.Context(), []int64{comet.story.ID, strike.story.ID})
		must(t, err)
		_, err = room.Pipeline.Settler.Split(t.Context(), merged.Stories[0].ID, []int64{strike.Article.ID})
		must(t, err)
		split := stories(t, room)
		_, err = room.Pipeline.Settler.Forget(t.Context(), merged.Correction.ID)
		must(t, err)
		if diff := gocmp.Diff(split, stories(t, room)); diff != "" {
			t.Errorf("stories before and after (-want +got):\n%s", diff)
		}
	})
}

// What a person says of an origin outranks the scores, for one of the articles and for an outlet that no feed carries. It holds
// after revisions, new members, a restart, a split and the closing of the story, until it is taken back.
func TestCorrectOrigin(t *testing.T) {
	d := newDesk(t)
	wantOrigin := func(t *testing.T, room *pipelinetest.Room, key, name string, article int64) {
		t.Helper()
		st := d.place(t, room, key).story
		if o := st.Origin; o.Name != name || o.Article != article || o.Level != news.LevelOriginal || o.Evidence[0].Kind != "correction" {
			t.Errorf("the origin is %+v, want %s, article %d", o, name, article)
		}
		must(t, room.Store.Check(t.Context()))
	}
	var tribune news.Article
	var first news.Origin
	d.run(t, "say so", func(t *testing.T, room *pipelinetest.Room) {
		p := d.place(t, room, "tribune/flood")
		tribune, first = p.Article, p.story.Origin
		if first.Article == tribune.ID {
			t.Fatal("the last copy is the origin anyway")
		}
		done, err := room.Pipeline.Settler.SetOrigin(t.Context(), p.story.ID, tribune.ID, "")
		must(t, err)
		if len(done.Stories) != 1 || done.Stories[0].Origin.Article != tribune.ID || done.Correction.OriginOf != tribune.ID {
			t.Errorf("%+v", done)
		}
		wantOrigin(t, room, "tribune/flood", tribune.Outlet.Name, tribune.ID)
	})
	d.items["echo"] = []item{{"flood", floodTitle, floodText, d.clock.Now().Add(-10 * time.Hour)}}
	for i := range d.items["tribune"] {
		d.items["tribune"][i].text += " More follows."
	}
	d.run(t, "revised, and an earlier copy", func(t *testing.T, room *pipelinetest.Room) {
		wantStories(t, room, "echo/flood "+threeFloods, "herald/comet", "tribune/strike")
		wantOrigin(t, room, "herald/flood", tribune.Outlet.Name, tribune.ID)
	})
	d.clock.Advance(400 * time.Hour)
	d.run(t, "an outlet, when closed", func(t *testing.T, room *pipelinetest.Room) {
		wantOrigin(t, room, "herald/flood", tribune.Outlet.Name, tribune.ID)
		story := d.place(t, room, "herald/flood").story.ID
		_, err := room.Pipeline.Settler.SetOrigin(t.Context(), story, 0, "The  Kestrel Clarion")
		must(t, err)
		wantOrigin(t, room, "herald/flood", "The Kestrel Clarion", 0) // the last correction wins
		_, err = room.Pipeline.Settler.Split(t.Context(), story, []int64{d.place(t, room, "echo/flood").Article.ID})
		must(t, err)
		if o := d.place(t, room, "echo/flood").story.Origin; o.Name == "The Kestrel Clarion" {
			t.Error("what was split off has the origin of the rest")
		}
		wantOrigin(t, room, "herald/flood", "The Kestrel Clarion", 0)
	})
	d.run(t, "taken back", func(t *testing.T, room *pipelinetest.Room) {
		all, err := room.Store.Corrections(t.Context())
		must(t, err)
		if len(all) != 3 || all[1].Origin.Name != "The Kestrel Clarion" || all[0].Origin != (news.Outlet{}) {
			t.Fatalf("corrections %+v", all)
		}
		for i, n := range []int{2, 1} { // the split, then the outlet
			_, err = room.Pipeline.Settler.Forget(t.Context(), all[n].ID)
			must(t, err)
			wantOrigin(t, room, "herald/flood", []string{"The Kestrel Clarion", tribune.Outlet.Name}[i], []int64{0, tribune.ID}[i])
		}
		_, err = room.Pipeline.Settler.Forget(t.Context(), all[0].ID)
		must(t, err)
		if o := d.place(t, room, "herald/flood").story.Origin; o.Article == tribune.ID || o.Evidence[0].Kind == "correction" {
			t.Errorf("without corrections the origin is %+v", o)
		}
		must(t, room.Store.Check(t.Context()))
	})
}
