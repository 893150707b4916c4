package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"headwater/internal/intake/lmtp"
	"headwater/internal/news"
)

// noMail reports whether no process of the installation receives mails for newsletters, as far as the settings say. Those of another
// node may say otherwise.
func (a *app) noMail() bool { return a.cfg.Newsletters.Listen == "" && !a.store.Shared() }

// listenForMails listens where newsletters.listen says. It returns nil where that is empty, and in a process without the role poll.
func (a *app) listenForMails(ctx context.Context) (net.Listener, error) {
	if a.cfg.Newsletters.Listen == "" || !rolesOf(a.cfg).Poll {
		return nil, nil
	}
	network, address, _ := a.cfg.Newsletters.Address()
	var l net.Listener
	var err error
	if network == "unix" {
		l, err = listenAtSocket(ctx, address, 0o660) // a mail server of this user's group connects
	} else if l, err = new(net.ListenConfig).Listen(ctx, network, address); errors.Is(err, syscall.EADDRINUSE) {
		err = fmt.Errorf("%s is taken: another program listens there; stop it, or choose another address", address)
	}
	if err != nil {
		return nil, fmt.Errorf("newsletters.listen: %w", err)
	}
	return l, nil
}

// receiveMails receives mails for newsletters with the generation in force until the context ends. l may be nil.
func (s *serving) receiveMails(ctx context.Context, l net.Listener) error {
	if l == nil {
		return nil
	}
	a := s.current.Load().app
	_, _, isLMTP := a.cfg.Newsletters.Address()
	a.log.Info("receiving mails for newsletters", "at", a.cfg.Newsletters.Listen)
	return lmtp.Serve(ctx, l, lmtp.Options{
		LMTP: isLMTP, Name: a.cfg.MailDomain(), MaxBytes: int64(a.cfg.Newsletters.MaxBytes), Logger: a.log,
		Find: func(ctx context.Context, local string) (news.Feed, error) {
			return s.current.Load().pipeline.Newsletter(ctx, local)
		},
		Take: func(ctx context.Context, newsletters []news.Feed, mail io.Reader) error {
			return s.current.Load().pipeline.ReceiveMail(ctx, newsletters, mail)
		},
		Count: func(outcome string) { s.current.Load().metrics.Mails.WithLabelValues(outcome).Inc() },
	})
}
