package pulse

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"parley/audio"
)

const (
	// DefaultPeriod is the period if a Request names none.
	DefaultPeriod = 10 * time.Millisecond
	minPeriod     = 2 * time.Millisecond
	maxPeriod     = 100 * time.Millisecond

	sampleSize = 4                           // float32, little endian
	maxFill    = audio.SampleRate * 16 / 100 // samples that the server gets at once, whatever it asks for: 160 ms, or one period
	maxName    = 255
)

// stream is one running device, on a connection of its own: closing that ends it, whatever the server does.
type stream struct {
	link    *link
	kind    audio.Kind
	width   int // channels
	io      func([]float32)
	index   uint32        // the server's
	latency atomic.Int64  // nanoseconds
	chunk   atomic.Int64  // bytes that came at once the last time
	lost    atomic.Uint64 // times that the server had nothing of ours to play, or threw away what we did not take
	moved   chan struct{} // capacity 1: the latency is another now

	// The rest belongs to the link's reader.
	samples []float32 // one period, interleaved
	out     []byte    // a frame of maxFill samples of each channel
}

func open(ctx context.Context, r audio.Request, io func([]float32)) (*stream, error) {
	if len(r.ID) > maxName || strings.ContainsRune(r.ID, 0) {
		return nil, errors.New("no such device")
	}
	period := r.Period
	if period == 0 {
		period = DefaultPeriod
	}
	s := newStream(r.Kind, r.Width(), int(min(max(period, minPeriod), maxPeriod)*audio.SampleRate/time.Second), io)
	var err error
	if s.link, err = dial(ctx, s); err != nil {
		return nil, err
	}
	create := s.play
	if r.Kind == audio.Input {
		create = s.record
	}
	if err := create(ctx, r.ID, uint32(len(s.samples)*sampleSize)); err != nil {
		s.link.close()
		return nil, err
	}
	go s.watch()
	return s, nil
}

// newStream makes a stream of n samples a period, of each channel, that has no link yet.
func newStream(k audio.Kind, channels, n int, io func([]float32)) *stream {
	n *= channels
	return &stream{
		kind: k, width: channels, io: io, moved: make(chan struct{}, 1),
		samples: make([]float32, n),
		out:     make([]byte, headerSize+max(maxFill*channels, n)*sampleSize),
	}
}

// play asks for a loudspeaker. The server divides two periods in half for its hardware and half for its own buffer, less
// what it asks for at once: half a period. Asked for a whole one, nothing would be left, and it would run the hardware at
// half a millisecond. Nothing is buffered ahead (prebuf 0): when we are late, time goes on and what was missed is not
// played later.
//
// Periods of 5, 10 and 20 ms take 7.5, 15 and 30 ms from callback to callback (test/sound). Measured with record on a null sink, periods of 10 ms, from callback to callback, and CPU time of this process and of
// PulseAudio 16: 15 ms at 0.030 and 0.052 of a core; one and a half periods in all 10 ms at 0.042 and 0.076; whole periods
// 17 ms at 0.11 and 0.20; audio/device 7.5 ms at 0.075 to 0.10 and 0.08 to 0.11. In calls,
// four runs of each on a busy machine, mouth to ear is 68 to 83 ms, and 72 to 80 with audio/device; CPU time of a talker
// with noise suppression 0.09 of a core, and 0.19 to 0.22.
func (s *stream) play(ctx context.Context, id string, period uint32) error {
	q := &proto.CreatePlaybackStream{
		SampleSpec: s.format(), ChannelMap: s.places(ctx, id), ChannelVolumes: volumes[:s.width],
		SinkIndex: proto.Undefined, SinkName: id, NoMove: id != "",
		BufferMaxLength: proto.Undefined, BufferTargetLength: 2 * period, BufferMinimumRequest: period / 2 / s.frameSize() * s.frameSize(), AdjustLatency: true,
		Properties: properties(),
	}
	var reply proto.CreatePlaybackStreamReply
	if err := s.link.request(ctx, q, &reply); err != nil {
		return err
	}
	s.index = reply.StreamIndex
	s.latency.Store(int64(s.sum(0, int64(reply.BufferTargetLength)))) // until watch knows better
	return nil
}

// record asks for a microphone that gives a period at a time, and for hardware that does (early requests); a server whose
// hardware is faster for somebody else gives smaller pieces.
func (s *stream) record(ctx context.Context, id string, period uint32) error {
	q := &proto.CreateRecordStream{
		SampleSpec: s.format(), ChannelMap: maps[s.width], ChannelVolumes: volumes[:s.width],
		SourceIndex: proto.Undefined, SourceName: id, NoMove: id != "", DirectOnInputIndex: proto.Undefined,
		BufferMaxLength: proto.Undefined, BufferFragSize: period, EarlyRequests: true,
		Properties: properties(),
	}
	var reply proto.CreateRecordStreamReply
	if err := s.link.request(ctx, q, &reply); err != nil {
		return err
	}
	s.index = reply.StreamIndex
	s.latency.Store(int64(max(s.sum(reply.SourceLatency, 0), s.sum(0, int64(reply.BufferFragSize)))))
	return nil
}

func (s *stream) format() proto.SampleSpec {
	return proto.SampleSpec{Format: proto.FormatFloat32LE, Channels: byte(s.width), Rate: audio.SampleRate}
}

// frameSize is the bytes of a sample of each channel.
func (s *stream) frameSize() uint32 { return uint32(s.width) * sampleSize }

var (
	maps    = [...]proto.ChannelMap{1: {proto.ChannelMono}, 2: {proto.ChannelLeft, proto.ChannelRight}}
	volumes = proto.ChannelVolumes{uint32(proto.VolumeNorm), uint32(proto.VolumeNorm)}
)

// places are where the channels go. A loudspeaker whose channels have no places, as those of studio hardware, would play none of left
// and right: it gets them as its first two.
func (s *stream) places(ctx context.Context, id string) proto.ChannelMap {
	if id == "" {
		id = "@DEFAULT_SINK@"
	}
	var sink proto.GetSinkInfoReply
	if err := s.link.request(ctx, &proto.GetSinkInfo{SinkIndex: proto.Undefined, SinkName: id}, &sink); err == nil && s.width == 2 &&
		slices.Contains(sink.ChannelMap, proto.ChannelAux0) && !slices.Contains(sink.ChannelMap, proto.ChannelLeft) {
		return proto.ChannelMap{proto.ChannelAux0, proto.ChannelAux0 + 1}
	}
	return maps[s.width]
}

func properties() proto.PropList { return proto.PropList{"media.name": proto.PropListString("Parley")} }

// duration is how long so many bytes of sound last.
func (s *stream) duration(bytes int64) time.Duration {
	return time.Duration(bytes/int64(s.frameSize())) * time.Second / audio.SampleRate
}

// data hands a microphone's sound on, a period at a time.
func (s *stream) data(b []byte) {
	if s.kind != audio.Input {
		return
	}
	s.chunk.Store(int64(len(b)))
	for len(b) >= int(s.frameSize()) { // the server sends whole ones
		n := min(len(b)/int(s.frameSize())*s.width, len(s.samples))
		for i := range n {
			s.samples[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[i*sampleSize:]))
		}
		s.io(s.samples[:n])
		b = b[n*sampleSize:]
	}
}

// created fills a loudspeaker's buffer for the first time; later the server asks.
func (s *stream) created(l *link, reply []byte) {
	if s.kind == audio.Output {
		s.fill(l, binary.BigEndian.Uint32(reply[1:]), binary.BigEndian.Uint32(reply[11:])) // the first and the third word
	}
}

func (s *stream) event(l *link, command uint32, values []byte) {
	switch command {
	case proto.OpRequest:
		if s.kind == audio.Output && len(values) == 10 {
			s.fill(l, binary.BigEndian.Uint32(values[1:]), binary.BigEndian.Uint32(values[6:]))
		}
	case proto.OpUnderflow, proto.OpOverflow:
		s.lost.Add(1)
	case proto.OpPlaybackStreamMoved, proto.OpRecordStreamMoved, proto.OpPlaybackBufferAttrChanged, proto.OpRecordBufferAttrChanged:
		select {
		case s.moved <- struct{}{}:
		default:
		}
	}
}

// fill gives the server all that it asks for, since it asks for nothing twice: what it did not get would be missing in its buffer
// for as long as the stream lives, and after a moment in which the server stood still that is more than the buffer holds. Of so
// much only the end is to be heard; the rest is over, and silence does for it.
func (s *stream) fill(l *link, index, bytes uint32) {
	n := int(bytes/s.frameSize()) * s.width
	for ; n > max(maxFill*s.width, len(s.samples)); n -= len(s.samples) {
		frame := s.frame(index, len(s.samples))
		clear(frame[headerSize:])
		if !l.play(frame) {
			return
		}
	}
	if n == 0 {
		return
	}
	frame := s.frame(index, n)
	for at := headerSize; at < len(frame); {
		piece := s.samples[:min(len(s.samples), (len(frame)-at)/sampleSize)]
		s.io(piece)
		for _, v := range piece {
			binary.LittleEndian.PutUint32(frame[at:], math.Float32bits(v))
			at += sampleSize
		}
	}
	l.play(frame)
}

// frame is one with n samples to come.
func (s *stream) frame(index uint32, n int) []byte {
	frame := s.out[:headerSize+n*sampleSize]
	binary.BigEndian.PutUint32(frame, uint32(n*sampleSize))
	binary.BigEndian.PutUint32(frame[4:], index)
	return frame
}

// Underruns implements audio.Counting: the server says each.
func (s *stream) Underruns() uint64 { return s.lost.Load() }

func (s *stream) Latency() time.Duration { return time.Duration(s.latency.Load()) }

// Close waits for a callback that runs; it must not be called from one.
func (s *stream) Close() error {
	s.link.close()
	return nil
}
