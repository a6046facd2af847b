package device

import (
	"testing"
	"time"
	"unsafe"

	"parley/audio"
)

// The null backend has a clock and no sound card: both directions are called with whole samples, and not after Close.
func TestNullBackend(t *testing.T) {
	b, err := NewNull(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	list, err := b.Devices()
	if err != nil || len(list) != 2 || list[0].Kind == list[1].Kind {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, info := range list {
		for _, id := range []string{"", info.ID} {
			samples := make(chan int, 64)
			closed := false
			d, err := b.Open(audio.Request{Kind: info.Kind, ID: id, Period: 10 * time.Millisecond}, func(buf []float32) {
				if closed { // not raced: Close joins the thread
					t.Error("called after Close")
				}
				select {
				case samples <- len(buf):
				default:
				}
			})
			if err != nil {
				t.Fatalf("open %+v by %q: %v", info, id, err)
			}
			for range 3 {
				if n := <-samples; n <= 0 || n > audio.SampleRate/5 {
					t.Errorf("%d samples in one callback", n)
				}
			}
			if d.Latency() <= 0 {
				t.Error("no latency")
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			closed = true
			if err := d.Close(); err != nil {
				t.Error("second close:", err)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	b, err := NewNull(nil)
	if err != nil {
		t.Fatal(err)
	}
	nothing := func([]float32) {}
	for _, id := range []string{"hex:zz", string(make([]byte, 1000))} {
		if _, err := b.Open(audio.Request{Kind: audio.Output, ID: id}, nothing); err == nil {
			t.Errorf("%.10q opened", id)
		}
	}
	// A device outlives its backend, so that the order of closing does not matter.
	d, err := b.Open(audio.Request{Kind: audio.Output}, nothing)
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	b.Close()
	if _, err := b.Devices(); err == nil {
		t.Error("a closed backend lists devices")
	}
	if _, err := b.Open(audio.Request{Kind: audio.Output}, nothing); err == nil {
		t.Error("a closed backend opens")
	}
	d.Close()
}

// A connection that is replaced is freed with its last device.
func TestReconnect(t *testing.T) {
	b, err := NewNull(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	d, err := b.Open(audio.Request{Kind: audio.Input}, func([]float32) {})
	if err != nil {
		t.Fatal(err)
	}
	old, _ := b.acquire()
	fresh, err := b.reconnect(old)
	if err != nil || fresh == old || b.system != fresh {
		t.Fatal(err)
	}
	b.release(fresh)
	if old.refs != 2 { // the device's and ours
		t.Errorf("%d references to the old connection", old.refs)
	}
	d.Close()
	b.release(old)
	if old.refs != 0 || b.system.refs != 1 {
		t.Errorf("references: old %d, new %d", old.refs, b.system.refs)
	}
}

func TestIdentifiers(t *testing.T) {
	for _, id := range []string{"alsa_output.pci-0000_00_1f.3.analog-stereo", "mic_a", "hw:1,0", "hex:010203ff", "Ω"} {
		raw, ok := idBytes(id)
		if !ok || idString(raw) != id {
			t.Errorf("%q became %q", id, idString(raw))
		}
	}
	var zero, binary [256]byte
	copy(binary[:], "a\x00b")
	for _, raw := range [][256]byte{zero, binary} {
		if got, ok := idBytes(idString(raw)); !ok || got != raw {
			t.Errorf("%v is lost in %q", raw[:4], idString(raw))
		}
	}
}

// Memory that a driver hands out may start at any byte.
func TestUnalignedMemory(t *testing.T) {
	const n = audio.FrameSize + 100
	store := make([]float32, n+1)
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(&store[0])), (n+1)*sampleSize)
	for shift := range 4 {
		b := bytes[shift : shift+n*sampleSize]
		next := float32(0)
		w := &adapter{io: func(buf []float32) {
			for i := range buf {
				buf[i] = next
				next++
			}
		}}
		w.data(b, nil, n)
		want := float32(0)
		r := &adapter{io: func(buf []float32) {
			for _, v := range buf {
				if v != want {
					t.Fatalf("shift %d: %v, want %v", shift, v, want)
				}
				want++
			}
		}}
		r.data(nil, b, n)
		if want != n {
			t.Errorf("shift %d: %v samples", shift, want)
		}
		if a := testing.AllocsPerRun(10, func() { want = 0; r.data(nil, b, n) }); a != 0 {
			t.Errorf("%v allocations", a)
		}
	}
}
