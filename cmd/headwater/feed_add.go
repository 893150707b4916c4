package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"headwater/internal/config"
	"headwater/internal/intake/discover"
	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
	"headwater/internal/store"
)

// additions are the flags of feed add.
type additions struct {
	title, folder string
	full          string // whether the pages of its items are read
	asIs, force   bool
	first, all    bool
}

// added is what feed add says in JSON.
type added struct {
	Added    []view.Feed `json:"added"`
	Choices  []choice    `json:"choices"`
	Problems []refused   `json:"problems"`
}

// refused is an address that was not added.
type refused struct {
	For     string `json:"for"`
	Problem string `json:"problem"`
}

// choice is a feed that can be added by its own address.
type choice struct {
	For   string `json:"for"` // the address that was given
	URL   string `json:"url"`
	Title string `json:"title"`
	Known int64  `json:"known"` // the number that it has among the feeds; 0 where it is new
}

func (c *cli) feedAdd() *cobra.Command {
	var o additions
	cmd := &cobra.Command{
		Use:   "add URL|FILE...",
		Short: "Subscribe to feeds, by their addresses or those of their sites",
		Long: "Subscribes to feeds. Of a site's address the feeds are found: by what the page links to, by what is known of YouTube,\n" +
			"Reddit, GitHub, Mastodon and Medium, and where sites usually have them. Where there are several, it asks which, or lists\n" +
			"them and ends with 1 where nobody can be asked. A host may stand without https://, and of a file that holds a feed or a\n" +
			"page the address is taken that it says it has. What is no feed, or cannot be read now, is added with --force only.",
		Example: "  headwater feed add https://www.theguardian.com/world/rss --folder World\n  headwater feed add go.dev/blog\n" +
			"  headwater feed add https://github.com/golang/go --first",
		Args: arguments(1, anyNumber),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFullText(o.full); err != nil {
				return err
			}
			if o.first && o.all {
				return usagef("--first or --all, not both")
			}
			if o.asIs && (o.force || o.first || o.all) {
				return usagef("--no-discover asks nobody, so that --force, --first and --all say nothing beside it")
			}
			if c.found != nil {
				return c.addAsIs(cmd.Context(), c.host, c.found, o)
			}
			addresses, err := typedAddresses(args, o.asIs)
			if err != nil {
				return err
			}
			if o.asIs || c.host != nil {
				return c.beside(cmd, errand{}, c.stdout, func(a *app) error { return c.addAsIs(cmd.Context(), a, addresses, o) })
			}
			return c.addFound(cmd, args, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.title, "title", "", "call it `NAME` instead of what it calls itself")
	f.StringVar(&o.folder, "folder", "", "put it into the folder `NAME`")
	f.StringVar(&o.full, "full-text", "", fullTextUsage)
	f.BoolVar(&o.first, "first", false, "take the likeliest of several feeds")
	f.BoolVar(&o.all, "all", false, "take all of several feeds")
	f.BoolVar(&o.force, "force", false, "add what is no feed, or cannot be read now, all the same")
	f.BoolVar(&o.asIs, "no-discover", false, "add the address as it is, and ask nobody")
	c.jsonFlag(cmd)
	return cmd
}

// typedAddresses reads the arguments of feed add, and gives the likeliest address of each. Files, whose address is read
// later, may be among them unless nobody is to be asked.
func typedAddresses(args []string, asIs bool) (addresses []string, err error) {
	for _, arg := range args {
		if isFile(arg) && !asIs {
			continue
		}
		typed, err := discover.Typed(arg)
		if err != nil {
			return nil, usagef("%w", err)
		}
		addresses = append(addresses, typed[0])
	}
	return addresses, nil
}

// addAsIs subscribes to addresses without asking anybody. Those before one that fails stay.
func (c *cli) addAsIs(ctx context.Context, a *app, addresses []string, o additions) error {
	out := added{Choices: []choice{}, Added: []view.Feed{}, Problems: []refused{}}
	var failed error
	for _, u := range addresses {
		f, err := a.AddFeed(ctx, news.Feed{URL: u, Title: o.title, Folder: o.folder, FullText: o.full})
		if errors.Is(err, news.ErrExists) {
			err = alreadyAdded(u, f)
		}
		if failed = err; err != nil {
			break
		}
		if out.Added = append(out.Added, view.FeedOf(f)); !c.asJSON {
			c.printf("added %d %s\n", f.ID, f.URL)
		}
	}
	if c.asJSON {
		return errors.Join(c.printJSON(out), failed)
	}
	return failed
}

func alreadyAdded(address string, f news.Feed) error {
	switch {
	case f.ID < 0:
		return fmt.Errorf("%s is among the feeds already: it was given twice", address)
	case address == f.URL:
		return fmt.Errorf("%s is among the feeds already: number %d", address, f.ID)
	}
	return fmt.Errorf("%s is among the feeds already: number %d, %s", address, f.ID, f.URL)
}

// addFound looks for the feeds of each address, has somebody choose where there are several, and subscribes. This
// process looks, even beside a server, since it is the one with a terminal.
func (c *cli) addFound(cmd *cobra.Command, args []string, o additions) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	room, client, err := c.checker(cfg)
	if err != nil {
		return err
	}
	defer client.Close()
	known, err := c.knownFeeds(cmd.Context(), cfg)
	if err != nil {
		return err
	}
	p := picker{cli: c, room: room, known: known, additions: o}
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
		return errSaid
	}
	return nil
}

// knownFeeds reads what is subscribed, which may be nothing yet.
func (c *cli) knownFeeds(ctx context.Context, cfg config.Config) (feeds []news.Feed, err error) {
	if _, err := os.Stat(filepath.Join(cfg.Data, store.File)); err != nil {
		return nil, nil // opening the folder to write into it says what is wrong with it
	}
	err = c.reading(ctx, func(r *readings) error {
		feeds, err = r.store.Feeds(ctx)
		return err
	})
	return feeds, err
}

// addPicked subscribes to what was picked, and says what is to be chosen from.
func (c *cli) addPicked(cmd *cobra.Command, p picker) error {
	out := added{Added: []view.Feed{}, Choices: orEmpty(p.choices), Problems: orEmpty(p.problems)}
	if len(p.picked) > 0 {
		to := c.stdout
		var buffer strings.Builder
		if c.asJSON {
			to = &buffer
		}
		err := c.beside(cmd, errand{Found: p.picked}, to, func(a *app) error {
			own := *c
			own.stdout = &output{to: to}
			return own.addAsIs(cmd.Context(), a, p.picked, p.additions)
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
	w.Flush()
	return nil
}

func knownAs(id int64) string {
	if id == 0 {
		return ""
	}
	return fmt.Sprintf(" (number %d already)", id)
}

// picker decides which addresses to add.
type picker struct {
	*cli
	additions
	room     *pipeline.Newsroom
	known    []news.Feed
	picked   []string
	choices  []choice
	problems []refused
}

func (p *picker) pick(ctx context.Context, arg string) error {
	found, err := p.find(ctx, arg)
	if err != nil {
		return err
	}
	if found.Note != "" && (found.Problem == "" || p.force) {
		p.complain("note: %s\n", publish.Line(found.Note))
	}
	switch {
	case found.Problem != "":
		return p.insist(arg, found)
	case len(found.Feeds) == 1:
		return p.take(arg, found.Feeds[0])
	case p.first:
		return p.takeFirst(ctx, arg, found.Feeds)
	case p.all:
		return p.takeChosen(ctx, arg, slices.DeleteFunc(found.Feeds, func(f news.FoundFeed) bool { return f.Known != 0 }))
	case p.asJSON || !p.hasTerminal():
		for _, f := range found.Feeds {
			p.choices = append(p.choices, choice{arg, f.URL, f.Title, f.Known})
		}
		return nil
	}
	chosen, err := choose(p.stdin, p.stderr, arg, found.Feeds)
	if err != nil {
		return err
	}
	return p.takeChosen(ctx, arg, chosen)
}

// find looks for the feeds behind an argument, an address or a file.
func (p *picker) find(ctx context.Context, arg string) (news.Finding, error) {
	if !isFile(arg) {
		return p.room.FindFeedsBeside(ctx, p.known, arg)
	}
	name := filePath(arg)
	doc, err := p.readLimited(name, maxList, "a feed")
	if err != nil {
		return news.Finding{Problem: err.Error()}, nil //nolint:nilerr // what is wrong with the file is what was found
	}
	return p.room.FindFeedsOf(ctx, p.known, name, doc)
}

// insist adds what has a problem where that is wanted.
func (p *picker) insist(arg string, found news.Finding) error {
	address := found.Insisted()
	switch {
	case address == "": // a file that leads nowhere
		p.problems = append(p.problems, refused{arg, found.Problem})
		return nil
	case !p.force:
		p.problems = append(p.problems, refused{arg, found.Problem + "; it is not added, but is with --force"})
		return nil
	}
	p.complain("note: %s; it is added all the same\n", publish.Line(found.Problem))
	f := news.FoundFeed{URL: address}
	if len(found.Feeds) == 1 {
		f = found.Feeds[0]
	}
	return p.take(arg, f)
}

// takeFirst picks the likeliest of several feeds: the first that is one.
func (p *picker) takeFirst(ctx context.Context, arg string, feeds []news.FoundFeed) error {
	var first news.Finding
	for i, f := range feeds {
		if f.Known != 0 {
			return p.take(f.URL, f)
		}
		found, err := p.look(ctx, f)
		if err != nil {
			return err
		}
		if i == 0 {
			first = found
		}
		if found.Problem == "" {
			return p.take(f.URL, found.Feeds[0])
		}
		if !found.Dead || p.force {
			break
		}
	}
	return p.insist(arg, first)
}

// look looks at a feed that a page links to, which may be none, or known under another address.
func (p *picker) look(ctx context.Context, f news.FoundFeed) (news.Finding, error) {
	found, err := p.room.FindFeedsBeside(ctx, p.known, f.URL)
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

// take picks a feed, unless it is known or was picked before.
func (p *picker) take(address string, f news.FoundFeed) error {
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

// takeChosen picks feeds that nobody has looked at yet: each may turn out to be known under another address.
func (p *picker) takeChosen(ctx context.Context, address string, feeds []news.FoundFeed) error {
	for _, f := range feeds {
		found, err := p.look(ctx, f)
		if err != nil {
			return err
		}
		if found.Problem != "" {
			err = p.insist(f.URL, found)
		} else {
			err = p.take(f.URL, found.Feeds[0])
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

// hasTerminal says whether somebody can be asked.
func (c *cli) hasTerminal() bool {
	in, inOK := c.stdin.(*os.File)
	out, outOK := c.stderr.(*os.File)
	return inOK && outOK && term.IsTerminal(int(in.Fd())) && term.IsTerminal(int(out.Fd()))
}

// choose has somebody choose from several feeds: by numbers, "all", or nothing for none. What makes no sense is asked
// again.
func choose(in io.Reader, out io.Writer, address string, feeds []news.FoundFeed) ([]news.FoundFeed, error) {
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
		chosen, ok := chosenOf(lines.Text(), feeds)
		if ok {
			return chosen, nil
		}
		fmt.Fprintf(&b, "Give numbers from 1 to %d.\n", len(feeds))
	}
}

func chosenOf(line string, feeds []news.FoundFeed) (chosen []news.FoundFeed, ok bool) {
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
