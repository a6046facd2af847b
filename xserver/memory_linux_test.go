package xserver

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"os"
	"testing"

	"github.com/jezek/xgb"
	"golang.org/x/sys/unix"
)

// The numbers of requests.
const (
	getInputFocus = 43
	shmCode       = 130 // as this server has it
	shmAttach     = 1
	shmDetach     = 2
)

// server is as much of an X server as memory needs. attach is told the number of what is to be attached.
type server struct {
	attach   func(number int)
	detached int
}

// connect connects to one that has MIT-SHM.
func (s *server) connect(t *testing.T) *xgb.Conn {
	t.Helper()
	t.Setenv("XAUTHORITY", os.DevNull)
	xgb.Logger.SetOutput(io.Discard)
	ours, theirs := net.Pipe()
	go s.serve(theirs)
	conn, err := xgb.NewConnNet(ours)
	if err != nil {
		t.Fatal(err)
	}
	conn.Extensions["MIT-SHM"] = shmCode
	t.Cleanup(conn.Close)
	return conn
}

// serve answers as the X11 protocol has it: a setup, and the current sequence number to who asks for the focus.
func (s *server) serve(c net.Conn) {
	defer c.Close()
	hello := make([]byte, 12)
	if _, err := io.ReadFull(c, hello); err != nil {
		return
	}
	setup := make([]byte, 40)
	copy(setup, []byte{1, 0, 11, 0, 0, 0, 8, 0})
	binary.LittleEndian.PutUint32(setup[16:], 0x1FFFFF) // what may be an id
	if _, err := c.Write(setup); err != nil {
		return
	}
	for sequence := uint16(1); ; sequence++ {
		head := make([]byte, 4)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		body := make([]byte, 4*int(binary.LittleEndian.Uint16(head[2:]))-4)
		if _, err := io.ReadFull(c, body); err != nil {
			return
		}
		switch {
		case head[0] == getInputFocus:
			reply := make([]byte, 32)
			reply[0] = 1
			binary.LittleEndian.PutUint16(reply[2:], sequence)
			if _, err := c.Write(reply); err != nil {
				return
			}
		case head[0] == shmCode && head[1] == shmAttach:
			s.attach(int(binary.LittleEndian.Uint32(body[4:])))
		case head[0] == shmCode && head[1] == shmDetach:
			s.detached++
		}
	}
}

// mapped counts the shared memory that this process has.
func mapped(t *testing.T) int {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(maps, []byte("/SYSV"))
}

// What one side writes the other reads, and it is gone when both have let go of it.
func TestShare(t *testing.T) {
	var theirs []byte
	var number int
	s := &server{attach: func(n int) {
		number = n
		theirs, _ = unix.SysvShmAttach(n, 0, 0)
	}}
	conn := s.connect(t)
	m, err := Share(conn, 10_000, true)
	if err != nil || len(m.Bytes) != 10_000 || m.ID == 0 {
		t.Fatalf("%d bytes, %v", len(m.Bytes), err)
	}
	if theirs[9_999] = 7; m.Bytes[9_999] != 7 {
		t.Error("it is not the same")
	}
	m.Free(conn)
	conn.Sync()
	if m.ID != 0 || m.Bytes != nil || s.detached != 1 || holders(number) != 1 {
		t.Errorf("%+v, detached %d times, %d holders", m, s.detached, holders(number))
	}
	if err := unix.SysvShmDetach(theirs); err != nil {
		t.Fatal(err)
	}
	if n := holders(number); n != 0 || mapped(t) != 0 {
		t.Errorf("%d holders, %d mapped", n, mapped(t))
	}
}

// A server that has other memory of that number shares none with us, and lets go of it.
func TestShareOther(t *testing.T) {
	s := &server{attach: func(int) {}}
	conn := s.connect(t)
	if m, err := Share(conn, 10_000, false); err == nil || m.ID != 0 || m.Bytes != nil {
		t.Errorf("%+v, %v", m, err)
	}
	conn.Sync()
	if s.detached != 1 || mapped(t) != 0 {
		t.Errorf("detached %d times, %d mapped", s.detached, mapped(t))
	}
}
