package audio

import (
	"log/slog"
	"sync/atomic"
	"time"

	"parley/audio/agc"
	"parley/audio/jitter"
	"parley/audio/mix"
	"parley/audio/vad"
)

// Stream is one remote speaker.
//
//	Push (network) ─► packets ─► pull: jitter buffer ─► decode | recover | conceal ─► merge ─► stretch ─► frames of 10 ms
//	                                                                        comfort noise, where nothing is left ─┘
//
// Push, Repair, Covered and Reset belong to one goroutine, the network's; pull to Playout.run; Stats may be called by anyone.
type Stream struct {
	key   string
	log   *slog.Logger
	start time.Time // zero of playout's clock
	queue packets
	cover atomic.Int32 // packets: see Covered
	epoch uint32       // belongs to Push's goroutine

	// The rest belongs to Playout.run.
	decoder Decoder
	buffer  *jitter.Buffer
	stretch jitter.Stretcher
	merge   jitter.Merger
	past    [jitter.Past]float32 // what was played last
	comfort jitter.Comfort
	seen    uint32        // the epoch that buffer holds
	pcm     []float32     // what was decoded last
	spare   []float32     // where that is stretched to
	block   []float32     // what is stretched, where that is more
	rest    []float32     // the part of either that was not played yet
	hidden  int           // samples concealed in a row
	absent  time.Duration // how long nothing came that could be played, up to comfortFor
	gain    float32       // at the end of pcm: 0 after silence or long concealment
	tail    float32       // the last sample played
	meter   *vad.Meter
	quiet   time.Duration // how long nobody has spoken
	from    float32       // the volume of the last sample

	leveller agc.Leveller
	unspoken time.Duration // how long nobody has spoken, up to prioritySilence
	duck     float32       // 0.25 to 1: what those with priority leave of it

	priority atomic.Bool // a setter of Playout writes it
	side     sides

	volume gauge // 0 to 2; Playout's setters write it
	heard  heard
	stats  streamStats
}

// newStream makes all the memory that the stream will ever need, some 250 KB, and 80 more where there may be a second channel.
func newStream(key string, d Decoder, start time.Time, log *slog.Logger) *Stream {
	s := &Stream{
		key: key, log: log, start: start, decoder: d,
		buffer: jitter.New(jitter.Config{SampleRate: SampleRate, Min: FrameTime / 2, Slots: 64, MaxPayload: MaxPacket}),
		pcm:    make([]float32, 0, 2*MaxPacketSamples),
		spare:  make([]float32, stretchMax+stretchMax/2),
		meter:  vad.NewMeter(), quiet: speakingHold, from: 1, unspoken: prioritySilence, duck: 1,
		block: make([]float32, 0, stretchMax),
		side:  newSides(d),
	}
	s.volume.set(1)
	s.heard.forget()
	s.stats.level.set(mix.Floor)
	return s
}

// Push takes one packet from the network: RTP's sequence number and timestamp (48 kHz), and the payload, which is copied.
// It neither blocks nor allocates.
func (s *Stream) Push(seq uint16, ts uint32, payload []byte, arrived time.Time) {
	if s.push(seq, ts, Own, payload, arrived) {
		s.stats.packets.Add(1)
	}
}

// Source is how a packet came: Own, Redundant or Resent.
type Source = jitter.Source

// The ways that a packet can come.
const (
	Own       = jitter.Own       // by itself
	Redundant = jitter.Redundant // as a copy in a later one (RFC 2198)
	Resent    = jitter.Resent    // once more, because it was asked for (RFC 4585, section 6.2.1)
)

// Repair is Push for a packet that got lost and came by another way.
func (s *Stream) Repair(seq uint16, ts uint32, payload []byte, by Source, arrived time.Time) {
	s.push(seq, ts, by, payload, arrived)
}

func (s *Stream) push(seq uint16, ts uint32, by Source, payload []byte, arrived time.Time) (ok bool) {
	if ok = s.queue.push(seq, ts, by, s.epoch, payload, arrived.Sub(s.start)); !ok {
		s.stats.dropped.Add(1)
	}
	return ok
}

// Covered says how many packets back the copies go that come with packets now: so much longer the jitter buffer waits, where
// packets get lost.
func (s *Stream) Covered(packets int) { s.cover.Store(int32(packets)) }

// Reset says that the packets from here on belong to another stream of the same speaker: a new SSRC, a restart.
func (s *Stream) Reset() { s.epoch++ }

const (
	edge       = SampleRate / 400        // 2.5 ms: long enough that no edge clicks
	fadeFrom   = SampleRate * 60 / 1000  // samples concealed until the fade begins
	fadeTo     = SampleRate * 100 / 1000 // and until nothing is left: the jitter buffer's own patience
	stretchMin = 2 * FrameSize           // a shorter block holds no period of a low voice
	stretchMax = 6 * FrameSize           // what jitter.Stretcher takes
	urgent     = 100 * time.Millisecond  // so far off, the sound is stretched whatever it is like
	// comfortFor is how long there is comfort noise where nothing comes: Opus' own DTX sends a packet each 400 ms. Who has closed a
	// gate, or is muted, is silent soon.
	comfortFor   = 450 * time.Millisecond
	speakingDBFS = -50 // RMS of a frame
	speakingHold = 250 * time.Millisecond
)

// pull fills one frame, whose first sample is heard at the time heard, and tells whether there is anything to hear in it.
func (s *Stream) pull(out []float32, now, heard time.Duration) (sound bool) {
	s.receive(now)
	s.buffer.Turn(duration(len(out)), now)
	whole := true
	for n := 0; n < len(out); {
		if len(s.rest) == 0 && !s.refill(now, n) {
			sound, whole = s.silence(out[n:]) || sound, false
			break
		}
		k := copy(out[n:], s.rest)
		s.remember(out[n : n+k])
		s.side.play(n, k)
		s.rest, n, sound = s.rest[k:], n+k, true
		s.tail = out[n-1]
	}
	if whole && heard != never {
		s.heard.follow(heard+duration(len(out)), s.buffer.Head()-uint32(len(s.rest)))
	} else {
		s.heard.forget()
	}
	s.observe(out)
	if s.absent += duration(len(out)); whole && s.gain == 1 {
		s.absent = 0
	}
	s.absent = min(s.absent, comfortFor)
	return s.comfort.Mix(out, s.absent > 0 && s.absent < comfortFor) || sound // nobody speaks in it, and no meter shows it
}

// remember keeps the last of what is played.
func (s *Stream) remember(pcm []float32) {
	if k := len(s.past) - len(pcm); k > 0 {
		copy(s.past[:], s.past[len(pcm):])
		copy(s.past[k:], pcm)
	} else {
		copy(s.past[:], pcm[-k:])
	}
}

// receive moves what the network brought into the jitter buffer.
func (s *Stream) receive(now time.Duration) {
	for p := s.queue.front(); p != nil; p = s.queue.front() {
		if p.epoch != s.seen {
			s.seen, s.rest, s.comfort = p.epoch, nil, jitter.Comfort{}
			s.buffer.Reset()
			s.side.drop()
		}
		if p.by == Own {
			s.buffer.Push(p.seq, p.ts, p.data, p.arrived)
		} else {
			s.buffer.Repair(p.seq, p.ts, p.data, p.by, p.arrived)
		}
		s.queue.pop()
	}
	if c := s.cover.Load(); c > 0 {
		s.buffer.Covered(int(c), now)
	}
}

// silence lets the last sample fall to zero, so that an end without a fade doesn't click.
func (s *Stream) silence(out []float32) (sound bool) {
	clear(out)
	s.side.silence(len(out))
	sound = s.tail != 0
	for i := range min(edge, len(out)) {
		out[i] = s.tail * (1 - float32(i+1)/edge)
	}
	s.tail, s.gain = 0, 0
	s.remember(out)
	return sound
}

// refill makes sound, stretched or shortened to what the jitter buffer asks for; false if there is nothing to play. So many
// samples of the turn are filled already.
func (s *Stream) refill(now time.Duration, filled int) bool {
	s.pcm, s.side.pcm = s.pcm[:0], s.side.pcm[:0]
	s.buffer.Fill(duration(filled))
	if !s.step(now) {
		return false
	}
	off := s.buffer.Excess()
	// A packet of 10 ms is too short to be stretched by itself: the next one is taken along, a little early, if it is there.
	if off != 0 && len(s.pcm) < stretchMin && s.buffer.Ready() && s.step(s.buffer.Next(duration(len(s.pcm)), now)) {
		off = s.buffer.Excess()
	}
	s.rest = s.fit(off)
	return true
}

// step does what the jitter buffer says and appends the result to pcm.
func (s *Stream) step(now time.Duration) bool {
	step := s.buffer.Pull(now)
	room := s.pcm[len(s.pcm):cap(s.pcm)]
	length := min(step.Samples, MaxPacketSamples)
	switch step.Action {
	case jitter.Decode:
		n, err := s.decoder.Decode(step.Payload, room[:MaxPacketSamples])
		if err != nil || n <= 0 {
			s.failed("decode", err)
			s.conceal(room[:FrameSize])
			return true
		}
		if len(step.Payload) > dtxSize {
			s.comfort.Learn(room[:n])
		}
		s.accept(room[:n], step.Jump)
		s.stats.decoded[step.By].Add(uint64(n))
	case jitter.Recover:
		n, err := s.decoder.Recover(step.Payload, room[:length])
		if err != nil || n <= 0 {
			s.failed("recover", err)
			s.conceal(room[:length])
			return true
		}
		s.accept(room[:n], false)
		s.stats.recovered.Add(uint64(n))
	case jitter.Conceal:
		s.conceal(room[:length])
	default:
		return false
	}
	return true
}

// accept appends real sound. After concealment, and where some was left out, it is joined to what was heard; after silence, or where it
// is too long for that, it fades in.
func (s *Stream) accept(pcm []float32, jump bool) {
	n, from := len(pcm), s.gain
	switch {
	case s.gain > 0 && (s.hidden > 0 || jump) && len(s.pcm) == 0 && n <= stretchMax:
		made := s.merge.Merge(s.past[:], pcm, s.spare, max(samples(s.buffer.Excess()), 0))
		s.stretched(made - n)
		n, from = copy(pcm[:made], s.spare), 0
	case s.gain < 1:
		mix.Scale(pcm[:min(edge, n)], s.gain, 1)
	}
	s.side.add(len(s.pcm), len(pcm), n, edge, from, 1)
	s.gain, s.hidden = 1, 0
	s.pcm = s.pcm[:len(s.pcm)+n]
}

// conceal appends invented sound, which fades away: a decoder left alone hums.
func (s *Stream) conceal(pcm []float32) {
	if n, err := s.decoder.Conceal(pcm); err != nil || n != len(pcm) {
		clear(pcm)
	}
	s.hidden = min(s.hidden+len(pcm), fadeTo)
	to := min(s.gain, float32(fadeTo-s.hidden)/(fadeTo-fadeFrom))
	mix.Scale(pcm, s.gain, to)
	s.side.add(len(s.pcm), len(pcm), len(pcm), len(pcm), s.gain, to)
	s.gain = to
	s.pcm = s.pcm[:len(s.pcm)+len(pcm)]
	s.stats.concealed.Add(uint64(len(pcm)))
}

// fit makes pcm longer or shorter by a pitch period if it is off by so much and the sound allows it.
func (s *Stream) fit(off time.Duration) []float32 {
	n := len(s.pcm)
	if off == 0 || n > stretchMax {
		s.side.keep()
		return s.pcm
	}
	s.stretch.Force, s.stretch.Most = off > urgent || off < -urgent, samples(off.Abs())
	s.stretch.Quiet = s.comfort.Background(s.pcm)
	if off > 0 {
		made := s.stretch.Accelerate(s.pcm, s.spare)
		s.stretched(made - n)
		s.side.stretch(&s.stretch)
		return s.spare[:made]
	}
	// What is inserted goes before the middle, so half of the sound may have been heard already.
	heard := 0
	if n < stretchMin {
		heard = n
	}
	block := append(append(s.block[:0], s.past[len(s.past)-heard:]...), s.pcm...)
	made := s.spare[heard:s.stretch.Expand(block, s.spare)]
	s.stretched(len(made) - n)
	s.side.expand(&s.stretch, heard)
	return made
}

// stretched notes that so many samples were inserted, or below zero removed.
func (s *Stream) stretched(samples int) {
	s.buffer.Stretched(samples)
	s.stats.stretched.Add(int64(samples))
}
