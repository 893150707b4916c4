package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"headwater/internal/accounts"
	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/stories/prints"
	"headwater/internal/subscribe"
)

const (
	feedCount  = 1000
	folders    = 20
	batch      = 4000 // articles stored and settled in one transaction each
	perBatch   = 40   // feeds of one batch; a multiple of 4 would give a copy to the feed of its original
	openFor    = 72 * time.Hour
	year       = 365 * 24 * time.Hour
	bodyWords  = 120
	titleWords = 9
)

// password of the account "reader".
const password = "reader-reader"

// tokenFile is the file in the folder that has the account's API token.
const tokenFile = "archive.token"

// generator fills a store. Words of its texts have a Zipf distribution, as in English.
type generator struct {
	db               *store.DB
	now              time.Time
	articles, window int
	read             int // the percentage of the articles, from the oldest on, of which the reader has read every second one
	made             int
	story            int64 // the highest id given
	event            int64 // the same of events
	eventLeft        int   // stories that the newest event lacks
}

func logger() *slog.Logger { return slog.New(slog.NewTextHandler(os.Stderr, nil)) }

// generate makes the data folder.
func generate(ctx context.Context, dir, database string, articles, window, read int) (err error) {
	file := filepath.Join(dir, store.File)
	if _, err := os.Stat(file); err == nil {
		return fmt.Errorf("%s is there already; choose another folder", file)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	db, err := store.Open(ctx, dir, store.Options{Database: database, Logger: logger()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	m := generator{db: db, now: time.Now().Truncate(time.Second), articles: articles, window: window, read: read}
	if err := m.addFeeds(ctx); err != nil {
		return err
	}
	for m.made < articles {
		if err := m.addBatch(ctx); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "\r%d of %d articles", m.made, articles)
	}
	fmt.Fprintln(os.Stderr)
	users := accounts.New(db, time.Now)
	if err := users.AddUser(ctx, "reader", password); err != nil {
		return err
	}
	user, _, err := db.User(ctx, "reader")
	if err != nil {
		return err
	}
	if err := m.addReader(ctx, user.ID); err != nil {
		return err
	}
	for _, t := range []news.Topic{{Name: "Common", Query: "bane"}, {Name: "Rare", Query: `"bane neti"`}} {
		if _, err := (&subscribe.Topics{Store: db, Now: time.Now}).AddTopic(ctx, t); err != nil {
			return err
		}
	}
	token, err := users.AddAPIToken(ctx, user, "archive")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, tokenFile), []byte(token), 0o600)
}

func (m *generator) addFeeds(ctx context.Context) error {
	all := make([]news.Feed, feedCount)
	for i := range all {
		all[i] = news.Feed{
			URL: fmt.Sprintf("https://outlet%d.example/feed", i), Site: fmt.Sprintf("https://outlet%d.example/", i),
			Title: fmt.Sprintf("Outlet %d", i), Folder: fmt.Sprintf("Folder %d", i%folders), Added: m.now.Add(-year), Due: m.now.Add(12 * time.Hour),
		}
	}
	_, err := m.db.AddFeeds(ctx, all)
	return err
}

// seen is when article i came: over the year before the window, or within the window.
func (m generator) seen(i int) time.Time {
	old := m.articles - m.window
	if i < old {
		return m.now.Add(-year + time.Duration(float64(year-openFor)*float64(i)/float64(old)))
	}
	return m.now.Add(-openFor + time.Duration(float64(openFor)*float64(i-old+1)/float64(m.window+1)))
}

// largeStories are the stories of each tenth batch that many carry, by the place of their first article.
var largeStories = map[int]int{1000: 40, 2000: 500}

// largeStory returns the place in its batch of the first article of the large story that an article belongs to, and false for an
// article of no such story.
func largeStory(i int) (first int, ok bool) {
	if i/batch%10 != 2 {
		return 0, false
	}
	for first, members := range largeStories {
		if k := i % batch; k >= first && k < first+members {
			return first, true
		}
	}
	return 0, false
}

// addBatch stores and settles the next articles. Every fourth has the text of the third before it. Those of a large story come from
// a feed each, and all but the first have a paragraph of their own.
func (m *generator) addBatch(ctx context.Context) error {
	n := min(batch, m.articles-m.made)
	polls := make([]store.Poll, perBatch)
	first := m.made / batch * perBatch % feedCount
	for i := range polls {
		polls[i].Feed = news.Feed{ID: int64((first+i)%feedCount + 1), State: news.FeedOK, Checked: m.seen(m.made + n - 1), Due: m.now.Add(12 * time.Hour)}
	}
	var texts [4][2]string // title and body of the last four
	var large [2]string    // the same of the large story
	var others []store.Poll
	for k := range n {
		i := m.made + k
		r := rand.New(rand.NewPCG(1, uint64(i)))
		if start, ok := largeStory(i); ok {
			if k == start {
				large = [2]string{sentence(r, titleWords), prose(r)}
			}
			text := large
			if k > start {
				text[1] += "\n\n" + sentence(r, bodyWords/4) + "."
			}
			one := polls[0]
			one.Feed.ID = int64((first+k)%feedCount + 1)
			one.Articles = []news.Article{m.article(i, one.Feed.ID-1, text)}
			others = append(others, one)
			continue
		}
		if i%4 == 3 {
			texts[3] = texts[0]
		} else {
			texts[i%4] = [2]string{sentence(r, titleWords), prose(r)}
		}
		p := &polls[k%perBatch]
		p.Articles = append(p.Articles, m.article(i, p.Feed.ID-1, texts[i%4]))
	}
	for _, p := range others {
		at := slices.IndexFunc(polls, func(q store.Poll) bool { return q.Feed.ID == p.Feed.ID })
		if at < 0 {
			polls = append(polls, p)
			continue
		}
		polls[at].Articles = append(polls[at].Articles, p.Articles...)
	}
	if _, err := m.db.Collect(ctx, polls); err != nil {
		return err
	}
	m.made += n
	return m.settle(ctx, n)
}

func (m generator) article(i int, feed int64, text [2]string) news.Article {
	url := fmt.Sprintf("https://outlet%d.example/news/%d", feed, i)
	seen := m.seen(i)
	return news.Article{
		GUID: url, URL: url, Canonical: url, Keys: news.ItemKeys{ID: url, Address: url, Text: fmt.Sprint("text ", i)}, Hash: fmt.Sprint("hash ", i),
		Title: text[0], Text: text[1], HTML: "<p>" + strings.ReplaceAll(text[1], "\n\n", "</p><p>") + "</p>",
		Outlet: news.Outlet{Name: fmt.Sprintf("Outlet %d", feed), Domain: fmt.Sprintf("outlet%d.example", feed)}, Lang: "en",
		Published: seen.Add(-time.Minute), Seen: seen,
	}
}

// settle stores the stories of the last n articles of the log.
func (m *generator) settle(ctx context.Context, n int) error {
	mark, err := m.db.Watermark(ctx, "settle")
	if err != nil {
		return err
	}
	s := store.Settlement{Prints: map[int64]prints.Print{}, Claims: map[int64][]news.Claim{}}
	stories := map[string]int{} // index in s.Stories by title
	articles, err := m.db.Log(ctx, mark, n)
	if err != nil {
		return err
	}
	for _, a := range articles {
		s.Through = a.Seq
		s.Prints[a.ID] = prints.Make(a, a.Title)
		at, copied := stories[a.Title]
		if !copied {
			m.story++
			at, stories[a.Title] = len(s.Stories), len(s.Stories)
			s.Stories = append(s.Stories, news.Story{
				ID: m.story, Event: m.nextEvent(), Title: a.Title, First: a.Time(), Changed: a.Seen,
				Origin: news.Origin{Outlet: a.Outlet, Article: a.ID, URL: a.URL, Level: news.LevelOriginal, Confidence: .9},
			})
		}
		st := &s.Stories[at]
		member := news.Member{Article: a, Role: news.RoleOriginal, Share: 1}
		if copied {
			member.Role = news.RoleCopy
			s.Edges = append(s.Edges, news.Edge{A: st.Origin.Article, B: a.ID, Story: 1, Event: 1, Reasons: []news.Evidence{{Kind: "overlap", Detail: "one text", Weight: 1}}})
		}
		st.Members, st.Outlets, st.Latest = append(st.Members, member), st.Outlets+1, a.Time()
	}
	return m.db.Settle(ctx, s)
}

// eventSizes are the numbers of stories of successive events; of largeEvery events one has largeEvent stories.
var eventSizes = [...]int{1, 1, 2, 1, 3, 1, 8, 24}

const (
	largeEvery = 500
	largeEvent = 500
)

// nextEvent returns the event of the next story.
func (m *generator) nextEvent() int64 {
	if m.eventLeft == 0 {
		m.event++
		m.eventLeft = eventSizes[m.event%int64(len(eventSizes))]
		if m.event%largeEvery == largeEvery/2 {
			m.eventLeft = largeEvent
		}
	}
	m.eventLeft--
	return m.event
}

// addReader adds the read marks and stars of the account "reader".
func (m *generator) addReader(ctx context.Context, user int64) error {
	var read, starred []int64
	for id := int64(1); id <= int64(m.articles); id++ {
		if id%2 == 0 && id <= int64(m.articles*m.read/100) {
			read = append(read, id)
		}
		if id%1000 == 0 {
			starred = append(starred, id)
		}
	}
	if _, err := m.db.MarkItems(ctx, user, news.Marking{Articles: read, Read: true}); err != nil {
		return err
	}
	_, err := m.db.MarkItems(ctx, user, news.Marking{Articles: starred, AddLabels: []string{""}})
	return err
}

var syllables = [...]string{"ba", "ne", "ti", "so", "lu", "ra", "mi", "ko", "de", "fa", "st", "ing"}

// prose is three paragraphs.
func prose(r *rand.Rand) string {
	paragraphs := make([]string, 3)
	for i := range paragraphs {
		paragraphs[i] = sentence(r, bodyWords/len(paragraphs)) + "."
	}
	return strings.Join(paragraphs, "\n\n")
}

func sentence(r *rand.Rand, words int) string {
	zipf := rand.NewZipf(r, 1.1, 4, 60_000)
	var b strings.Builder
	for i := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		n := zipf.Uint64()
		capital := i == 0 || n > 1000 && n%5 == 0
		for part := range 2 + n%4 {
			s := syllables[n%uint64(len(syllables))]
			if part == 0 && capital {
				s = strings.ToUpper(s[:1]) + s[1:]
			}
			b.WriteString(s)
			n = n*31/12 + 7
		}
	}
	return b.String()
}
