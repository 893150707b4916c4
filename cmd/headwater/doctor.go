package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
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

// finding is the result of one check.
type finding struct {
	What   string `json:"what"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

func (c *cli) doctorCommand() *cobra.Command {
	var repair bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check configuration, data folder, store, index, feeds and embeddings; --repair mends what can be mended",
		Long: "Checks the configuration, the data folder, the database, the search index, feeds and embeddings. Without --repair it changes\n" +
			"nothing that is stored.\n\n" +
			"--repair mends what follows from the rest of the database: counters, lists of feeds, marks that are ahead of their log, stories without\n" +
			"an article, what closed and aged-out stories should not have any more. Articles whose text is lost get it back from their feed's next poll,\n" +
			"if it still lists them. An index that does not have what is stored is built anew. Damaged pages and broken references are not mended: restore\n" +
			"a backup. A server on the folder must be stopped first.",
		Example: "  headwater doctor\n  headwater doctor --repair",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var found []finding
			if repair {
				mended, err := c.repair(cmd.Context())
				if err != nil {
					return err
				}
				found = mended
			}
			found = append(found, c.examine(cmd.Context())...)
			if c.asJSON {
				if err := c.printJSON(found); err != nil {
					return err
				}
			}
			w := c.table()
			failed := false
			for _, f := range found {
				mark := "ok"
				if !f.OK {
					mark, failed = "FAILED", true
				}
				w.row(mark, f.What, f.Detail)
			}
			if !c.asJSON {
				w.flush()
			}
			if failed {
				return errFailed
			}
			return nil
		},
	}
	c.jsonFlag(cmd)
	cmd.Flags().BoolVar(&repair, "repair", false, "mend what can be mended")
	return cmd
}

// repair mends what can be mended and says what it did.
func (c *cli) repair(ctx context.Context) (done []finding, err error) {
	cfg, err := c.config()
	if err != nil {
		return nil, err
	}
	if err := checkNoServer(ctx, cfg.Data, "and works on what would be repaired; stop it first"); err != nil {
		return nil, err
	}
	err = c.withApp(ctx, openOptions{verify: true}, func(a *app) error {
		mended, err := a.store.Repair(ctx)
		for _, line := range mended {
			done = append(done, finding{"repaired", true, line})
		}
		if err != nil {
			return err
		}
		status, err := a.statusReader().Status(ctx)
		if err != nil {
			return err
		}
		if f := a.examineIndex(ctx, status); !f.OK {
			bar := c.progressBar()
			n, err := a.pipeline.Reindex(ctx, a.newIndex, bar.of("index"))
			bar.clear()
			if err != nil {
				return err
			}
			done = append(done, finding{"repaired", true, "the index was built anew of " + count(n, "article")})
		}
		return nil
	})
	if err == nil && len(done) == 0 {
		done = []finding{{"repaired", true, "nothing had to be mended"}}
	}
	return done, err
}

// examine checks the configuration, and then the data folder: here, or by the server that holds it.
func (c *cli) examine(ctx context.Context) []finding {
	cfg, err := c.config()
	if err != nil {
		return []finding{{"configuration", false, err.Error()}}
	}
	found := []finding{{"configuration", true, cmp.Or(cfg.File, "built-in defaults")}}
	found = append(found, examineOutlets(cfg)...)
	if c.server != nil { // the caller has the rest
		return append([]finding{{"server", true, fmt.Sprintf("process %d holds the data folder and answers", os.Getpid())}}, c.server.examine(ctx)...)
	}
	err = c.withStore(ctx, func(db *store.DB) error {
		if cfg.Database != "" {
			found = append(found, finding{"database", true, strings.TrimPrefix(db.Database(), "database ")})
		}
		return nil
	})
	if errors.Is(err, news.ErrUnavailable) {
		return append(found, databaseAway(err))
	}
	if errors.Is(err, store.ErrEmpty) && checkNotEmptied(cfg.Data) == nil {
		what := finding{"data folder", true, cfg.Data + " holds nothing yet"}
		if cfg.Database != "" {
			what = finding{"database", true, "it holds nothing yet"}
		}
		return append(append(found, what), examineEmbeddings(ctx, cfg)...)
	}
	found = append(found, finding{"data folder", true, cfg.Data})
	conn, err := dialServer(ctx, cfg.Data)
	if err != nil {
		return append(found, finding{"server", false, err.Error()})
	}
	if conn != nil {
		var data []byte
		_, err := forward(ctx, conn, request{Args: []string{"doctor", "--json"}}, func(part response) error {
			data = append(data, part.Stdout...)
			return nil
		})
		var theirs []finding
		if err == nil {
			err = json.Unmarshal(data, &theirs)
		}
		if err != nil {
			theirs = append(theirs, finding{"server", false, err.Error()})
		}
		return append(found, theirs...)
	}
	a, err := c.openApp(ctx, cfg, openOptions{verify: true})
	if err != nil {
		return append(found, finding{"store and index", false, err.Error()})
	}
	found = append(found, a.examine(ctx)...)
	if err := a.close(); err != nil {
		found = append(found, finding{"closing", false, err.Error()})
	}
	return found
}

// databaseAway is the only finding about a database that can't be reached.
func databaseAway(err error) finding {
	return finding{"database", false, err.Error() + ". The other checks need the database and were left out"}
}

// examineOutlets lists the names that several outlets share, and the configuration's entries that give a known outlet a domain
// that may be another outlet's.
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

// examine looks at an open data folder.
func (a *app) examine(ctx context.Context) []finding {
	err := a.store.Check(ctx)
	if errors.Is(err, news.ErrUnavailable) {
		return []finding{databaseAway(err)}
	}
	found := []finding{result("store", err, "pages and references are whole"), a.examineSecrets(ctx)}
	status, err := a.statusReader().Status(ctx)
	stages := fmt.Sprintf("%d articles in %d stories, %d unsettled", status.Articles, status.Stories, status.Unsettled)
	if rolesOf(a.cfg).Web {
		stages += fmt.Sprintf(", %d unindexed", status.Unindexed)
	}
	found = append(found, result("stages", err, stages))
	found = append(found, a.examineIndex(ctx, status), a.examineGrowth(ctx))
	if a.cfg.Keep > 0 {
		found = append(found, a.examineKeep(ctx))
	}
	found = append(found, a.examineFeeds(ctx))
	found = append(found, a.examineNodes(ctx)...)
	found = append(found, a.examineHubs(ctx)...)
	found = append(found, a.examineAlerts(ctx)...)
	return append(found, examineEmbeddings(ctx, a.cfg)...)
}

// examineIndex compares the articles in the index with those that are stored.
func (a *app) examineIndex(ctx context.Context, status news.Status) finding {
	if !rolesOf(a.cfg).Web {
		return finding{"index", true, "this node keeps none, since it has not the role web"}
	}
	n, err := a.index.Count()
	if err != nil {
		return finding{"index", false, err.Error()}
	}
	strays, err := a.index.Strays(ctx)
	switch have := int(n); {
	case err != nil:
		return finding{"index", false, err.Error()}
	case have+status.Unindexed < status.Articles:
		return finding{"index", false, fmt.Sprintf("%d of %d articles; `headwater reindex` builds it anew", have, status.Articles)}
	case strays > 0:
		return finding{"index", false, fmt.Sprintf("%d articles, of which %d are not stored; `headwater reindex` builds it anew", have, strays)}
	}
	return finding{"index", true, fmt.Sprintf("%d articles", n)}
}

// examineGrowth reports the size of the data folder, and what it will be.
func (a *app) examineGrowth(ctx context.Context) finding {
	g, err := a.pipeline.Retention.Growth(ctx)
	if err != nil {
		return finding{"growth", false, err.Error()}
	}
	detail := fmt.Sprintf("%s for %s", byteSize(g.Bytes), count(g.Articles, "article"))
	if !g.Shrinks {
		detail += fmt.Sprintf(", and %s that are free within the database, which `headwater compact` gives back", byteSize(g.Free))
	}
	if g.Over == 0 {
		return finding{"growth", true, detail + "; less than a day is stored, which tells no rate"}
	}
	detail += fmt.Sprintf("; %.0f articles a day add %s a day, which in a year makes %s", g.PerDay, byteSize(g.BytesPerDay()), byteSize(g.InAYear(0)))
	keep, what := time.Duration(a.cfg.Keep), "with keep"
	if keep == 0 {
		keep, what = 30*24*time.Hour, "with keep: 30d"
	}
	return finding{"growth", true, fmt.Sprintf("%s, %s %s", detail, what, byteSize(g.InAYear(keep)))}
}

// examineKeep reports what the setting keep removes.
func (a *app) examineKeep(ctx context.Context) finding {
	p, err := a.pipeline.Retention.KeepWouldTake(ctx)
	if err != nil {
		return finding{"keep", false, err.Error()}
	}
	detail := a.cfg.Keep.String()
	if p.Articles == 0 {
		detail += "; nothing is older"
	} else {
		detail += fmt.Sprintf("; it takes %d of %s in %s, about %s", p.Articles, count(p.Of, "article"), counts(p.Stories, "story", "stories"), byteSize(p.Bytes))
	}
	switch {
	case p.Articles > 0 && !p.Until.IsZero():
		detail += ", from " + p.Until.UTC().Format("2 Jan 15:04 UTC") + " on"
	case p.Large() && !p.Goes:
		detail += ", an hour after serve or poll has announced it"
	}
	return finding{"keep", true, detail}
}

// examineEmbeddings requests one vector of the endpoint, where one is set.
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

// result is a finding that is OK where err is nil.
func result(what string, err error, detail string) finding {
	if err != nil {
		return finding{what, false, err.Error()}
	}
	return finding{what, true, detail}
}

// examineFeeds fails only where every feed fails. The feeds page shows single ones.
func (a *app) examineFeeds(ctx context.Context) finding {
	feeds, err := a.store.Feeds(ctx)
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

// examineNodes reports who works on a shared database. It fails where one has other settings than
// this one, or where clocks differ.
func (a *app) examineNodes(ctx context.Context) []finding {
	if !a.store.Shared() {
		return nil
	}
	nodes, err := a.store.Nodes(ctx)
	if err != nil {
		return []finding{{"nodes", false, err.Error()}}
	}
	own := store.Node{Settings: a.cfg.Hashes()}
	var found []finding
	works := 0
	for _, n := range nodes {
		what := fmt.Sprintf("node %.8s on %s (%s)", n.ID, n.Host, n.Roles)
		if !n.Works() {
			found = append(found, finding{what, true, fmt.Sprintf("has not been heard of for %s; it was killed, or cannot reach the database", n.Silent.Round(time.Second))})
			continue
		}
		works++
		if names := own.Differing(n); len(names) > 0 {
			found = append(found, finding{what, false, "has other settings than here: " + strings.Join(names, ", ") + "; give all nodes the same"})
		}
	}
	if ahead := a.store.ClockAhead(); ahead.Abs() > 10*time.Second {
		found = append(found, finding{"clock", false, fmt.Sprintf("the clock of the database differs from this machine's by %s; set both right", ahead.Round(time.Second))})
	}
	return append(found, finding{"nodes", true, count(works, "node") + " at work"})
}

// examineHubs reports how many feeds hubs push, where public_url is set.
func (a *app) examineHubs(ctx context.Context) []finding {
	address := callbackURL(a.cfg)
	switch {
	case a.cfg.PublicURL == "" || !a.cfg.WebSub.Enabled:
		return nil
	case address == "":
		return []finding{{"hubs", true, a.cfg.PublicURL + " (public_url) is an address that no hub reaches, so every feed is polled"}}
	}
	all, live, err := a.store.CountSubscriptions(ctx, time.Now())
	return []finding{result("hubs", err, fmt.Sprintf("reach us at %s; %s with a hub, %d pushed", address, count(all, "feed"), live))}
}

// examineAlerts reports alerts that fail or have ended.
func (a *app) examineAlerts(ctx context.Context) []finding {
	rows, err := alertViews(ctx, a.store)
	if err != nil {
		return []finding{{"alerts", false, err.Error()}}
	}
	var bad []finding
	for _, r := range rows {
		if r.Problem != "" {
			bad = append(bad, finding{fmt.Sprintf("alert %d", r.ID), false, fmt.Sprintf("%s %s of the topic %s: %s", r.Kind, r.Target, r.Topic, alertState(r))})
		}
	}
	if len(bad) > 0 || len(rows) == 0 {
		return bad
	}
	return []finding{{"alerts", true, fmt.Sprintf("%d, none of which fails", len(rows))}}
}
