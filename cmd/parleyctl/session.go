package main

import (
	"context"
	"fmt"
	"time"

	"parley/call"
	"parley/cmd/internal/setup"
	"parley/wire"
)

const connectTimeout = 20 * time.Second

// dial opens a session and waits until the server's state is there. A first connection that fails is not tried for ever:
// a shell wants to know.
func dial(ctx context.Context, e *call.Engine, home *setup.Home, link, name, status string, each func(*call.Snapshot)) error {
	if _, err := e.Ask(ctx, call.Connect{Link: link, Name: name, Status: status}); err != nil {
		return &failure{exitUsage, "bad_link", err}
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	var failed *call.Notice
	for retries := 0; ; {
		s := e.Snapshot()
		if each != nil {
			each(s)
		}
		if s.Link == call.Online && len(s.Directory.Users) > 0 {
			return home.Used(link, s.Server)
		}
		for i := range s.Notices {
			if k := s.Notices[i].Kind; k == call.NoticeRetry || k == call.NoticeOffline {
				failed = &s.Notices[i]
			}
		}
		if failed != nil && failed.Kind == call.NoticeRetry {
			retries = int(failed.Seq)
		}
		if failed != nil && (failed.Kind == call.NoticeOffline || retries >= 3) {
			return endOf(*failed)
		}
		select {
		case <-e.Changed():
		case <-ctx.Done():
			return &failure{exitConnect, call.CodeNetwork, fmt.Errorf("no connection: %w", ctx.Err())}
		}
	}
}

// endOf makes the failure of a session that ended.
func endOf(n call.Notice) *failure {
	f := &failure{exitRefused, n.Code, fmt.Errorf("%s", n.Text)}
	switch n.Code {
	case call.CodeNetwork, "", wire.ReasonShutdown:
		f.status, f.code = exitConnect, call.CodeNetwork
	case call.CodeServerKey, call.CodeProtocol:
		f.status = exitConnect
	}
	return f
}

// refused makes a failure of what the server answered.
func refused(err error) error {
	if err == nil {
		return nil
	}
	code := string(wire.CodeOf(err))
	if code == "" {
		code = "failed"
	}
	return &failure{exitRefused, code, err}
}

// visit runs f in a session that needs no sound.
func visit(ctx context.Context, o *options, args []string, f func(ctx context.Context, e *call.Engine, words []string) error) error {
	home, link, rest, err := o.begin(args)
	if err != nil {
		return err
	}
	defer func() { _ = home.Close() }()
	e, err := call.New(call.Config{Key: home.Key, People: setup.People{Profile: home.Profile}, Log: o.log()})
	if err != nil {
		return err
	}
	defer e.Close()
	if err := dial(ctx, e, home, link, o.name, "", nil); err != nil {
		return err
	}
	return f(ctx, e, rest)
}
