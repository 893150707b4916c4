package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"headwater/feeds"
	"headwater/internal/config"
	"headwater/internal/intake/fetch"
	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/stories/outlets"
)

// finding is what the doctor says of one thing.
type finding struct {
	What   string `json:"what"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

func (c *cli) doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "doctor",
		Short:   "Check configuration, data folder, store, index, feeds and embeddings; changes nothing that is stored",
		Example: "  headwater doctor",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			found := c.examine(cmd.Context())
			sick := false
			for _, f := range found {
				sick = sick || !f.OK
			}
			if err := c.printFindings(found); err != nil {
				return err
			}
			if sick {
				return errSaid
			}
			return nil
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

func (c *cli) printFindings(found []finding) error {
	if c.asJSON {
		return c.printJSON(found)
	}
	w := c.table()
	for _, f := range found {
		mark := "ok"
		if !f.OK {
			mark = "FAILED"
		}
		w.row(mark, f.What, f.Detail)
	}
	w.Flush()
	return nil
}

func (c *cli) examine(ctx context.Context) []finding {
	cfg, err := c.config()
	if err != nil {
		return []finding{{"configuration", false, err.Error()}}
	}
	file := cfg.File
	if file == "" {
		file = "built-in defaults"
	}
	found := []finding{{"configuration", true, file}}
	found = append(found, examineOutlets(cfg)...)
	if _, err := os.Stat(filepath.Join(cfg.Data, store.File)); err != nil {
		found = append(found, finding{"data folder", true, cfg.Data + " holds nothing yet"})
		return append(found, examineEmbeddings(ctx, cfg)...)
	}
	if c.host != nil { // the caller has said the rest
		return append([]finding{{"server", true, fmt.Sprintf("process %d holds the data folder and answers", os.Getpid())}}, c.host.examine(ctx)...)
	}
	found = append(found, finding{"data folder", true, cfg.Data})
	conn, err := callServer(ctx, cfg.Data)
	switch {
	case err != nil:
		return append(found, finding{"server", false, err.Error()})
	case conn != nil:
		return append(found, findingsOf(ctx, conn)...)
	}
	return append(found, c.examineStored(ctx, cfg)...)
}

// examineOutlets tells which names several outlets have, and which of the configuration's entries give a known outlet an address that
// may be another's.
func examineOutlets(cfg config.Config) []finding {
	registry, err := registryOf(cfg)
	if err != nil {
		return []finding{{"outlets", false, err.Error()}}
	}
	builtIn, err := outlets.Load(feeds.Agencies())
	if err != nil {
		return []finding{{"outlets", false, err.Error()}}
	}
	var found []finding
	for _, s := range registry.SharedNames() {
		var domains []string
		for _, o := range s.Outlets {
			domains = append(domains, o.Domain)
		}
		found = append(found, finding{"outlets", true, fmt.Sprintf("%q is the name of %s. A credit to it counts for the one that the article links to, "+
			"or that is at home in its country or language, and else for none of them", s.Name, strings.Join(domains, " and "))})
	}
	for _, o := range cfg.Outlets {
		known, ok := builtIn.Entry(news.Outlet{Name: o.Name})
		if domains := o.AllDomains(); ok && !o.Namesake && len(known.Domains) > 0 && len(domains) > 0 && !slices.ContainsFunc(domains, func(d string) bool {
			return slices.Contains(known.Domains, d)
		}) {
			found = append(found, finding{"outlets", true, fmt.Sprintf("%q is known: %s is taken for another address of it, beside %s. "+
				"If it is another outlet, set namesake: true", o.Name, strings.Join(domains, ", "), known.Domains[0])})
		}
	}
	return found
}

// findingsOf has the server examine itself and what it holds.
func findingsOf(ctx context.Context, conn net.Conn) []finding {
	var found []finding
	var said []byte
	_, err := send(ctx, conn, errand{Args: []string{"doctor", "--json"}}, func(r reply) error {
		said = append(said, r.Stdout...)
		return nil
	})
	if err == nil {
		err = json.Unmarshal(said, &found)
	}
	if err != nil {
		found = append(found, finding{"server", false, err.Error()})
	}
	return found
}

func (c *cli) examineStored(ctx context.Context, cfg config.Config) []finding {
	a, err := c.openAs(ctx, cfg, openOptions{verify: true})
	if err != nil {
		return []finding{{"store and index", false, err.Error()}}
	}
	found := a.examine(ctx)
	if err := a.close(); err != nil {
		found = append(found, finding{"closing", false, err.Error()})
	}
	return found
}

// examine looks at an open data folder.
func (a *app) examine(ctx context.Context) []finding {
	found := []finding{result("store", a.store.Check(ctx), "pages and references are whole")}
	status, err := a.Status(ctx)
	found = append(found, result("stages", err, fmt.Sprintf("%d articles in %d stories, %d unsettled, %d unindexed",
		status.Articles, status.Stories, status.Unsettled, status.Unindexed)))
	n, err := a.Indexed()
	f := result("index", err, fmt.Sprintf("%d articles", n))
	if err == nil && int(n)+status.Unindexed < status.Articles {
		f.OK, f.Detail = false, fmt.Sprintf("%d of %d articles; `headwater reindex` builds it anew", n, status.Articles)
	}
	found = append(found, f, a.examineGrowth(ctx))
	if a.Keep > 0 {
		found = append(found, a.examineKeep(ctx))
	}
	found = append(found, a.examineFeeds(ctx))
	found = append(found, a.examineHubs(ctx)...)
	found = append(found, a.examineAlerts(ctx)...)
	return append(found, examineEmbeddings(ctx, a.cfg)...)
}

// examineGrowth says how large the data folder is, and will be.
func (a *app) examineGrowth(ctx context.Context) finding {
	g, err := a.Growth(ctx)
	if err != nil {
		return finding{"growth", false, err.Error()}
	}
	say := fmt.Sprintf("%s for %s", amount(g.Bytes), count(g.Articles, "article"))
	if !g.Shrinks {
		say += fmt.Sprintf(", and %s that are free within the database, which `headwater compact` gives back", amount(g.Free))
	}
	if g.Over == 0 {
		return finding{"growth", true, say + "; less than a day is stored, which tells no rate"}
	}
	say += fmt.Sprintf("; %.0f articles a day add %s a day, which in a year makes %s", g.PerDay, amount(g.BytesPerDay()), amount(g.InAYear(0)))
	keep, what := a.Keep, "with keep"
	if keep == 0 {
		keep, what = 30*24*time.Hour, "with keep: 30d"
	}
	return finding{"growth", true, fmt.Sprintf("%s, %s %s", say, what, amount(g.InAYear(keep)))}
}

// examineKeep says what keep takes away.
func (a *app) examineKeep(ctx context.Context) finding {
	p, err := a.KeepWouldTake(ctx)
	if err != nil {
		return finding{"keep", false, err.Error()}
	}
	say := a.cfg.Keep.String()
	switch {
	case p.Articles == 0:
		say += "; nothing is older"
	default:
		say += fmt.Sprintf("; it takes %d of %s in %s, about %s", p.Articles, count(p.Of, "article"), counts(p.Stories, "story", "stories"), amount(p.Bytes))
	}
	switch {
	case p.Articles > 0 && !p.Until.IsZero():
		say += ", from " + p.Until.UTC().Format("2 Jan 15:04 UTC") + " on"
	case p.Large() && !p.Goes:
		say += ", an hour after serve or poll has announced it"
	}
	return finding{"keep", true, say}
}

// amount writes bytes for people.
func amount(bytes int64) string {
	for _, u := range []struct {
		name string
		size float64
	}{{"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}} {
		if b := float64(bytes) / u.size; b >= 1 {
			return fmt.Sprintf("%.3g %s", b, u.name)
		}
	}
	return fmt.Sprintf("%d bytes", bytes)
}

func counts(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}

// examineEmbeddings asks the endpoint, where one is set, for one vector.
func examineEmbeddings(ctx context.Context, cfg config.Config) []finding {
	if cfg.Embeddings.Endpoint == "" {
		return nil
	}
	client, err := fetch.New(fetchOptions(cfg, 0))
	if err != nil {
		return []finding{{"embeddings", false, err.Error()}}
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, cfg.Embeddings.Timeout)
	defer cancel()
	began := time.Now()
	vectors, err := embedClient(cfg, client).Vectors(ctx, []string{"The river rose overnight."})
	if err != nil {
		return []finding{{"embeddings", false, err.Error()}}
	}
	return []finding{{"embeddings", true, fmt.Sprintf("%s gives vectors of %s, in %s",
		cfg.Embeddings.Model, count(len(vectors[0]), "number"), time.Since(began).Round(time.Millisecond))}}
}

func result(what string, err error, detail string) finding {
	if err != nil {
		return finding{what, false, err.Error()}
	}
	return finding{what, true, detail}
}

// examineFeeds finds fault only where every feed fails: single ones are the feeds page's matter.
func (a *app) examineFeeds(ctx context.Context) finding {
	feeds, err := a.Feeds(ctx)
	if err != nil {
		return finding{"feeds", false, err.Error()}
	}
	bad := 0
	for _, f := range feeds {
		if !readable(f.State) && f.State != news.FeedWaiting {
			bad++
		}
	}
	return finding{"feeds", bad == 0 || bad < len(feeds), fmt.Sprintf("%d, of which %d could not be read at their last poll", len(feeds), bad)}
}
