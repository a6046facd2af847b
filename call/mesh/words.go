package mesh

import (
	"slices"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
)

// What Tell and Told go through: one data channel, which both sides know of beforehand.
const (
	maxWord     = 32 << 10  // bytes: a session description with its signature is the longest
	maxWords    = 64        // that wait,
	maxUnsaid   = 256 << 10 // and bytes of them
	maxUnderWay = 64 << 10  // bytes that the channel has, and that have not arrived

	// What the far end may tell: so many at once, and then one in each wordGap; and so many bytes, and then so many a second.
	maxTold  = 40
	wordGap  = 50 * time.Millisecond
	maxHeap  = 256 << 10
	heapRate = 64 << 10

	farewell = 100 * time.Millisecond // the longest that Close waits for words to arrive
)

// words are on their way to the far end.
type words struct {
	channel *webrtc.DataChannel // set by setUp
	stir    chan struct{}       // capacity 1: the channel is open now, or what was said has arrived

	mu      sync.Mutex
	waiting [][]byte
	bytes   int // of all that waits
}

func newWords() *words { return &words{stir: make(chan struct{}, 1)} }

// put takes a copy, and reports whether it could. Where there is no room, the oldest go.
func (w *words) put(text []byte) bool {
	if len(text) == 0 || len(text) > maxWord {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.waiting) == maxWords || w.bytes+len(text) > maxUnsaid {
		w.nextLocked()
	}
	w.waiting = append(w.waiting, slices.Clone(text))
	w.bytes += len(text)
	return true
}

// take returns the next one, if any.
func (w *words) take() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.nextLocked()
}

func (w *words) nextLocked() []byte {
	if len(w.waiting) == 0 {
		return nil
	}
	text := w.waiting[0]
	w.waiting = slices.Delete(w.waiting, 0, 1)
	w.bytes -= len(text)
	return text
}

func (w *words) wait() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.waiting) > 0
}

// openWords makes the data channel.
func (p *peer) openWords() error {
	negotiated, id := true, uint16(0)
	channel, err := p.pc.CreateDataChannel("parley", &webrtc.DataChannelInit{Negotiated: &negotiated, ID: &id})
	if err != nil {
		return err
	}
	w := p.words
	w.channel = channel
	channel.OnOpen(func() {
		poke(w.stir)
		p.enqueue(p.sayWords)
	})
	channel.OnBufferedAmountLow(func() {
		poke(w.stir)
		p.enqueue(p.sayWords)
	})
	allowance := newAllowance(time.Now())
	channel.OnMessage(func(k webrtc.DataChannelMessage) { p.listen(k.Data, allowance) })
	return nil
}

// listen takes what the far end tells, once it is trusted: until then it waits, and all else in the channel behind it.
func (p *peer) listen(data []byte, a *allowance) {
	select {
	case <-p.trusted:
	case <-p.closing:
		return
	}
	if len(data) > 0 && len(data) <= maxWord && a.take(time.Now(), len(data)) {
		p.enqueue(func() { p.post(Told{p.id, data}) }) // after Connected
	}
}

// allowance bounds what the far end may tell. Of the channel's reader.
type allowance struct {
	left  int // words
	room  int // bytes
	last  time.Time
	since time.Time // that bytes were given
}

func newAllowance(now time.Time) *allowance { return &allowance{maxTold, maxHeap, now, now} }

func (a *allowance) take(now time.Time, size int) bool {
	if more := int(now.Sub(a.last) / wordGap); more > 0 {
		a.left, a.last = min(a.left+more, maxTold), now
	}
	if past := min(now.Sub(a.since), time.Hour); past >= wordGap {
		a.room, a.since = min(a.room+int(past*heapRate/time.Second), maxHeap), now
	}
	if a.left == 0 || a.room < size {
		return false
	}
	a.left--
	a.room -= size
	return true
}

// sayWords sends what waits, if it can be sent by now.
func (p *peer) sayWords() {
	w := p.words
	if !p.isTrusted() || w.channel.ReadyState() != webrtc.DataChannelStateOpen {
		return
	}
	for w.channel.BufferedAmount() < maxUnderWay {
		text := w.take()
		if text == nil {
			return
		}
		if err := w.channel.SendText(string(text)); err != nil {
			p.log.Debug("words not sent", "err", err)
		}
	}
}

// partWords lets the last words arrive before the connection is closed.
func (p *peer) partWords() {
	w := p.words
	if w.channel == nil || !p.isTrusted() {
		return
	}
	over := time.NewTimer(farewell)
	defer over.Stop()
	for {
		p.sayWords()
		switch w.channel.ReadyState() {
		case webrtc.DataChannelStateClosing, webrtc.DataChannelStateClosed:
			return
		}
		if !w.wait() && w.channel.BufferedAmount() == 0 {
			return
		}
		select {
		case <-w.stir:
		case <-over.C:
			return
		}
	}
}
