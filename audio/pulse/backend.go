// Package pulse opens microphones and loudspeakers by PulseAudio's native protocol, which PipeWire speaks, too: in Go, over a
// unix socket. A driver's thread that calls into Go (audio/device) keeps the scheduler polling after each call, which costs
// more than all of the sound; here the network poller wakes the reader.
//
// A stream that was opened without a name is moved by the server when the default changes or its device goes away; one on
// a named device ends with that. Neither tells anybody: audio.Follow polls Devices and watches the callbacks.
package pulse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"parley/audio"
)

// patience is how long the sound server may take for an answer, and for letting us in.
const patience = 1500 * time.Millisecond

// Backend is the sound server of this machine's user. It is safe for concurrent use.
type Backend struct {
	log *slog.Logger

	mu     sync.Mutex // held while the server is asked
	link   *link      // for lists; each device has its own
	closed bool
}

// New connects to the sound server that the environment names. It fails soon if none answers. A nil log discards.
func New(log *slog.Logger) (*Backend, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	l, err := dial(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("connect to the sound server: %w", err)
	}
	return &Backend{log: log, link: l}, nil
}

var errClosed = errors.New("sound system is closed")

// Close disconnects. Open devices live on until they are closed.
func (b *Backend) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.closed = true
		b.link.close()
	}
	return nil
}

// Devices lists microphones and loudspeakers. A sound server that was restarted is found again here.
func (b *Backend) Devices() ([]audio.Info, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, errClosed
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	all, err := list(ctx, b.link)
	if err != nil && !b.link.alive() {
		if err = b.reconnect(ctx); err == nil {
			all, err = list(ctx, b.link)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("list sound devices: %w", err)
	}
	return all, nil
}

// reconnect replaces a connection that has ended. mu is held.
func (b *Backend) reconnect(ctx context.Context) error {
	fresh, err := dial(ctx, nil)
	if err != nil {
		return err
	}
	b.link.close()
	b.link = fresh
	b.log.Info("connected to the sound server again")
	return nil
}

// list asks for everything there is.
func list(ctx context.Context, l *link) (all []audio.Info, err error) {
	var server proto.GetServerInfoReply
	var sources proto.GetSourceInfoListReply
	var sinks proto.GetSinkInfoListReply
	if err := l.request(ctx, &proto.GetServerInfo{}, &server); err != nil {
		return nil, err
	}
	if err := l.request(ctx, &proto.GetSourceInfoList{}, &sources); err != nil {
		return nil, err
	}
	if err := l.request(ctx, &proto.GetSinkInfoList{}, &sinks); err != nil {
		return nil, err
	}
	for _, s := range sources {
		i := info(audio.Input, s.SourceName, s.Properties, server.DefaultSourceName)
		// Each sink has such a source, and without a microphone one of them is the default source.
		i.Monitor = s.MonitorSourceIndex != proto.Undefined
		all = append(all, i)
	}
	for _, s := range sinks {
		all = append(all, info(audio.Output, s.SinkName, s.Properties, server.DefaultSinkName))
	}
	return all, nil
}

func info(k audio.Kind, id string, properties proto.PropList, standard string) audio.Info {
	name := id
	if d, ok := properties["device.description"]; ok && len(d) > 1 {
		name = strings.TrimRight(string(d), "\x00")
	}
	return audio.Info{Kind: k, ID: id, Name: strings.ToValidUTF8(name, "?"), Default: id == standard}
}

// Open starts a device. What io gets or fills has one period at the most.
func (b *Backend) Open(r audio.Request, io func(buf []float32)) (audio.Device, error) {
	b.mu.Lock()
	closed := b.closed
	b.mu.Unlock()
	if closed {
		return nil, errClosed
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s, err := open(ctx, r, io)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", kindName(r.Kind), err)
	}
	b.log.Debug("sound device opened", "kind", kindName(r.Kind), "latency", s.Latency())
	return s, nil
}

func kindName(k audio.Kind) string {
	if k == audio.Input {
		return "microphone"
	}
	return "loudspeaker"
}
