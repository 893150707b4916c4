package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"headwater/internal/news"
	"headwater/internal/observe"
	"headwater/internal/store"
)

const (
	gaugesEvery   = 10 * time.Second // gauges are read at most this often, however many ask
	gaugesTimeout = 5 * time.Second  // for the store to answer
)

// gauges gives Prometheus what waits and how far each stage is behind its log. What comes from the store is the same in every
// process of an installation, whichever does the work. The window, the index and who leads are those of this process. While
// the store does not answer, nothing is given.
type gauges struct {
	p *Pipeline

	mu   sync.Mutex // guards what follows
	read time.Time
	last []prometheus.Metric
	lags map[string]*lag // by stage
}

func gaugeOf(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("headwater_"+name, help, labels, nil)
}

var (
	feedsGauge        = gaugeOf("feeds", "Feeds by the result of their last poll, and paused ones.", "state")
	feedsDueGauge     = gaugeOf("feeds_due", "Feeds that are due and not polled yet.")
	pollLagGauge      = gaugeOf("poll_lag_seconds", "Time for which the feed that has waited longest has been due.")
	hostsGauge        = gaugeOf("hosts", "Hosts of feeds and pages: those that a node asks now, and those that asked to be left alone.", "state")
	pageHostsGauge    = gaugeOf("page_hosts_waiting", "Hosts of which pages wait to be fetched.", "kind")
	lagEntriesGauge   = gaugeOf("stage_lag_entries", "Entries of its log that a stage has not read yet.", "stage")
	lagSecondsGauge   = gaugeOf("stage_lag_seconds", "Time for which the oldest of these entries has waited, since this process saw it.", "stage")
	deliveriesGauge   = gaugeOf("alert_deliveries_waiting", "Stories that wait to be told of by alerts, due or not.")
	deliveryLagGauge  = gaugeOf("alert_delivery_lag_seconds", "Time for which the first of these has been due.")
	alertsFailGauge   = gaugeOf("alerts_failing", "Alerts whose last message was not accepted.")
	correctionsGauge  = gaugeOf("corrections_waiting", "Corrections that wait for the process that settles.")
	nodesGauge        = gaugeOf("nodes", "Processes that work on the database.")
	leaderGauge       = gaugeOf("leader", "1 in the process that settles, else 0.")
	windowGauge       = gaugeOf("window_articles", "Articles of open stories in the memory of this process.")
	indexGauge        = gaugeOf("index_articles", "Articles in the search index of this process.")
	indexSizeGauge    = gaugeOf("index_size_bytes", "Size of the search index of this process.")
	indexBuildingDesc = gaugeOf("index_building", "1 while the search index lacks articles that were stored before it was opened, else 0.")
)

func allGauges() []*prometheus.Desc {
	return []*prometheus.Desc{
		feedsGauge, feedsDueGauge, pollLagGauge, hostsGauge, pageHostsGauge, lagEntriesGauge, lagSecondsGauge, deliveriesGauge, deliveryLagGauge,
		alertsFailGauge, correctionsGauge, nodesGauge, leaderGauge, windowGauge, indexGauge, indexSizeGauge, indexBuildingDesc,
	}
}

// registerGauges adds the gauges to the metrics, and the series of what this process does before it has done it.
func (p *Pipeline) registerGauges() {
	m, roles := p.options.Metrics, p.options.Roles
	m.Register(&gauges{p: p, lags: map[string]*lag{}})
	var stages []follower
	if roles.Web {
		stages = append(stages, p.webFollowers()...)
	}
	if roles.Settle {
		stages = append(stages, p.leadFollowers()...)
	}
	for _, f := range stages {
		m.Stages.WithLabelValues(f.name)
		observe.Expect(m.Failures, f.name)
	}
	if roles.Poll {
		observe.ExpectOutcomes(m.Pages, pagesWhole, observe.Read, observe.Failed)
		observe.ExpectOutcomes(m.Pages, pagesCredited, observe.Read, observe.Failed)
		for _, kind := range news.AlertKinds {
			observe.ExpectOutcomes(m.Messages, string(kind), observe.Accepted, observe.Failed)
		}
	}
}

// Describe implements prometheus.Collector.
func (g *gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range allGauges() {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := time.Now(); now.Sub(g.read) >= gaugesEvery {
		ctx, cancel := context.WithTimeout(context.Background(), gaugesTimeout)
		g.last = g.collect(ctx, now)
		cancel()
		g.read = now
	}
	for _, m := range g.last {
		ch <- m
	}
}

// collect reads the gauges at a time of this machine's clock. It returns none where store or index does not answer: the
// handler of /metrics says that by headwater_ready.
func (g *gauges) collect(ctx context.Context, now time.Time) (all []prometheus.Metric) {
	add := func(d *prometheus.Desc, value float64, labels ...string) {
		all = append(all, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...))
	}
	o := g.p.options
	at := o.Now()
	s, err := o.Store.Gauges(ctx, at)
	if err != nil {
		return nil
	}
	for _, state := range news.FeedStates {
		add(feedsGauge, float64(s.Feeds[state]), string(state))
	}
	add(feedsGauge, float64(s.PausedFeeds), "paused")
	add(feedsDueGauge, float64(s.DueFeeds))
	add(pollLagGauge, secondsSince(at, s.DueSince))
	add(hostsGauge, float64(s.AskedHosts), "asked")
	add(hostsGauge, float64(s.RestingHosts), "resting")
	add(pageHostsGauge, float64(s.WholePageHosts), pagesWhole)
	add(pageHostsGauge, float64(s.CreditedPageHosts), pagesCredited)
	add(deliveriesGauge, float64(s.Deliveries))
	add(deliveryLagGauge, secondsSince(at, s.DeliveryDue))
	add(alertsFailGauge, float64(s.FailingAlerts))
	add(correctionsGauge, float64(s.Corrections))
	add(nodesGauge, float64(s.Nodes))
	leads := g.p.lead.leading(ctx)
	add(leaderGauge, oneIf(leads))
	add(windowGauge, float64(g.p.Settler.windowSize()))

	behind := map[string]store.Backlog{"settle": s.Settle, "topics": s.Topics, "alerts": s.Alerts}
	if o.Roles.Web {
		articles, errCount := o.Index.Count()
		size, errSize := o.Index.Size()
		index := store.Backlog{End: s.Settle.End}
		var errMark, errBehind error
		index.Mark, errMark = o.Index.Mark()
		index.Entries, errBehind = o.Store.CountAfter(ctx, index.Mark)
		if errors.Join(errCount, errSize, errMark, errBehind) != nil {
			return nil
		}
		add(indexGauge, float64(articles))
		add(indexSizeGauge, float64(size))
		add(indexBuildingDesc, oneIf(o.Index.Building()))
		behind["index"] = index
	}
	for stage, b := range behind {
		if g.lags[stage] == nil {
			g.lags[stage] = &lag{}
		}
		add(lagEntriesGauge, float64(b.Entries), stage)
		add(lagSecondsGauge, g.lags[stage].of(b, now).Seconds(), stage)
	}
	return all
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// secondsSince returns for how long something has been due, 0 for what is due later or never.
func secondsSince(now, due time.Time) float64 {
	if due.IsZero() {
		return 0
	}
	return max(now.Sub(due).Seconds(), 0)
}

// lag measures for how long a stage has been behind a log. The log has no times of its entries: an article keeps the time at
// which it was first seen when a revision moves it to the end. So lag remembers when it saw the log reach a number. It is exact
// to the time between two calls, and knows nothing of before its first.
type lag struct {
	ends []seenEnd // of the log, that the stage has not reached; in order
}

type seenEnd struct {
	end int64
	at  time.Time
}

// keptEnds is how many ends are remembered. Of more, every second one goes, and the lag is measured less exactly.
const keptEnds = 1000

func (l *lag) of(b store.Backlog, now time.Time) time.Duration {
	l.ends = slices.DeleteFunc(l.ends, func(e seenEnd) bool { return e.end <= b.Mark })
	if b.Entries == 0 {
		l.ends = l.ends[:0]
		return 0
	}
	if n := len(l.ends); n == 0 || l.ends[n-1].end < b.End {
		l.ends = append(l.ends, seenEnd{b.End, now})
	}
	first := l.ends[0].at
	if len(l.ends) > keptEnds {
		for i := range keptEnds / 2 {
			l.ends[i] = l.ends[2*i]
		}
		l.ends = l.ends[:keptEnds/2]
	}
	return now.Sub(first)
}

// windowSize returns how many articles are in the window. While a settlement changes it, that is the number before.
func (s *Settler) windowSize() int {
	if s.lock.TryAcquire(1) {
		defer s.lock.Release(1)
		n := 0
		if s.window != nil {
			n = s.window.Len()
		}
		s.size.Store(int64(n))
	}
	return int(s.size.Load())
}
