package api

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"headwater/internal/news"
)

// patience is how long store and index may take to say that they are there.
const patience = 5 * time.Second

// ready says whether store and index answer.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	if _, err := s.room.Status(ctx); err != nil {
		s.log.Error("not ready", "error", err)
		plain(w, http.StatusServiceUnavailable, "store or index does not answer; the log says why")
		return
	}
	plain(w, http.StatusOK, "ready")
}

// metrics serves the counts of status and the process's own figures in Prometheus' text format.
func (s *server) metrics() (http.Handler, error) {
	reg := prometheus.NewRegistry()
	for _, c := range []prometheus.Collector{
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &counts{s},
	} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{}), nil
}

// counts reads the status at each scrape.
type counts struct{ *server }

var gauges = []struct {
	desc  *prometheus.Desc
	value func(news.Status) int
}{
	{gauge("feeds", "Feeds subscribed."), func(s news.Status) int { return s.Feeds }},
	{gauge("articles", "Articles stored."), func(s news.Status) int { return s.Articles }},
	{gauge("stories", "Stories."), func(s news.Status) int { return s.Stories }},
	{gauge("events", "Events."), func(s news.Status) int { return s.Events }},
	{gauge("unsettled", "Articles that wait to be settled."), func(s news.Status) int { return s.Unsettled }},
	{gauge("unindexed", "Articles that wait to be indexed."), func(s news.Status) int { return s.Unindexed }},
}

func gauge(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("headwater_"+name, help, nil, nil)
}

// Describe names the gauges.
func (c *counts) Describe(ch chan<- *prometheus.Desc) {
	for _, g := range gauges {
		ch <- g.desc
	}
}

// Collect reads them. A store that does not answer shows as a failed scrape.
func (c *counts) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	st, err := c.room.Status(ctx)
	for _, g := range gauges {
		if err != nil {
			ch <- prometheus.NewInvalidMetric(g.desc, err)
			continue
		}
		ch <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, float64(g.value(st)))
	}
}
