package mesh

import (
	"slices"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
)

// What Tell and Told go through: one data channel, which both sides know of beforehand.
const (
	maxWord  = 1 << 10 // bytes
	maxWords = 32      // that wait

	// What the far end may tell: so many at once, and then one in each wordGap.
	maxTold = 40
	wordGap = 50 * time.Millisecond

	farewell = 100 * time.Millisecond // the longest that Close waits for words to arrive
)

// words are on their way to the far end.
type words struct {
	channel *webrtc.DataChannel // set by setUp
	stir    chan struct{}       // capacity 1: the channel is open now, or what was said has arrived

	mu      sync.Mutex
	waiting [][]byte
}

func newWords() *words { return &words{stir: make(chan struct{}, 1)} }

// put takes a copy, and reports whether it could.
func (w *words) put(text []byte) bool {
	if len(text) == 0 || len(text) > maxWord {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) == maxWords {
		w.waiting = slices.Delete(w.waiting, 0, 1)
	}
	w.waiting = append(w.waiting, slices.Clone(text))
	return true
}

// take returns the next one, if any.
func (w *words) take() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) == 0 {
		return nil
	}
	text := w.waiting[0]
	w.waiting = slices.Delete(w.waiting, 0, 1)
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
	channel.OnBufferedAmountLow(func() { poke(w.stir) })
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
	if len(data) > 0 && len(data) <= maxWord && a.take(time.Now()) {
		p.enqueue(func() { p.post(Told{p.id, data}) }) // after Connected
	}
}

// allowance bounds what the far end may tell. Of the channel's reader.
type allowance struct {
	left int
	last time.Time
}

func newAllowance(now time.Time) *allowance { return &allowance{maxTold, now} }

func (a *allowance) take(now time.Time) bool {
	if more := int(now.Sub(a.last) / wordGap); more > 0 {
		a.left, a.last = min(a.left+more, maxTold), now
	}
	if a.left == 0 {
		return false
	}
	a.left--
	return true
}

// sayWords sends what waits, if it can be sent by now.
func (p *peer) sayWords() {
	w := p.words
	if !p.isTrusted() || w.channel.ReadyState() != webrtc.DataChannelStateOpen {
		return
	}
	for w.channel.BufferedAmount() < maxWords*maxWord {
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
