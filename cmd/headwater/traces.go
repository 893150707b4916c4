package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"

	"headwater/internal/observe"
)

// maxCollectorAnswer limits what is read of a collector's answer, in bytes.
const maxCollectorAnswer = 64 << 10

// newTraces returns what sends traces to the collector of the settings, nil for none.
func (a *app) newTraces(ctx context.Context) (*observe.Traces, error) {
	t := a.cfg.Traces
	if t.Endpoint == "" {
		return nil, nil
	}
	origin, err := a.store.EnsureSetting(ctx, instanceKey, rand.Text)
	if err != nil {
		return nil, err
	}
	header := http.Header{"Content-Type": {"application/x-protobuf"}}
	if t.Token != "" {
		header.Set("Authorization", "Bearer "+string(t.Token))
	}
	post := a.client.Post
	return observe.NewTraces(ctx, observe.TraceOptions{
		Send: func(ctx context.Context, message []byte) error {
			resp, err := post(ctx, t.Endpoint+"/v1/traces", header, message)
			if err != nil {
				return err
			}
			said, err := io.ReadAll(io.LimitReader(resp.Body, maxCollectorAnswer))
			if err := errors.Join(err, resp.Body.Close()); err != nil {
				return err
			}
			if resp.StatusCode != http.StatusOK {
				return fmt.Errorf("%s/v1/traces: %s: %.200q", t.Endpoint, resp.Status, said)
			}
			return nil
		},
		Sample: t.Sample, Origin: origin, Version: version(), Node: a.store.Node(), Logger: a.log, Metrics: a.metrics,
	})
}
