package test

import (
	"context"
	"crypto/rand"
	"io"
	"math"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
	"parley/audio/pulse"
	"parley/test/lab"
)

// soundServer starts a sound server for one person, and points this process at it. The server is the caller's to close.
func soundServer(t *testing.T) *lab.Pulse {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	p, err := lab.StartPulse(ctx, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	for _, pair := range p.Env() {
		name, value, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "PULSE_") {
			t.Setenv(name, value)
		}
	}
	return p
}

func pulseBackend(t *testing.T) *pulse.Backend {
	t.Helper()
	b, err := pulse.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// openPulse opens a device and returns a channel that is told of callbacks.
func openPulse(t *testing.T, b audio.Backend, r audio.Request, use func([]float32)) (audio.Device, <-chan struct{}) {
	t.Helper()
	called := make(chan struct{}, 1)
	d, err := b.Open(r, func(buf []float32) {
		use(buf)
		select {
		case called <- struct{}{}:
		default:
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, called
}

func awaitCall(t *testing.T, called <-chan struct{}) {
	t.Helper()
	select {
	case <-called:
	case <-time.After(10 * time.Second):
		t.Fatal("a device that is open is not called")
	}
}

// noLeaks fails the test if goroutines are left over at its end.
func noLeaks(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
			if time.Now().After(deadline) {
				buf := make([]byte, 1<<16)
				t.Fatalf("%d goroutines, %d before\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
			}
		}
	})
}

// TestPulseLoop: what is played into a null sink comes back from its monitor, whole and as loud.
func TestPulseLoop(t *testing.T) {
	soundServer(t)
	noLeaks(t)
	b := pulseBackend(t)
	said := audiotest.PinkNoise(5, 5*second)
	heard := make([]float32, 0, 8*second)
	full := make(chan struct{})
	mic, _ := openPulse(t, b, audio.Request{Kind: audio.Input, ID: "mic_a"}, func(buf []float32) {
		if len(heard) < 7*second {
			if heard = append(heard, buf...); len(heard) >= 7*second {
				close(full)
			}
		}
	})
	at := 0
	speaker, _ := openPulse(t, b, audio.Request{Kind: audio.Output, ID: "inj_a"}, func(buf []float32) {
		clear(buf)
		at += copy(buf, said[min(at, len(said)):])
	})
	select {
	case <-full:
	case <-time.After(30 * time.Second):
		t.Fatal("seven seconds of sound don't come")
	}
	if in, out := mic.Latency(), speaker.Latency(); in < 0 || in > time.Second || out <= 0 || out > time.Second {
		t.Errorf("latency %v and %v", in, out)
	}
	mic.Close()
	speaker.Close()
	lag := audiotest.Align(said, heard, len(heard)-len(said))
	median, all := audiotest.WindowedSISDR(said, heard[lag:], second, second/10)
	if !(median >= 30) {
		t.Errorf("SI-SDR %.1f dB in the median of %.1f", median, all)
	}
	in, out := audiotest.LevelDBFS(said), audiotest.LevelDBFS(heard[lag:lag+len(said)])
	if math.Abs(in-out) > 1 {
		t.Errorf("level %.1f dBFS, played at %.1f", out, in)
	}
}

// TestPulseStall: after a moment in which the sound server stood still, what is played is heard again. The server then asks at once
// for all that the moment would have needed, and asks for none of it a second time.
func TestPulseStall(t *testing.T) {
	p := soundServer(t)
	b := pulseBackend(t)
	said := audiotest.PinkNoise(6, second)
	at := 0
	_, called := openPulse(t, b, audio.Request{Kind: audio.Output, ID: "inj_a"}, func(buf []float32) {
		for i := range buf {
			buf[i], at = said[at], (at+1)%len(said)
		}
	})
	play := func() {
		for range 50 {
			awaitCall(t, called)
		}
	}
	signal := func(s syscall.Signal) {
		if err := syscall.Kill(p.PID(), s); err != nil {
			t.Fatal(err)
		}
	}
	play()
	signal(syscall.SIGSTOP)
	<-time.After(500 * time.Millisecond)
	signal(syscall.SIGCONT)
	play()
	heard := make([]float32, 0, 2*second)
	full := make(chan struct{})
	openPulse(t, b, audio.Request{Kind: audio.Input, ID: "mic_a"}, func(buf []float32) {
		if len(heard) < second {
			if heard = append(heard, buf...); len(heard) >= second {
				close(full)
			}
		}
	})
	select {
	case <-full:
	case <-time.After(10 * time.Second):
		t.Fatal("the microphone gives nothing")
	}
	if was, is := audiotest.LevelDBFS(said), audiotest.LevelDBFS(heard[:second]); is < was-3 {
		t.Errorf("%.1f dBFS is heard after it, %.1f was said", is, was)
	}
}

// TestPulseDevices: names, defaults and monitors; what is not there does not open.
func TestPulseDevices(t *testing.T) {
	p := soundServer(t)
	noLeaks(t)
	b := pulseBackend(t)
	find := func(kind audio.Kind, id string) audio.Info {
		t.Helper()
		list, err := b.Devices()
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			if d.Kind == kind && d.ID == id {
				return d
			}
		}
		t.Fatalf("no %s in %+v", id, list)
		return audio.Info{}
	}
	if d := find(audio.Output, "spk_a"); !d.Default || d.Monitor || d.Name != "spk_a" {
		t.Errorf("%+v", d)
	}
	if d := find(audio.Input, "mic_a"); !d.Default || d.Monitor {
		t.Errorf("%+v", d)
	}
	if d := find(audio.Input, "bus.monitor"); d.Default || !d.Monitor {
		t.Errorf("%+v", d)
	}
	if err := p.SetDefault(t.Context(), "inj_a"); err != nil {
		t.Fatal(err)
	}
	if !find(audio.Output, "inj_a").Default || find(audio.Output, "spk_a").Default {
		t.Error("the default has not changed")
	}
	for _, id := range []string{"nowhere", strings.Repeat("x", 1000), "a\x00b"} {
		if _, err := b.Open(audio.Request{Kind: audio.Output, ID: id}, func([]float32) {}); err == nil {
			t.Errorf("%.10q opens", id)
		}
	}
	if _, err := b.Devices(); err != nil {
		t.Error("after a refusal:", err)
	}
}

// TestPulseUnplugged: a named device whose hardware goes away closes at once; one that follows the system plays on.
func TestPulseUnplugged(t *testing.T) {
	p := soundServer(t)
	noLeaks(t)
	b := pulseBackend(t)
	pinned, called := openPulse(t, b, audio.Request{Kind: audio.Output, ID: "spk_a"}, func([]float32) {})
	free, freeCalled := openPulse(t, b, audio.Request{Kind: audio.Output}, func([]float32) {})
	awaitCall(t, called)
	awaitCall(t, freeCalled)
	if err := p.Unplug(t.Context(), "spk_a"); err != nil {
		t.Fatal(err)
	}
	closeSoon(t, pinned)
	for range 20 { // more than what may have been on its way
		awaitCall(t, freeCalled)
	}
	closeSoon(t, free)
}

func closeSoon(t *testing.T, d audio.Device) {
	t.Helper()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		d.Close()
	}()
	select {
	case <-closed:
	case <-time.After(5 * time.Second):
		t.Fatal("Close hangs")
	}
}

// TestPulseRestarts: the server dies under open devices; the backend finds the next one.
func TestPulseRestarts(t *testing.T) {
	p := soundServer(t)
	noLeaks(t)
	b := pulseBackend(t)
	var closed atomic.Bool
	mic, called := openPulse(t, b, audio.Request{Kind: audio.Input, ID: "mic_a"}, func([]float32) {
		if closed.Load() {
			t.Error("called after Close")
		}
	})
	awaitCall(t, called)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Devices(); err == nil {
		t.Error("a dead server lists devices")
	}
	closeSoon(t, mic)
	closed.Store(true)
	soundServer(t) // elsewhere, which the environment tells
	if list, err := b.Devices(); err != nil || len(list) == 0 {
		t.Fatalf("%v, %v", list, err)
	}
	_, called = openPulse(t, b, audio.Request{Kind: audio.Input, ID: "mic_a"}, func([]float32) {})
	awaitCall(t, called)
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if _, err := b.Devices(); err == nil {
		t.Error("a closed backend lists devices")
	}
}

// TestPulseImpostors: what is not a sound server is given up within two seconds.
func TestPulseImpostors(t *testing.T) {
	noLeaks(t)
	for name, serve := range map[string]func(net.Conn){
		"silence": func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"hang up": func(net.Conn) {},
		"noise":   func(c net.Conn) { _, _ = io.CopyN(c, rand.Reader, 1<<20) },
		"endless reply": func(c net.Conn) {
			_, _ = c.Write([]byte{0, 0x10, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'L'})
			_, _ = io.Copy(io.Discard, c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			socket := filepath.Join(t.TempDir(), "native")
			l, err := net.Listen("unix", socket)
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					serve(c)
					c.Close()
				}
			}()
			t.Setenv("PULSE_SERVER", "unix:"+socket)
			failed := make(chan error, 1)
			go func() {
				_, err := pulse.New(nil)
				failed <- err
			}()
			select {
			case err := <-failed:
				if err == nil {
					t.Error("this is taken for a sound server")
				}
			case <-time.After(2 * time.Second):
				t.Error("not given up after two seconds")
			}
			l.Close()
			<-done
		})
	}
}
