package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"headwater/internal/news"
)

type status struct {
	Feeds     int `json:"feeds" doc:"feeds subscribed"`
	Articles  int `json:"articles" doc:"articles stored"`
	Stories   int `json:"stories" doc:"stories that the settled articles make"`
	Events    int `json:"events" doc:"events that the stories tell of"`
	Unsettled int `json:"unsettled" doc:"articles that wait to be settled"`
	Unindexed int `json:"unindexed" doc:"articles that wait to be indexed"`
}

func (s *server) status(ctx context.Context, _ *struct{}) (*body[status], error) {
	st, err := s.backend.Status(ctx)
	if err != nil {
		return nil, s.fail(err, "status", "/status")
	}
	return &body[status]{status{st.Feeds, st.Articles, st.Stories, st.Events, st.Unsettled, st.Unindexed}}, nil
}

const (
	pathAlive     = "/healthz"
	pathReady     = "/readyz"
	statusTimeout = 5 * time.Second // for store and index to answer
)

// alive says whether the loops of the process go on. One that has no progress is named, and ends only with the process.
func alive(health func() error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if health != nil {
			if err := health(); err != nil {
				plain(w, http.StatusServiceUnavailable, err.Error()+"; start the server again")
				return
			}
		}
		plain(w, http.StatusOK, "ok")
	})
}

// nearEntries is how many entries of the log an index may lack that is near its end.
const nearEntries = 1000

// ready says whether store and index answer, and how far the index is behind the log. A server is not ready before its
// index has what was stored before it was opened, and was near the log once. Later it stays ready, since readers rather
// miss the newest articles than all. Why store or index do not answer is for the log: it may hold paths, and anybody may
// ask here.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	st, err := s.probe(r.Context())
	if err != nil {
		plain(w, http.StatusServiceUnavailable, "store or index does not answer; the log says why")
		return
	}
	behind := fmt.Sprintf("the index is %d articles behind, for %d seconds", st.Unindexed, int(st.IndexLag.Seconds()))
	switch {
	case st.Unindexed == 0:
		s.caughtUp.Store(true)
		plain(w, http.StatusOK, "ready")
	case s.caughtUp.Load() || st.Unindexed <= nearEntries && !st.Building:
		s.caughtUp.Store(true)
		plain(w, http.StatusOK, "ready; "+behind)
	default:
		plain(w, http.StatusServiceUnavailable, behind+"; it is being built")
	}
}

// probe gives the status to clients that ask every few seconds. Only a change from answering to not, or back, is logged.
func (s *server) probe(ctx context.Context) (news.Status, error) {
	limited, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	st, err := s.backend.Status(limited)
	if ctx.Err() != nil {
		return st, err // the client has left, which says nothing of the store
	}
	switch was := s.unavailable.Swap(err != nil); {
	case err != nil && !was && errors.Is(err, news.ErrUnavailable): // the store has logged it
	case err != nil && !was:
		s.log.Error("store or index does not answer", "error", err)
	case err == nil && was:
		s.log.Info("store and index answer again")
	}
	return st, err
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // a reader that left needs no answer
}

const pathMetrics = "/metrics"

// metrics serves to Prometheus the figures of status, what Options.Metrics gives and the process's own.
func (s *server) metrics(version string, others prometheus.Gatherer) (http.Handler, error) {
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "headwater_build_info", Help: "1, with the version of the program.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	reg := prometheus.NewRegistry()
	for _, c := range []prometheus.Collector{
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newCounts(s), build,
	} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	all := prometheus.Gatherers{reg}
	if others != nil {
		all = append(all, others)
	}
	return promhttp.HandlerFor(all, promhttp.HandlerOpts{}), nil
}

// counts reads the status at each scrape.
type counts struct {
	*server
	ready  *prometheus.Desc
	gauges []gauge
}

type gauge struct {
	desc  *prometheus.Desc
	value func(news.Status) float64
}

func newCounts(s *server) *counts {
	c := &counts{server: s, ready: prometheus.NewDesc("headwater_ready", "1 where store and index answer, else 0.", nil, nil)}
	add := func(name, help string, value func(news.Status) float64) {
		c.gauges = append(c.gauges, gauge{prometheus.NewDesc("headwater_"+name, help, nil, nil), value})
	}
	add("articles", "Articles stored.", func(s news.Status) float64 { return float64(s.Articles) })
	add("stories", "Stories.", func(s news.Status) float64 { return float64(s.Stories) })
	add("events", "Events.", func(s news.Status) float64 { return float64(s.Events) })
	return c
}

// Describe names the gauges.
func (c *counts) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.ready
	for _, g := range c.gauges {
		ch <- g.desc
	}
}

// Collect reads them. Where store or index does not answer, the gauges are left out and headwater_ready is 0, so that the
// other figures, which are needed most then, still come.
func (c *counts) Collect(ch chan<- prometheus.Metric) {
	st, err := c.probe(context.Background())
	if err != nil {
		ch <- prometheus.MustNewConstMetric(c.ready, prometheus.GaugeValue, 0)
		return
	}
	ch <- prometheus.MustNewConstMetric(c.ready, prometheus.GaugeValue, 1)
	for _, g := range c.gauges {
		ch <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, g.value(st))
	}
}
