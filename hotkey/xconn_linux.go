package hotkey

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// xconn is as much of an X client as hearing keys needs (X Window System Protocol, version 11; XI2proto.txt of the X Input Extension
// 2). jezek/xgb, which the rest of the tree uses, reads every event as 32 bytes, and those of XInput2 are longer: after the first
// one it would take what follows for something else.
type xconn struct {
	net      net.Conn
	sequence uint16 // of the last request
	root     uint32
	input    byte // XInput2's opcode; 0: the server has none
	messages chan []byte
	why      error // why messages is closed
}

const (
	patience   = 2 * time.Second // with a server that does not answer
	maxMessage = 1 << 16         // far more than any that can be meant for us
)

// The requests and messages, by their numbers in the protocols.
const (
	queryPointer   = 38
	queryKeymap    = 44
	queryExtension = 98

	xiQueryPointer = 40
	xiSelectEvents = 46
	xiQueryVersion = 47

	isError      = 0
	isReply      = 1
	genericEvent = 35

	rawKeyPress      = 13
	rawKeyRelease    = 14
	rawButtonPress   = 15
	rawButtonRelease = 16

	allMasters    = 1 // XIAllMasterDevices: all that moves the pointer and writes, each event once
	masterPointer = 2 // the number that the first pointer always has
)

// dialX connects to the display that DISPLAY names.
func dialX(ctx context.Context) (*xconn, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	where, err := parseDisplay(os.Getenv("DISPLAY"))
	if err != nil {
		return nil, err
	}
	var conn net.Conn
	var errs []error
	for _, a := range where.addresses {
		var d net.Dialer
		if conn, err = d.DialContext(ctx, a[0], a[1]); err == nil {
			break
		}
		errs = append(errs, err)
	}
	if conn == nil {
		return nil, errors.Join(errs...)
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	return newXConn(conn, where.cookie(conn.RemoteAddr()))
}

// xdisplay is where a server is.
type xdisplay struct {
	number    string
	addresses [][2]string // network and address, to be tried in this order
}

// parseDisplay reads "host:0.0", ":0", "unix:0", "tcp/host:0" and a path of a socket before ":0".
func parseDisplay(s string) (xdisplay, error) {
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 {
		return xdisplay{}, fmt.Errorf("DISPLAY %q has no number", s)
	}
	host, number := s[:colon], s[colon+1:]
	number, _, _ = strings.Cut(number, ".")
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil || n > 65535-6000 {
		return xdisplay{}, fmt.Errorf("DISPLAY %q has no number", s)
	}
	d := xdisplay{number: number}
	if strings.HasPrefix(host, "/") {
		d.addresses = [][2]string{{"unix", host + ":" + number}, {"unix", host}}
		return d, nil
	}
	protocol, host, named := strings.Cut(host, "/")
	if !named {
		protocol, host = "", protocol
	}
	if host == "" || host == "unix" || protocol == "unix" {
		path := "/tmp/.X11-unix/X" + number
		d.addresses = [][2]string{{"unix", path}, {"unix", "@" + path}} // the second one works in containers that have another /tmp
		return d, nil
	}
	d.addresses = [][2]string{{"tcp", net.JoinHostPort(strings.Trim(host, "[]"), strconv.FormatUint(6000+n, 10))}}
	return d, nil
}

const cookieName = "MIT-MAGIC-COOKIE-1"

// cookie is what lets us in, from the file that XAUTHORITY names, or nil: some servers let in whoever is this user.
func (d xdisplay) cookie(server net.Addr) []byte {
	path := os.Getenv("XAUTHORITY")
	if path == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil
		}
		path = filepath.Join(home, ".Xauthority")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	const most = 1 << 20
	data, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return nil
	}
	host, err := os.Hostname()
	if err != nil {
		return nil
	}
	return findCookie(data, host, d.number, server)
}

// findCookie looks through entries as Xauth.h has them: family, address, display's number, name, data; all but the family are a
// length and bytes, and numbers are big-endian.
func findCookie(data []byte, host, number string, server net.Addr) []byte {
	const internet, internet6, local, wild = 0, 6, 256, 65535
	next := func() []byte {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			data = nil
			return nil
		}
		n := 2 + int(binary.BigEndian.Uint16(data))
		field := data[2:n]
		data = data[n:]
		return field
	}
	var ip net.IP
	if tcp, ok := server.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		ip = tcp.IP
	}
	for len(data) >= 2 {
		family := binary.BigEndian.Uint16(data)
		data = data[2:]
		address, display, name, cookie := next(), next(), next(), next()
		if data == nil || string(name) != cookieName || len(display) > 0 && string(display) != number {
			continue
		}
		// A tunnel of ssh is at localhost, and its entry is that of this machine.
		if family == wild || family == local && ip == nil && string(address) == host ||
			(family == internet || family == internet6) && ip != nil && ip.Equal(address) {
			return cookie
		}
	}
	return nil
}

// newXConn introduces us to a server, and closes conn when that fails.
func newXConn(conn net.Conn, cookie []byte) (_ *xconn, err error) {
	c := &xconn{net: conn, messages: make(chan []byte)}
	defer func() {
		if err != nil {
			_ = conn.Close()
		}
	}()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	if err := c.setup(cookie); err != nil {
		return nil, err
	}
	if err := c.findInput(); err != nil {
		return nil, err
	}
	if err := c.selectRaw(); err != nil {
		return nil, err
	}
	return c, conn.SetDeadline(time.Time{})
}

var le = binary.LittleEndian

func (c *xconn) setup(cookie []byte) error {
	name := cookieName
	if cookie == nil {
		name = ""
	}
	hello := []byte{'l', 0}
	for _, n := range []int{11, 0, len(name), len(cookie), 0} {
		hello = le.AppendUint16(hello, uint16(n))
	}
	hello = pad4(append(hello, name...))
	hello = pad4(append(hello, cookie...))
	if _, err := c.net.Write(hello); err != nil {
		return err
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(c.net, head); err != nil {
		return err
	}
	body := make([]byte, 4*int(le.Uint16(head[6:])))
	if _, err := io.ReadFull(c.net, body); err != nil {
		return err
	}
	const refused, accepted = 0, 1
	if head[0] != accepted {
		reason := body
		if head[0] == refused {
			reason = body[:min(int(head[1]), len(body))]
		}
		return fmt.Errorf("%w: the display says %q", ErrDenied, reason)
	}
	if len(body) < 32 {
		return errors.New("the display's setup is too short")
	}
	vendor, formats := int(le.Uint16(body[16:])), int(body[21])
	screen := 32 + (vendor+3)/4*4 + 8*formats
	if len(body) < screen+4 {
		return errors.New("the display's setup is too short")
	}
	c.root = le.Uint32(body[screen:])
	return nil
}

// findInput looks for XInput2. A server that has it in version 2.1 or later tells of keys even while another program has grabbed the
// keyboard.
func (c *xconn) findInput() error {
	const name = "XInputExtension"
	request := le.AppendUint16([]byte{queryExtension, 0, 0, 0}, uint16(len(name)))
	reply, err := c.ask(pad4(append(request, "\x00\x00"+name...)))
	if err != nil || reply == nil || reply[8] == 0 {
		return err
	}
	opcode := reply[9]
	if reply, err = c.ask([]byte{opcode, xiQueryVersion, 0, 0, 2, 0, 2, 0}); err != nil || reply == nil {
		return err // nil: it knows the first version alone
	}
	if le.Uint16(reply[8:]) >= 2 {
		c.input = opcode
	}
	return nil
}

// ask sends a request and reads its reply, which is nil when the server says that it was an error. It is for before listen.
func (c *xconn) ask(request []byte) ([]byte, error) {
	if err := c.send(request); err != nil {
		return nil, err
	}
	for {
		m, err := c.next()
		if err != nil {
			return nil, err
		}
		if m[0] > isReply || le.Uint16(m[2:]) != c.sequence {
			continue
		}
		if m[0] == isError {
			return nil, nil
		}
		return m, nil
	}
}

// send sends a request, whose length it fills in.
func (c *xconn) send(request []byte) error {
	le.PutUint16(request[2:], uint16(len(request)/4))
	c.sequence++
	_, err := c.net.Write(request)
	return err
}

// next reads one message, which has at least 32 bytes.
func (c *xconn) next() ([]byte, error) {
	m := make([]byte, 32)
	if _, err := io.ReadFull(c.net, m); err != nil {
		return nil, err
	}
	if kind := m[0] &^ 0x80; kind != isReply && kind != genericEvent {
		return m, nil
	}
	more := le.Uint32(m[4:])
	if more > maxMessage/4 {
		return nil, fmt.Errorf("the display sends a message of %d words", more)
	}
	m = append(m, make([]byte, 4*more)...)
	_, err := io.ReadFull(c.net, m[32:])
	return m, err
}

// listen passes on messages until close, or until the connection ends: then messages is closed, and why says why.
func (c *xconn) listen(ctx context.Context) {
	defer close(c.messages)
	for {
		m, err := c.next()
		if err != nil {
			c.why = err
			return
		}
		select {
		case c.messages <- m:
		case <-ctx.Done():
			c.why = ctx.Err()
			return
		}
	}
}

// selectRaw asks for all keys and buttons, whichever window gets them, and waits until they come.
func (c *xconn) selectRaw() error {
	if c.input == 0 {
		return nil
	}
	const mask = 1<<rawKeyPress | 1<<rawKeyRelease | 1<<rawButtonPress | 1<<rawButtonRelease
	request := le.AppendUint32([]byte{c.input, xiSelectEvents, 0, 0}, c.root)
	for _, n := range []uint16{1, 0, allMasters, 1} { // one mask, of one word
		request = le.AppendUint16(request, n)
	}
	if err := c.send(le.AppendUint32(request, mask)); err != nil {
		return err
	}
	_, err := c.ask([]byte{queryKeymap, 0, 0, 0})
	return err
}

// askState asks which keys and buttons are down. The answers come as messages with these sequence numbers, in this order.
func (c *xconn) askState() (keymap, pointer uint16, err error) {
	if err := c.net.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return 0, 0, err
	}
	if err := c.send([]byte{queryKeymap, 0, 0, 0}); err != nil {
		return 0, 0, err
	}
	keymap = c.sequence
	request := le.AppendUint32([]byte{queryPointer, 0, 0, 0}, c.root)
	if c.input != 0 {
		request[0], request[1] = c.input, xiQueryPointer
		request = le.AppendUint32(request, masterPointer)
	}
	err = c.send(request)
	return keymap, c.sequence, err
}

// buttonsOf reads the answer about the pointer: bit n is button n. Those from 6 on are seen by XInput2 only.
func (c *xconn) buttonsOf(m []byte) (buttons uint32) {
	if c.input == 0 {
		return uint32(le.Uint16(m[24:])) >> 8 & 0x1F << 1
	}
	if len(m) < 60 || le.Uint16(m[34:]) == 0 {
		return 0
	}
	return le.Uint32(m[56:])
}

func pad4(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}
