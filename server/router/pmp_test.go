package router

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// gate answers NAT-PMP on loopback. answer gets a request and returns what to send, nil for nothing.
func gate(t *testing.T, answer func(request []byte) []byte) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", net.JoinHostPort(loop.gateway.String(), strconv.Itoa(portPMP)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 64)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if b := answer(buf[:n]); b != nil {
				_, _ = conn.WriteTo(b, from)
			}
		}
	}()
}

// address answers a request for the address outside (RFC 6886, section 3.2).
func address(code uint16) []byte {
	b := []byte{0, 128, 0, 0, 0, 0, 0, 9, 8, 8, 4, 4}
	binary.BigEndian.PutUint16(b[2:], code)
	return b
}

// mapped answers a request for a mapping (section 3.3).
func mapped(op byte, code, inside, outside uint16, life uint32) []byte {
	b := []byte{0, 128 + op, 0, 0, 0, 0, 0, 9}
	binary.BigEndian.PutUint16(b[2:], code)
	b = binary.BigEndian.AppendUint16(b, inside)
	b = binary.BigEndian.AppendUint16(b, outside)
	return binary.BigEndian.AppendUint32(b, life)
}

func TestPMP(t *testing.T) {
	requests := make(chan []byte, 10)
	gate(t, func(r []byte) []byte {
		if r[1] == 0 {
			return address(0)
		}
		requests <- bytes.Clone(r)
		return mapped(r[1], 0, binary.BigEndian.Uint16(r[4:]), binary.BigEndian.Uint16(r[6:])+2, binary.BigEndian.Uint32(r[8:])/2)
	})
	p, err := findPMP(t.Context(), loop)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := p.external(t.Context()); err != nil || a != world {
		t.Errorf("%v %v", a, err)
	}
	outside, life, err := p.open(t.Context(), ports[0], 7440)
	asked := <-requests
	if err != nil || outside != 7442 || life != lease/2 || asked[1] != 2 {
		t.Errorf("%d %v %v, asked %v", outside, life, err, asked)
	}
	err = p.shut(t.Context(), Mapping{ports[1], 7442})
	asked = <-requests
	if err != nil || asked[1] != 1 || binary.BigEndian.Uint32(asked[8:]) != 0 || binary.BigEndian.Uint16(asked[4:]) != 7440 {
		t.Errorf("%v, asked %v", err, asked)
	}
}

func TestBadPMP(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(op byte) []byte
		want   error // of a kind; nil: any
	}{
		"refused":        {func(op byte) []byte { return mapped(op, 2, 7440, 7440, 60) }, &answerError{}},
		"an odd code":    {func(op byte) []byte { return mapped(op, 77, 7440, 7440, 60) }, &answerError{}},
		"another port":   {func(op byte) []byte { return mapped(op, 0, 22, 7440, 60) }, errNonsense},
		"no port":        {func(op byte) []byte { return mapped(op, 0, 7440, 0, 60) }, errNonsense},
		"no life":        {func(op byte) []byte { return mapped(op, 0, 7440, 7440, 0) }, errNonsense},
		"another answer": {func(byte) []byte { return address(0) }, nil},
		"short":          {func(byte) []byte { return []byte{0} }, nil},
		"long":           {func(op byte) []byte { return append(mapped(op, 0, 7440, 7440, 60), 1, 2, 3) }, nil},
		"empty":          {func(byte) []byte { return []byte{} }, nil},
		"a newer one":    {func(op byte) []byte { return append([]byte{2}, mapped(op, 0, 7440, 7440, 60)[1:]...) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			gate(t, func(r []byte) []byte {
				if r[1] == 0 {
					return address(0)
				}
				return tt.answer(r[1])
			})
			p, err := findPMP(t.Context(), loop)
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = p.open(t.Context(), ports[0], 7440)
			var answer *answerError
			refused := errors.As(err, &answer)
			if name == "long" { // what is over is cut off by the socket
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || tt.want == errNonsense && !errors.Is(err, errNonsense) || tt.want != nil && tt.want != errNonsense && !refused {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

// Nobody there is known in no time, a router that says no is one, and a silent one costs less than a second.
func TestNoPMP(t *testing.T) {
	if _, err := findPMP(t.Context(), loop); err == nil {
		t.Error("nobody was found")
	}
	var code atomic.Uint32
	code.Store(3)
	answered := make(chan struct{}, 100)
	gate(t, func([]byte) []byte {
		answered <- struct{}{}
		if code.Load() == 0 {
			return nil
		}
		return address(uint16(code.Load()))
	})
	if _, err := findPMP(t.Context(), loop); err != nil {
		t.Errorf("refused: %v", err)
	}
	code.Store(0)
	start := time.Now()
	if _, err := findPMP(t.Context(), loop); err == nil || len(answered) < 2 {
		t.Errorf("silence: %v, asked %d times", err, len(answered))
	}
	if d := time.Since(start); d > 30*patiencePMP {
		t.Errorf("silence took %v", d)
	}
}
