package wire

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"time"
)

// pieces is a connection that hands its bytes out as they are cut.
type pieces struct {
	net.Conn
	parts [][]byte
}

func (p *pieces) SetReadDeadline(time.Time) error { return nil }

func (p *pieces) Read(b []byte) (int, error) {
	for len(p.parts) > 0 && len(p.parts[0]) == 0 {
		p.parts = p.parts[1:]
	}
	if len(p.parts) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.parts[0])
	p.parts[0] = p.parts[0][n:]
	return n, nil
}

// cut cuts data into pieces of at most max bytes.
func cut(data []byte, limit int, rng *rand.Rand) (parts [][]byte) {
	for len(data) > 0 {
		n := min(len(data), 1+rng.IntN(limit))
		parts, data = append(parts, data[:n:n]), data[n:]
	}
	return parts
}

var (
	someNonce = bytes.Repeat([]byte{7}, nonceSize)
	someHello = RelayHello([]byte("twelve bytes"), someNonce)
	someData  = []byte{0x40, 1, 0, 5, 'h', 'e', 'l', 'l', 'o', 0, 0, 0}
)

// However the bytes come, the frames are those that were sent.
func TestFrames(t *testing.T) {
	largest := append([]byte{0x4f, 0xff, (MaxFrame - 4) >> 8, (MaxFrame - 4) & 0xff}, make([]byte, MaxFrame-4)...)
	frames := [][]byte{someHello, someData, {0x40, 0, 0, 0}, largest, someHello, someHello}
	rng := rand.New(rand.NewPCG(1, 1))
	for _, limit := range []int{1, 3, 40, 3000} {
		f := NewFrames(&pieces{parts: cut(bytes.Join(frames, nil), limit, rng)}, time.Minute)
		buf := make([]byte, MaxFrame)
		for i, want := range frames {
			if n, err := f.Read(buf); err != nil || !bytes.Equal(buf[:n], want) {
				t.Fatalf("pieces of %d, frame %d: %x %v", limit, i, buf[:n], err)
			}
		}
		if _, err := f.Read(buf); !errors.Is(err, io.EOF) {
			t.Errorf("at the end: %v", err)
		}
	}
	for name, bad := range map[string][]byte{
		"HTTP": []byte("PUT / HTTP/1.1"), "TLS": {0x16, 3, 1, 0, 9, 1, 0, 0}, "no cookie": make([]byte, 20), "a byte over": {0x40, 0, (MaxFrame - 3) >> 8, (MaxFrame - 3) & 0xff}, "64 KiB": {0, 1, 0xff, 0xfc, 0x21, 0x12, 0xa4, 0x42},
	} {
		if _, err := NewFrames(&pieces{parts: [][]byte{bad}}, 0).Read(make([]byte, 2*MaxFrame)); !errors.Is(err, ErrFrame) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewFrames(&pieces{parts: [][]byte{someData}}, 0).Read(make([]byte, 4)); !errors.Is(err, ErrFrame) {
		t.Errorf("no room: %v", err)
	}
}

// Half a frame ends by patience, no frame by the limit, and either by itself.
func TestFramesInTime(t *testing.T) {
	for name, c := range map[string]struct {
		sent     []byte
		limit    time.Duration
		patience time.Duration
	}{
		"half a frame":              {someHello[:9], 0, 20 * time.Millisecond},
		"a byte":                    {someHello[:1], time.Hour, 20 * time.Millisecond},
		"nothing":                   {nil, 20 * time.Millisecond, time.Hour},
		"half a frame at the limit": {someHello[:9], 20 * time.Millisecond, time.Hour},
	} {
		here, there := net.Pipe()
		f := NewFrames(here, c.patience)
		if c.limit > 0 {
			f.Limit(time.Now().Add(c.limit))
		}
		go func() { _, _ = there.Write(c.sent) }()
		if _, err := f.Read(make([]byte, MaxFrame)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		here.Close()
		there.Close()
	}
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	f := NewFrames(here, time.Nanosecond) // a frame that is there as a whole needs no patience
	f.Limit(time.Now().Add(time.Hour))
	go func() {
		f.Limit(time.Time{})
		_, _ = there.Write(someData)
	}()
	if _, err := f.Read(make([]byte, MaxFrame)); err != nil {
		t.Errorf("a whole frame: %v", err)
	}
}

// A proof is of the request that it answers, and nothing else is taken for one.
func TestRelayMessages(t *testing.T) {
	signature := bytes.Repeat([]byte{9}, signatureSize)
	proof := RelayProof(someHello, signature)
	if !bytes.Equal(RelayNonce(someHello), someNonce) || !bytes.Equal(RelaySignature(someHello, proof), signature) {
		t.Error("what was put in does not come out")
	}
	if RelayNonce(proof) != nil || RelaySignature(someHello, someHello) != nil || RelaySignature(RelayHello([]byte("another four"), someNonce), proof) != nil {
		t.Error("one is taken for another")
	}
	for i := range someHello {
		bad := bytes.Clone(someHello)
		bad[i] ^= 0x80
		id, value := i >= 8 && i < stunHeader, i >= stunHeader+attrHeader
		if got := RelayNonce(bad); (got != nil) != (id || value) {
			t.Errorf("changed at %d: %x", i, got)
		}
	}
	for _, bad := range [][]byte{nil, {}, someHello[:len(someHello)-1], append(bytes.Clone(someHello), 0)} {
		if RelayNonce(bad) != nil || RelaySignature(someHello, bad) != nil {
			t.Errorf("%d bytes", len(bad))
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add(someHello, uint8(3))
	f.Add(bytes.Join([][]byte{someData, someHello, someData[:7]}, nil), uint8(1))
	f.Add([]byte("GET / HTTP/1.1"), uint8(9))
	f.Fuzz(func(t *testing.T, data []byte, size uint8) {
		frames := NewFrames(&pieces{parts: cut(bytes.Clone(data), 1+int(size), rand.New(rand.NewPCG(uint64(size), 0)))}, 0)
		buf := make([]byte, MaxFrame)
		var got []byte
		for {
			n, err := frames.Read(buf)
			if err != nil {
				break
			}
			if n < 4 || n > MaxFrame || n != frameSize(buf) {
				t.Fatalf("a frame of %d bytes: %x", n, buf[:n])
			}
			RelayNonce(buf[:n])
			RelaySignature(someHello, buf[:n])
			got = append(got, buf[:n]...)
		}
		if !bytes.HasPrefix(data, got) {
			t.Fatalf("%x of %x", got, data)
		}
	})
}
