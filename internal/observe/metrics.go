package observe

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The outcomes of a poll of a feed, of a page and of a message.
const (
	Read      = "read"      // a feed's or a page's document was read
	Unchanged = "unchanged" // a feed's server answered 304
	Failed    = "failed"
	Accepted  = "accepted" // a receiver took a message
)

// Metrics are what the stages of a process have done since it began. docs/observing.md describes each. No label has values that
// grow with what is stored: none names a feed, a host, a user or a topic.
type Metrics struct {
	Polls    *prometheus.CounterVec   // feeds, by outcome: Read, Unchanged, Failed
	PollTime prometheus.Histogram     // of a feed
	Passes   prometheus.Histogram     // time of a pass over the feeds
	Items    *prometheus.CounterVec   // of feeds, by what they are: new, revised, same
	Stages   *prometheus.HistogramVec // time of a run of a stage, by stage
	Failures *prometheus.CounterVec   // runs of a stage that ended with an error, by stage
	Settled  prometheus.Counter       // articles
	Indexed  prometheus.Counter       // articles
	Pages    *prometheus.CounterVec   // fetched, by kind and outcome
	AgedOut  prometheus.Counter       // articles
	Messages *prometheus.CounterVec   // of alerts, by kind and outcome
	GivenUp  prometheus.Counter       // stories that an alert could not tell of
	Mails    *prometheus.CounterVec   // for newsletters, by outcome
	Spans    *prometheus.CounterVec   // of traces that were sent, by outcome: Accepted, Failed
	Requests *prometheus.CounterVec   // answered, by route pattern and status
	Answers  *prometheus.HistogramVec // time to answer a request, by route pattern

	registry *prometheus.Registry
}

// The time of what waits for servers, and of what does not, in seconds.
var (
	networkBuckets = []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 20, 40}
	workBuckets    = prometheus.ExponentialBuckets(.001, 4, 9) // 1 ms to 65 s
	passBuckets    = prometheus.ExponentialBuckets(.25, 2, 12) // 250 ms to 8.5 min
)

// NewMetrics returns metrics of which all are zero, with the number of the loops of a process that make no progress.
func NewMetrics(h *Health) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
		m.registry.MustRegister(c)
		return c
	}
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		m.registry.MustRegister(c)
		return c
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		c := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
		m.registry.MustRegister(c)
		return c
	}
	m.Polls = counters("headwater_polls_total", "Feeds that this process polled, by outcome.", "outcome")
	Expect(m.Polls, Read, Unchanged, Failed)
	m.PollTime = histogram("headwater_poll_duration_seconds", "Time to fetch, parse and clean one feed.", networkBuckets)
	m.Passes = histogram("headwater_pass_duration_seconds", "Time of a pass over the feeds that are due.", passBuckets)
	m.Items = counters("headwater_items_total", "Items of polled feeds, by what they were: new, revised, or the same as stored.", "kind")
	Expect(m.Items, "new", "revised", "same")
	m.Stages = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "headwater_stage_duration_seconds", Help: "Time of a run of a stage behind a log.", Buckets: workBuckets}, []string{"stage"})
	m.registry.MustRegister(m.Stages)
	m.Failures = counters("headwater_stage_failures_total", "Runs of a stage that ended with an error.", "stage")
	m.Settled = counter("headwater_settled_articles_total", "Articles that this process put into stories.")
	m.Indexed = counter("headwater_indexed_articles_total", "Articles that this process put into its search index.")
	m.Pages = counters("headwater_pages_total", "Web pages that this process fetched, by what for and by outcome.", "kind", "outcome")
	m.AgedOut = counter("headwater_aged_out_articles_total", "Articles that this process removed as keep says.")
	m.Messages = counters("headwater_alert_messages_total", "Messages of alerts that this process sent, by the kind of the alert and by outcome.", "kind", "outcome")
	m.GivenUp = counter("headwater_alert_given_up_total", "Stories that an alert could not tell of in time.")
	m.Mails = counters("headwater_mails_total", "Mails for newsletters that this process was sent, by outcome.", "outcome")
	m.Spans = counters("headwater_trace_spans_total", "Spans that were sent to the collector of traces, by outcome.", "outcome")
	Expect(m.Spans, Accepted, Failed)
	m.Requests = counters("headwater_http_requests_total", "Requests answered, by route pattern and status code.", "route", "code")
	m.Answers = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "headwater_http_request_duration_seconds", Help: "Time to answer, by route pattern.", Buckets: prometheus.DefBuckets}, []string{"route"})
	m.registry.MustRegister(m.Answers)
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "headwater_stuck_loops", Help: "Loops of this process that make no progress; /healthz names them.",
	}, func() float64 { return float64(len(h.stuck())) }))
	return m
}

// Register adds what is read when the metrics are gathered.
func (m *Metrics) Register(c prometheus.Collector) { m.registry.MustRegister(c) }

// Gatherer returns all of them for whoever serves them.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// Answered notes a request that was answered. The route is a pattern.
func (m *Metrics) Answered(route string, code int, took time.Duration) {
	m.Requests.WithLabelValues(route, strconv.Itoa(code)).Inc()
	m.Answers.WithLabelValues(route).Observe(took.Seconds())
}

// Ran notes a run of a stage. Nil metrics note nothing.
func (m *Metrics) Ran(stage string, took time.Duration, err error) {
	if m == nil {
		return
	}
	m.Stages.WithLabelValues(stage).Observe(took.Seconds())
	if err != nil {
		m.Failures.WithLabelValues(stage).Inc()
	}
}

// Expect makes the series of one label before they count anything, so that a first failure is seen as an increase.
func Expect(of *prometheus.CounterVec, values ...string) {
	for _, v := range values {
		of.WithLabelValues(v)
	}
}

// ExpectOutcomes makes the series of kinds with each of some outcomes.
func ExpectOutcomes(of *prometheus.CounterVec, kind string, outcomes ...string) {
	for _, o := range outcomes {
		of.WithLabelValues(kind, o)
	}
}
