package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"headwater/internal/intake/discover"
	"headwater/internal/intake/fetch"
	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
	"headwater/internal/store"
	"headwater/internal/subscribe"
)

// feedAddOptions are the flags of feed add.
type feedAddOptions struct {
	title, folder string
	full          string // mode of --full-text
	newsletter    string // name of --newsletter
	asIs, force   bool   // --no-discover, --force
	first, all    bool
}

// feedAddView is what feed add prints in JSON.
type feedAddView struct {
	Added    []view.Feed   `json:"added"`
	Choices  []choiceView  `json:"choices"`
	Problems []problemView `json:"problems"`
}

// problemView is an address that was not added.
type problemView struct {
	For     string `json:"for"`
	Problem string `json:"problem"`
}

// choiceView is one of several feeds of an address. It can be added by its own address.
type choiceView struct {
	For   string `json:"for"` // the address that was given
	URL   string `json:"url"`
	Title string `json:"title"`
	Known int64  `json:"known"` // the number that it has among the feeds; 0 where it is new
}

const fullTextUsage = "read the pages of its items for their text: `MODE` is auto, always or never; \"\" is as config.yaml says"

func (c *cli) feedAdd() *cobra.Command {
	var o feedAddOptions
	cmd := &cobra.Command{
		Use:   "add URL|FILE...|--newsletter NAME",
		Short: "Subscribe to feeds, by their addresses or those of their sites, or make an address for a newsletter",
		Long: "Subscribes to feeds. Of a site's address the feeds are found: by what the page links to, by what is known of YouTube,\n" +
			"Reddit, GitHub, Mastodon and Medium, and where sites usually have them. Where there are several, it asks which, or lists\n" +
			"them and ends with 1 where nobody can be asked. A host may stand without https://, and of a file that holds a feed or a\n" +
			"page the address is taken that it says it has. What is no feed, or cannot be read now, is added with --force only.\n\n" +
			"With --newsletter a mail address is made and printed. Subscribe to the newsletter with it: its mails become articles.",
		Example: "  headwater feed add https://www.theguardian.com/world/rss --folder World\n  headwater feed add go.dev/blog\n" +
			"  headwater feed add https://github.com/golang/go --first\n  headwater feed add --newsletter 'Harbour Letter' --folder Letters",
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("newsletter") {
				return arguments(0, 0)(cmd, args)
			}
			return arguments(1, unlimited)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFullText(o.full); err != nil {
				return err
			}
			if cmd.Flags().Changed("newsletter") {
				if o.asIs || o.force || o.first || o.all || o.title != "" {
					return usagef("--newsletter NAME looks for no feed and has a name, so only --folder and --full-text may stand beside it")
				}
				return c.runOrForward(cmd, func(a *app) error { return c.addNewsletter(cmd.Context(), a, o) })
			}
			if o.first && o.all {
				return usagef("--first or --all, not both")
			}
			if o.asIs && (o.force || o.first || o.all) {
				return usagef("--no-discover asks nobody, so that --force, --first and --all say nothing beside it")
			}
			if c.discovered != nil {
				return c.addAsIs(cmd.Context(), c.server, c.discovered, o)
			}
			var addresses []string // the likeliest of each argument; the address in a file is read later
			for _, arg := range args {
				if isFile(arg) && !o.asIs {
					continue
				}
				typed, err := discover.Typed(arg)
				if err != nil {
					return usagef("%w", err)
				}
				addresses = append(addresses, typed[0])
			}
			if o.asIs || c.server != nil {
				return c.runOrForward(cmd, func(a *app) error { return c.addAsIs(cmd.Context(), a, addresses, o) })
			}
			return c.discoverAndAdd(cmd, args, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.title, "title", "", "call it `NAME` instead of what it calls itself")
	f.StringVar(&o.folder, "folder", "", "put it into the folder `NAME`")
	f.StringVar(&o.full, "full-text", "", fullTextUsage)
	f.BoolVar(&o.first, "first", false, "take the likeliest of several feeds")
	f.BoolVar(&o.all, "all", false, "take all of several feeds")
	f.BoolVar(&o.force, "force", false, "add what is no feed, or cannot be read now, all the same")
	f.StringVar(&o.newsletter, "newsletter", "", "make a mail address for the newsletter `NAME`, and print it")
	f.BoolVar(&o.asIs, "no-discover", false, "add the address as it is, and ask nobody")
	c.jsonFlag(cmd)
	return cmd
}

func checkFullText(mode string) error {
	if slices.Contains([]string{"", pipeline.FullTextAuto, pipeline.FullTextAlways, pipeline.FullTextNever}, mode) {
		return nil
	}
	return usagef("--full-text: %q is none of auto, always and never", mode)
}

// addAsIs subscribes to addresses without a request to them. It ends at one that fails; those before it stay.
func (c *cli) addAsIs(ctx context.Context, a *app, addresses []string, o feedAddOptions) error {
	out := feedAddView{Choices: []choiceView{}, Added: []view.Feed{}, Problems: []problemView{}}
	var failed error
	for _, u := range addresses {
		f, err := a.feeds.AddFeed(ctx, news.Feed{URL: u, Title: o.title, Folder: o.folder, FullText: o.full})
		if errors.Is(err, news.ErrExists) {
			err = alreadyAdded(u, f)
		}
		if failed = err; err != nil {
			break
		}
		if out.Added = append(out.Added, view.FeedOf(f, a.cfg.MailDomain())); !c.asJSON {
			c.printf("added %d %s\n", f.ID, f.URL)
		}
	}
	if c.asJSON {
		return errors.Join(c.printJSON(out), failed)
	}
	return failed
}

// addNewsletter makes a mail address for a newsletter.
func (c *cli) addNewsletter(ctx context.Context, a *app, o feedAddOptions) error {
	f, err := a.feeds.AddNewsletter(ctx, news.Feed{Title: o.newsletter, Folder: o.folder, FullText: o.full})
	address := f.MailAddress(a.cfg.MailDomain())
	switch {
	case errors.Is(err, news.ErrExists):
		return fmt.Errorf("the newsletter %s is among the feeds already: number %d, %s", f.Title, f.ID, address)
	case err != nil:
		return err
	}
	if a.cfg.Newsletters.Listen == "" {
		c.complain("note: no mail arrives yet: newsletters.listen in config.yaml is not set\n")
	}
	if c.asJSON {
		return c.printJSON(feedAddView{Added: []view.Feed{view.FeedOf(f, a.cfg.MailDomain())}, Choices: []choiceView{}, Problems: []problemView{}})
	}
	c.printf("added %d %s\n", f.ID, address)
	return nil
}

// alreadyAdded reports an address that is subscribed as f, or that was given twice where the id of f is negative.
func alreadyAdded(address string, f news.Feed) error {
	switch {
	case f.ID < 0:
		return fmt.Errorf("%s is among the feeds already: it was given twice", address)
	case address == f.URL:
		return fmt.Errorf("%s is among the feeds already: number %d", address, f.ID)
	}
	return fmt.Errorf("%s is among the feeds already: number %d, %s", address, f.ID, f.URL)
}

// discoverAndAdd finds the feeds of each argument, lets the user choose where there are several, and subscribes. This process
// makes the requests even where a server runs, since it has the terminal.
func (c *cli) discoverAndAdd(cmd *cobra.Command, args []string, o feedAddOptions) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	// What is wrong with the outlets is said before anything is asked of the network.
	if _, err := registryOf(cfg); err != nil {
		return err
	}
	client, err := fetch.New(fetchOptions(cfg, 0))
	if err != nil {
		return err
	}
	defer client.Close()
	var known []news.Feed
	err = c.withStore(cmd.Context(), func(db *store.DB) error {
		known, err = db.Feeds(cmd.Context())
		return err
	})
	if err != nil && !errors.Is(err, store.ErrEmpty) {
		return err
	}
	p := picker{cli: c, finder: newFinder(cfg, client), known: known, feedAddOptions: o}
	for _, arg := range args {
		if err := p.pick(cmd.Context(), arg); err != nil {
			return errors.Join(c.addPicked(cmd, p), err)
		}
	}
	if err := c.addPicked(cmd, p); err != nil {
		return err
	}
	for _, r := range p.problems {
		c.complain("headwater: %s\n", publish.Line(r.Problem))
	}
	if len(p.choices) > 0 {
		return fmt.Errorf("%s has several feeds; add one by its address, the first with --first, or all with --all", p.choices[0].For)
	}
	if len(p.problems) > 0 {
		return errFailed
	}
	return nil
}

// addPicked subscribes to the picked feeds and prints the choices.
func (c *cli) addPicked(cmd *cobra.Command, p picker) error {
	out := feedAddView{Added: []view.Feed{}, Choices: orEmpty(p.choices), Problems: orEmpty(p.problems)}
	if len(p.picked) > 0 {
		to := c.stdout
		var buffer strings.Builder
		if c.asJSON {
			to = &buffer
		}
		err := c.runOrForwardRequest(cmd, request{Discovered: p.picked}, to, func(a *app) error {
			inner := *c
			inner.stdout = &output{to: to}
			return inner.addAsIs(cmd.Context(), a, p.picked, p.feedAddOptions)
		})
		if err != nil {
			return err
		}
		if c.asJSON {
			if err := json.Unmarshal([]byte(buffer.String()), &out); err != nil {
				return err
			}
			out.Choices, out.Problems = orEmpty(p.choices), orEmpty(p.problems)
		}
	}
	if c.asJSON {
		return c.printJSON(out)
	}
	w := c.table()
	for _, ch := range p.choices {
		w.row(ch.URL, ch.Title+knownAs(ch.Known))
	}
	w.flush()
	return nil
}

// knownAs ends the line of a feed that is subscribed.
func knownAs(id int64) string {
	if id == 0 {
		return ""
	}
	return fmt.Sprintf(" (number %d already)", id)
}

// picker decides which feeds to add.
type picker struct {
	*cli
	feedAddOptions
	finder   *subscribe.Finder
	known    []news.Feed // subscribed or picked; the id of a picked one is negative
	picked   []string    // addresses to add
	choices  []choiceView
	problems []problemView
}

// pick finds the feeds behind an argument, an address or a file, and picks one or lists the choices.
func (p *picker) pick(ctx context.Context, arg string) error {
	var found news.Finding
	var err error
	if isFile(arg) {
		name := filePath(arg)
		doc, readErr := p.readFile(name, maxList, "a feed")
		if readErr != nil {
			found.Problem = readErr.Error()
		} else {
			found, err = p.finder.FindInFile(ctx, p.known, name, doc)
		}
	} else {
		found, err = p.finder.Find(ctx, p.known, arg)
	}
	if err != nil {
		return err
	}
	if found.Note != "" && (found.Problem == "" || p.force) {
		p.complain("note: %s\n", publish.Line(found.Note))
	}
	switch {
	case found.Problem != "":
		return p.pickDespite(arg, found)
	case len(found.Feeds) == 1:
		return p.pickFeed(arg, found.Feeds[0])
	case p.first:
		return p.pickFirst(ctx, arg, found.Feeds)
	case p.all:
		return p.pickChosen(ctx, arg, slices.DeleteFunc(found.Feeds, func(f news.FoundFeed) bool { return f.Known != 0 }))
	case p.asJSON || !p.isInteractive():
		for _, f := range found.Feeds {
			p.choices = append(p.choices, choiceView{arg, f.URL, f.Title, f.Known})
		}
		return nil
	}
	chosen, err := choose(p.stdin, p.stderr, arg, found.Feeds)
	if err != nil {
		return err
	}
	return p.pickChosen(ctx, arg, chosen)
}

// pickDespite picks a feed that has a problem with --force, and else records the problem.
func (p *picker) pickDespite(arg string, found news.Finding) error {
	address := found.Insisted()
	switch {
	case address == "": // a file that leads nowhere
		p.problems = append(p.problems, problemView{arg, found.Problem})
		return nil
	case !p.force:
		p.problems = append(p.problems, problemView{arg, found.Problem + "; it is not added, but is with --force"})
		return nil
	}
	p.complain("note: %s; it is added all the same\n", publish.Line(found.Problem))
	f := news.FoundFeed{URL: address}
	if len(found.Feeds) == 1 {
		f = found.Feeds[0]
	}
	return p.pickFeed(arg, f)
}

// pickFirst picks the likeliest of several feeds: the first that can be read as one.
func (p *picker) pickFirst(ctx context.Context, arg string, feeds []news.FoundFeed) error {
	var first news.Finding
	for i, f := range feeds {
		if f.Known != 0 {
			return p.pickFeed(f.URL, f)
		}
		found, err := p.checkFeed(ctx, f)
		if err != nil {
			return err
		}
		if i == 0 {
			first = found
		}
		if found.Problem == "" {
			return p.pickFeed(f.URL, found.Feeds[0])
		}
		if !found.Dead || p.force {
			break
		}
	}
	return p.pickDespite(arg, first)
}

// checkFeed requests a feed that a page links to. It may be none, or known under another address.
func (p *picker) checkFeed(ctx context.Context, f news.FoundFeed) (news.Finding, error) {
	found, err := p.finder.Find(ctx, p.known, f.URL)
	if err != nil {
		return found, err
	}
	if found.Problem == "" && len(found.Feeds) != 1 {
		found.Problem, found.Dead = f.URL+" is a page with several feeds, not a feed", true
	}
	if found.Problem != "" {
		found.Feeds = []news.FoundFeed{f}
		return found, nil
	}
	found.Feeds[0].Known = max(f.Known, found.Feeds[0].Known)
	return found, nil
}

// pickFeed picks a feed, unless it is known or was picked before.
func (p *picker) pickFeed(address string, f news.FoundFeed) error {
	for _, k := range p.known {
		if k.ID == f.Known {
			return alreadyAdded(address, k)
		}
	}
	p.picked = append(p.picked, f.URL)
	for _, a := range append(f.Also, f.URL) {
		p.known = append(p.known, news.Feed{ID: -int64(len(p.picked)), URL: a})
	}
	return nil
}

// pickChosen picks feeds of a page after a request to each: it may turn out to be known under another address.
func (p *picker) pickChosen(ctx context.Context, address string, feeds []news.FoundFeed) error {
	for _, f := range feeds {
		found, err := p.checkFeed(ctx, f)
		if err != nil {
			return err
		}
		if found.Problem != "" {
			err = p.pickDespite(f.URL, found)
		} else {
			err = p.pickFeed(f.URL, found.Feeds[0])
		}
		if err != nil && !p.all {
			return err
		}
		if err != nil {
			p.complain("note: %v\n", err)
		}
	}
	if len(feeds) == 0 {
		p.complain("note: nothing of %s is added\n", address)
	}
	return nil
}

// isInteractive reports whether a user can be asked at a terminal.
func (c *cli) isInteractive() bool {
	in, inOK := c.stdin.(*os.File)
	out, outOK := c.stderr.(*os.File)
	return inOK && outOK && term.IsTerminal(int(in.Fd())) && term.IsTerminal(int(out.Fd()))
}

// choose asks the user which of several feeds: numbers, "all", or nothing for none. It asks again after other input.
func choose(in io.Reader, out io.Writer, address string, feeds []news.FoundFeed) ([]news.FoundFeed, error) {
	parse := func(line string) (chosen []news.FoundFeed, ok bool) {
		words := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' })
		if len(words) == 1 && (words[0] == "all" || words[0] == "a") {
			return feeds, true
		}
		for _, w := range words {
			n, err := strconv.Atoi(w)
			if err != nil || n < 1 || n > len(feeds) {
				return nil, false
			}
			if f := feeds[n-1]; !slices.ContainsFunc(chosen, func(c news.FoundFeed) bool { return c.URL == f.URL }) {
				chosen = append(chosen, f)
			}
		}
		return chosen, true
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s has %d feeds:\n", address, len(feeds))
	for i, f := range feeds {
		fmt.Fprintf(&b, "  %d  %s  %s%s\n", i+1, f.URL, publish.Line(f.Title), knownAs(f.Known))
	}
	lines := bufio.NewScanner(in)
	for {
		fmt.Fprintf(&b, "Which? Numbers, all, or nothing for none: ")
		if _, err := io.WriteString(out, b.String()); err != nil {
			return nil, err
		}
		b.Reset()
		if !lines.Scan() {
			return nil, lines.Err()
		}
		if chosen, ok := parse(lines.Text()); ok {
			return chosen, nil
		}
		fmt.Fprintf(&b, "Give numbers from 1 to %d.\n", len(feeds))
	}
}
