package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"headwater/internal/intake/discover"
	"headwater/internal/intake/fetch"
	"headwater/internal/intake/poll"
	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
	"headwater/internal/store"
)

func (c *cli) feedCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "feed",
		Short:   "Add, list, set, refresh, remove, restore, check, import and export feeds, and their folders",
		Example: "  headwater feed add https://www.theguardian.com/world --folder World\n  headwater feed list",
		Args:    commandsOnly,
		RunE:    needsSubcommand,
	}
	cmd.AddCommand(c.feedAdd(), c.feedList(), c.feedSet(), c.feedRefresh(), c.feedRemove(), c.feedRestore(), c.feedFolder(), c.feedCheck(), c.feedImport(), c.feedExport())
	return cmd
}

func (c *cli) feedList() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the feeds and how they are",
		Example: "  headwater feed list --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.config()
			if err != nil {
				return err
			}
			return c.withStore(cmd.Context(), func(db *store.DB) error {
				list, err := db.Feeds(cmd.Context())
				if err != nil {
					return err
				}
				rows := view.All(list, func(f news.Feed) view.Feed { return view.FeedOf(f, cfg.MailDomain()) })
				if c.asJSON {
					return c.printJSON(rows)
				}
				w := c.table(faint, plain, plain, bold)
				w.row("ID", "STATE", "ARTICLES", "TITLE", "ADDRESS", "PROBLEM")
				for _, r := range rows {
					state := string(r.State)
					if r.Paused {
						state = "paused"
					}
					w.row(strconv.FormatInt(r.ID, 10), state, strconv.Itoa(r.Articles), r.Title, cmp.Or(r.Address, r.URL), shortProblem(r.URL, r.Problem))
				}
				w.flush()
				return nil
			})
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

// shortProblem is a feed's problem without its address, which the line has already, and cut. JSON has all of it.
func shortProblem(url, problem string) string {
	const most = 200 // characters; enough for the key to set or the step to take
	return publish.Cut(publish.Line(strings.TrimPrefix(problem, url+": ")), most)
}

func (c *cli) feedSet() *cobra.Command {
	var title, folder, site, full, pictures, lang string
	var paused bool
	cmd := &cobra.Command{
		Use:   "set URL|ID...",
		Short: "Say how feeds are called, read and shown",
		Example: "  headwater feed set https://www.theguardian.com/world/rss --full-text never\n" +
			"  headwater feed set 7 8 --folder World --paused\n  headwater feed set 7 --paused=false",
		Args: arguments(1, unlimited),
		RunE: func(cmd *cobra.Command, args []string) error {
			var e news.FeedEdit
			set := false
			for name, to := range map[string]func(){
				"title": func() { e.Title = &title }, "folder": func() { e.Folder = &folder }, "site": func() { e.Site = &site },
				"full-text": func() { e.FullText = &full }, "pictures": func() { e.Pictures = &pictures }, "lang": func() { e.Lang = &lang },
				"paused": func() { e.Paused = &paused },
			} {
				if cmd.Flags().Changed(name) {
					to()
					set = true
				}
			}
			if !set {
				return usagef("say what to set, such as --full-text always")
			}
			if err := checkFullText(full); err != nil {
				return err
			}
			return c.onFeeds(cmd, args, "set", func(a *app, id int64) error { return a.feeds.ChangeFeed(cmd.Context(), id, e) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&title, "title", "", "call it `NAME`; \"\" is what it calls itself")
	f.StringVar(&folder, "folder", "", "put it into the folder `NAME`; \"\" is none")
	f.StringVar(&site, "site", "", "the `ADDRESS` of its home page")
	f.StringVar(&full, "full-text", "", fullTextUsage)
	f.StringVar(&pictures, "pictures", "", "show pictures of its articles by `MODE`: proxy, direct or hide; \"\" is as config.yaml says")
	f.StringVar(&lang, "lang", "", "take its articles for ones in the language `CODE`, such as de; \"\" detects it")
	f.BoolVar(&paused, "paused", false, "do not poll it until --paused=false")
	return cmd
}

func (c *cli) feedRemove() *cobra.Command {
	return &cobra.Command{
		Use:     "remove URL|ID...",
		Short:   "End subscriptions; what they brought stays",
		Long:    "Ends subscriptions. What they brought stays. For a day `headwater feed restore ID` undoes it.",
		Example: "  headwater feed remove https://www.theguardian.com/world/rss",
		Args:    arguments(1, unlimited),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onFeeds(cmd, args, "removed", func(a *app, id int64) error { return a.feeds.RemoveFeed(cmd.Context(), id) })
		},
	}
}

func (c *cli) feedRestore() *cobra.Command {
	return &cobra.Command{
		Use:     "restore ID...",
		Short:   "Undo removals of the last day",
		Example: "  headwater feed restore 7",
		Args:    arguments(1, unlimited),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.runOrForward(cmd, func(a *app) error {
				for _, arg := range args {
					id, err := strconv.ParseInt(arg, 10, 64)
					if err != nil {
						return usagef("%q is no number of a feed; `headwater feed remove` printed it", arg)
					}
					restored, err := a.feeds.RestoreFeeds(cmd.Context(), []int64{id})
					if err != nil {
						return err
					}
					if len(restored) == 0 {
						return fmt.Errorf("feed %d was not removed in the last day; add it again by its address", id)
					}
					f, err := a.store.Feed(cmd.Context(), id)
					if err != nil {
						return err
					}
					c.printf("restored %d %s\n", f.ID, f.URL)
				}
				return nil
			})
		},
	}
}

func (c *cli) feedRefresh() *cobra.Command {
	return &cobra.Command{
		Use:     "refresh URL|ID...",
		Short:   "Have a server poll feeds as soon as it is polite",
		Example: "  headwater feed refresh 7",
		Args:    arguments(1, unlimited),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onFeeds(cmd, args, "due", func(a *app, id int64) error {
				at, err := a.feeds.RefreshFeeds(cmd.Context(), []int64{id})
				switch when, ok := at[id]; {
				case err != nil:
					return err
				case !ok:
					return fmt.Errorf("feed %d is paused; `headwater feed set %d --paused=false` resumes it", id, id)
				case when.After(a.store.Now()):
					c.complain("feed %d was polled a moment ago, or its host asked for a pause: it is polled at %s\n", id, when.Local().Format(time.TimeOnly))
				}
				return nil
			})
		},
	}
}

// onFeeds changes each of the feeds that the arguments name, and prints what was done.
func (c *cli) onFeeds(cmd *cobra.Command, args []string, done string, change func(a *app, id int64) error) error {
	return c.runOrForward(cmd, func(a *app) error {
		for _, arg := range args {
			f, err := a.findFeed(cmd.Context(), arg)
			if err != nil {
				return err
			}
			if err := change(a, f.ID); err != nil {
				return err
			}
			c.printf("%s %d %s\n", done, f.ID, f.URL)
		}
		return nil
	})
}

// findFeed finds a subscribed feed by its id, or by its address, which may be written in another way than it is stored.
func (a *app) findFeed(ctx context.Context, arg string) (news.Feed, error) {
	id, err := strconv.ParseInt(arg, 10, 64)
	if err != nil {
		id = 0
	}
	f, err := a.feeds.FindFeed(ctx, id, arg)
	if addresses, typed := discover.Typed(arg); errors.Is(err, news.ErrNotFound) && typed == nil {
		for _, address := range discover.Variants(addresses[0]) {
			if f, err = a.feeds.FindFeed(ctx, 0, address); !errors.Is(err, news.ErrNotFound) {
				break
			}
		}
	}
	if errors.Is(err, news.ErrNotFound) {
		return f, fmt.Errorf("%s is not among the feeds; `headwater feed list` has them", arg)
	}
	return f, err
}

// checkView is what a poll of a feed would do, in JSON.
type checkView struct {
	URL      string          `json:"url"`
	FinalURL string          `json:"final_url"`
	MovedTo  string          `json:"moved_to"` // where permanent redirects lead
	Status   int             `json:"status"`
	Header   http.Header     `json:"header"`
	State    news.FeedState  `json:"state"`
	Problem  string          `json:"problem"`
	Format   string          `json:"format"`
	Title    string          `json:"title"`
	Repaired []string        `json:"repaired"`
	Entries  int             `json:"entries"`
	Items    []checkItemView `json:"items"`
	Schedule scheduleView    `json:"asks"`
	Next     time.Time       `json:"next"`
	Rule     news.Rule       `json:"rule"` // what set next
	Reason   string          `json:"reason"`
}

// checkItemView is an item of the feed. Doubts are its ids and addresses that do not identify an article.
type checkItemView struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	URL       string     `json:"url"`
	Published *time.Time `json:"published"`
	Doubts    []string   `json:"doubts"`
}

// scheduleView is what a feed and its server say of when to poll, in seconds; 0 is unknown.
type scheduleView struct {
	Rhythm    float64  `json:"rhythm"`
	Fresh     float64  `json:"fresh"`
	TTL       float64  `json:"ttl"`
	Period    float64  `json:"period"`
	SkipHours []int    `json:"skip_hours"`
	SkipDays  []string `json:"skip_days"`
}

func scheduleViewOf(s news.Schedule) scheduleView {
	v := scheduleView{
		Rhythm: s.Rhythm.Seconds(), Fresh: s.Fresh.Seconds(), TTL: s.TTL.Seconds(), Period: s.Period.Seconds(),
		SkipHours: []int{}, SkipDays: []string{},
	}
	for h := range 24 {
		if s.Skips.Hours>>h&1 == 1 {
			v.SkipHours = append(v.SkipHours, h)
		}
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if s.Skips.Days>>d&1 == 1 {
			v.SkipDays = append(v.SkipDays, d.String())
		}
	}
	return v
}

func (c *cli) feedCheck() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "check URL",
		Short:   "Show what a poll of a feed would do; nothing is stored",
		Example: "  headwater feed check https://www.theguardian.com/world/rss",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			addresses, err := discover.Typed(args[0])
			if err != nil {
				return usagef("%w", err)
			}
			cfg, err := c.config()
			if err != nil {
				return err
			}
			registry, err := registryOf(cfg)
			if err != nil {
				return err
			}
			client, err := fetch.New(fetchOptions(cfg, 0))
			if err != nil {
				return err
			}
			defer client.Close()
			collector := pipeline.NewCollector(pipelineOptions(cfg, client, registry)) // without a store, so that it works while a server runs
			var r pipeline.Report
			for i, address := range addresses {
				got, err := collector.Check(cmd.Context(), address)
				if err != nil {
					return err
				}
				if i == 0 || got.Status != 0 {
					r = got
				}
				if got.Status != 0 || strings.Contains(args[0], "://") { // the server answered, or the address was typed in full
					break
				}
			}
			if err := c.printCheck(r); err != nil {
				return err
			}
			if !readable(r.State) {
				return errFailed
			}
			return nil
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

// readable reports whether the last poll read the feed.
func readable(s news.FeedState) bool {
	return s == news.FeedOK || s == news.FeedRepaired || s == news.FeedEmpty
}

func (c *cli) printCheck(r pipeline.Report) error {
	schedule := scheduleViewOf(r.Schedule)
	if c.asJSON {
		items := make([]checkItemView, len(r.Items))
		for i, it := range r.Items {
			a := it.Article
			items[i] = checkItemView{a.GUID, a.Title, a.URL, view.Time(a.Published), orEmpty(it.Doubts)}
		}
		return c.printJSON(checkView{
			r.URL, r.FinalURL, r.Moved, r.Status, r.Header, r.State, r.Problem, r.Format, r.Title, orEmpty(r.Repaired), r.Entries, items,
			schedule, r.Next, r.Rule, poll.Reason(r.Rule),
		})
	}
	w := c.table()
	row := func(name string, value any) { w.row(name, fmt.Sprint(value)) }
	row("url", r.URL)
	if r.FinalURL != "" && r.FinalURL != r.URL {
		row("leads to", r.FinalURL)
	}
	if r.Moved != "" {
		row("moved", "for good; the feed's address is changed when polls of several days say so")
	}
	if r.Status != 0 {
		row("status", r.Status)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, v := range r.Header[name] {
			row("  "+name, v)
		}
	}
	row("state", r.State)
	if r.Problem != "" {
		row("problem", r.Problem)
	}
	if r.Format != "" {
		row("format", r.Format)
		row("title", r.Title)
		row("items", r.Entries)
	}
	for _, s := range r.Repaired {
		row("repaired", s)
	}
	for _, it := range r.Items {
		row("  item", it.Article.Headline())
		for _, doubt := range it.Doubts {
			row("", doubt)
		}
	}
	for _, wait := range []struct {
		name string
		is   time.Duration
	}{{"rhythm", r.Schedule.Rhythm}, {"stays current", r.Schedule.Fresh}, {"<ttl>", r.Schedule.TTL}, {"sy:updatePeriod", r.Schedule.Period}} {
		if wait.is > 0 {
			row(wait.name, wait.is.Round(time.Second))
		}
	}
	if len(schedule.SkipHours) > 0 {
		row("skips hours", fmt.Sprint(schedule.SkipHours, " UTC"))
	}
	if len(schedule.SkipDays) > 0 {
		row("skips days", strings.Join(schedule.SkipDays, ", "))
	}
	row("next poll", r.Next.Local().Format(time.RFC1123))
	row("set by", poll.Reason(r.Rule))
	w.flush()
	return nil
}
