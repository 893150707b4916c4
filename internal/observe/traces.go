package observe

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Traces sends spans to a collector of OpenTelemetry: of polls of feeds, of runs of stages, and of the way of each article through these. A
// nil one sends nothing. Its methods are safe for concurrent use.
//
// The stages of an article run at different times, in different processes, so no context can be handed on. Instead the ids of an
// article's trace and of its first span are computed from the installation and the number of the article. So each process adds its span
// to the same trace, and each decides in the same way whether the trace is sampled. A run handles many articles: its span has a trace of
// its own, and the spans of the articles link to it (https://opentelemetry.io/docs/specs/otel/overview/#links-between-spans).
type Traces struct {
	tracer trace.Tracer
	origin string
	close  func()
}

// TraceOptions are the options of Traces.
type TraceOptions struct {
	// Send posts an OTLP message, in protobuf, to the collector. It returns an error unless the collector has taken it.
	Send    func(ctx context.Context, message []byte) error
	Sample  float64 // share of the traces that are sent, 0 to 1
	Origin  string  // names the installation
	Version string  // of the program
	Node    string  // names the process
	Logger  *slog.Logger
	Metrics *Metrics // counts the spans
}

const (
	traceQueue  = 8192 // spans that wait; more are dropped
	traceBatch  = 512
	traceDelay  = 2 * time.Second
	sendTimeout = 10 * time.Second
	// flushTimeout bounds how long Close waits for a collector that does not answer.
	flushTimeout = 2 * time.Second
)

// NewTraces returns traces that are sent until Close.
func NewTraces(ctx context.Context, o TraceOptions) (*Traces, error) {
	up := &uploader{TraceOptions: o, closed: make(chan struct{})}
	exporter, err := otlptrace.New(ctx, up)
	if err != nil {
		return nil, err
	}
	about := resource.NewSchemaless(
		attribute.String("service.name", "headwater"), attribute.String("service.version", o.Version),
		attribute.String("service.namespace", o.Origin), attribute.String("service.instance.id", o.Node),
	)
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(exporter, sdk.WithMaxQueueSize(traceQueue), sdk.WithMaxExportBatchSize(traceBatch), sdk.WithBatchTimeout(traceDelay), sdk.WithExportTimeout(sendTimeout)),
		sdk.WithSampler(sdk.TraceIDRatioBased(o.Sample)), // by the trace alone, so that all processes and spans agree
		sdk.WithIDGenerator(traceIDs{}), sdk.WithResource(about),
	)
	end := sync.OnceFunc(func() {
		flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
		defer cancel()
		_ = provider.Shutdown(flush) // its only error is that of the time
		close(up.closed)
		up.sending.Lock() // until the last message has ended
		defer up.sending.Unlock()
	})
	return &Traces{tracer: provider.Tracer("headwater"), origin: o.Origin, close: end}, nil
}

// Close sends what waits, for as long as flushTimeout, and ends. What the collector does not take is gone, which the log says. It may be
// called again.
func (t *Traces) Close() {
	if t != nil {
		t.close()
	}
}

// uploader is the otlptrace.Client of Traces.
type uploader struct {
	TraceOptions
	sending sync.Mutex    // held while a message is sent; guards failing
	failing bool          // so that the log says once that the collector is away
	closed  chan struct{} // no message is sent any more
}

// Start implements otlptrace.Client.
func (*uploader) Start(context.Context) error { return nil }

// Stop implements otlptrace.Client.
func (*uploader) Stop(context.Context) error { return nil }

// UploadTraces implements otlptrace.Client. A failure is logged and counted, and is no error for the caller, who could only log it again.
func (u *uploader) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	count := 0
	for _, r := range spans {
		for _, s := range r.GetScopeSpans() {
			count += len(s.GetSpans())
		}
	}
	// The bytes of TracesData are those of ExportTraceServiceRequest, whose package would link gRPC.
	message, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	u.sending.Lock()
	defer u.sending.Unlock()
	if err == nil {
		err = u.send(ctx, message)
	}
	before := u.failing
	u.failing = err != nil
	if err != nil {
		u.Metrics.Spans.WithLabelValues(Failed).Add(float64(count))
		if !before {
			u.Logger.Warn("traces could not be sent, and their spans are dropped until the collector takes some again; check traces.endpoint", "error", err)
		}
		return nil
	}
	u.Metrics.Spans.WithLabelValues(Accepted).Add(float64(count))
	if before {
		u.Logger.Info("traces are sent again")
	}
	return nil
}

// send sends a message, unless Traces is closed before that ends.
func (u *uploader) send(ctx context.Context, message []byte) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-u.closed:
			cancel()
		case <-ended:
		}
	}()
	return u.Send(ctx, message)
}

// traceIDs draws ids, but for a span whose context has them.
type traceIDs struct{}

type fixedIDs struct {
	trace trace.TraceID
	span  trace.SpanID
}

type fixedKey struct{}

// NewIDs implements sdk.IDGenerator.
func (g traceIDs) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	if f, ok := ctx.Value(fixedKey{}).(fixedIDs); ok {
		return f.trace, f.span
	}
	var id trace.TraceID
	binary.BigEndian.PutUint64(id[:8], rand.Uint64())
	binary.BigEndian.PutUint64(id[8:], rand.Uint64()|1)
	return id, g.NewSpanID(ctx, id)
}

// NewSpanID implements sdk.IDGenerator.
func (traceIDs) NewSpanID(context.Context, trace.TraceID) (id trace.SpanID) {
	binary.BigEndian.PutUint64(id[:], rand.Uint64()|1) // 0 is no id
	return id
}

func (t *Traces) idsOf(article int64) fixedIDs {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("headwater article "+t.origin+" "), uint64(article)))
	return fixedIDs{trace.TraceID(sum[:16]), trace.SpanID(sum[16:24])}
}

// Span is a span that has begun. A nil one records nothing.
type Span struct {
	traces *Traces
	span   trace.Span
	began  time.Time
}

// Begin begins a span: of a run of a stage, or of a part of what the context has a span of. An attribute is a name and its value, a string or
// a number, by turns.
func (t *Traces) Begin(ctx context.Context, name string, attributes ...any) (context.Context, *Span) {
	if t == nil {
		return ctx, nil
	}
	began := time.Now()
	ctx, span := t.tracer.Start(ctx, name, trace.WithTimestamp(began), trace.WithAttributes(pairs(attributes)...))
	return ctx, &Span{t, span, began}
}

// BeginPart begins a span as a part of another one, which may have begun in another goroutine.
func (s *Span) BeginPart(ctx context.Context, name string, attributes ...any) *Span {
	if s == nil {
		return nil
	}
	_, part := s.traces.Begin(trace.ContextWithSpan(ctx, s.span), name, attributes...)
	return part
}

// Set adds attributes.
func (s *Span) Set(attributes ...any) {
	if s != nil {
		s.span.SetAttributes(pairs(attributes)...)
	}
}

// End ends the span. An error other than that of an interruption marks it as failed.
func (s *Span) End(err error) {
	if s == nil {
		return
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		s.span.SetStatus(codes.Error, err.Error())
	}
	s.span.End()
}

// Stored records that the poll of the span has stored so many articles, whose ids follow one another: it begins their traces.
func (s *Span) Stored(ctx context.Context, first int64, count int, attributes ...any) {
	if s == nil {
		return
	}
	for id := first; id < first+int64(count); id++ {
		s.article(context.WithValue(ctx, fixedKey{}, s.traces.idsOf(id)), "article", id, trace.WithNewRoot(), trace.WithAttributes(pairs(attributes)...))
	}
}

// Did records that the run of the span has done its part for articles.
func (s *Span) Did(ctx context.Context, name string, articles []int64) {
	if s == nil {
		return
	}
	for _, id := range articles {
		ids := s.traces.idsOf(id)
		parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: ids.trace, SpanID: ids.span, Remote: true})
		s.article(trace.ContextWithRemoteSpanContext(ctx, parent), name, id)
	}
}

// article sends the span of an article that began with s, ends now, and links to s.
func (s *Span) article(ctx context.Context, name string, id int64, options ...trace.SpanStartOption) {
	_, span := s.traces.tracer.Start(ctx, name, append(options, trace.WithTimestamp(s.began), trace.WithLinks(trace.Link{SpanContext: s.span.SpanContext()}),
		trace.WithAttributes(attribute.Int64("headwater.article", id)))...)
	span.End()
}

func pairs(list []any) []attribute.KeyValue {
	all := make([]attribute.KeyValue, 0, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		name, _ := list[i].(string)
		switch v := list[i+1].(type) {
		case string:
			all = append(all, attribute.String(name, v))
		case int:
			all = append(all, attribute.Int(name, v))
		case int64:
			all = append(all, attribute.Int64(name, v))
		default:
			all = append(all, attribute.String(name, fmt.Sprint(v)))
		}
	}
	return all
}
