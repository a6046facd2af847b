package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// GatewayPath is where the server takes websockets.
	GatewayPath   = "/gateway"
	exporterLabel = "EXPORTER-Parley-v1" // RFC 8446, section 7.5
	exporterSize  = 32
	writeTimeout  = 10 * time.Second // a peer that takes nothing for so long is gone
	dialTimeout   = 10 * time.Second
	maxControl    = 16 // pings and pongs between two messages; heartbeats take their place, so nobody needs any
)

var (
	// ErrFinished is Read's error when the other end has closed the websocket in order (RFC 6455, section 7.4.1: 1000), of
	// its own accord: it has said all it wanted, and Finish did not ask for it.
	ErrFinished = errors.New("the other end has finished")
	// ErrFlood is Read's error when the other end sends pings or pongs and nothing else.
	ErrFlood = errors.New("too many pings")
)

// Conn carries envelopes over one websocket. One goroutine reads; any may write.
type Conn struct {
	ws     *websocket.Conn
	tls    *tls.ConnectionState // nil: plain, which only loopback has
	origin string

	write    sync.Mutex
	finished atomic.Bool // by this end
	control  int         // pings and pongs since the last message; of the reader
}

// Dial connects to a link's server. In native mode the certificate is not looked at: who the server is, its signature over
// Binding shows, which the caller must verify before it sends anything of worth. In web mode the certificate must be one
// that this machine trusts.
func Dial(ctx context.Context, l Link) (*Conn, error) {
	c := &Conn{origin: "https://" + l.Host}
	d := websocket.Dialer{
		HandshakeTimeout: dialTimeout,
		TLSClientConfig: &tls.Config{
			MinVersion:         tls.VersionTLS13, // the exporter of older versions does not cover the handshake
			InsecureSkipVerify: l.Mode == ModeNative,
		},
	}
	header := http.Header{"Origin": {c.origin}}
	ws, resp, err := d.DialContext(ctx, "wss://"+l.Host+GatewayPath, header)
	if err != nil {
		if resp != nil {
			return nil, fmt.Errorf("dial: the server answered %q, not with a Parley gateway", resp.Status)
		}
		return nil, fmt.Errorf("dial: %w", err)
	}
	if t, ok := ws.NetConn().(*tls.Conn); ok {
		state := t.ConnectionState()
		c.tls = &state
	}
	return c.adopt(ws), nil
}

// Upgrade takes a websocket on the server's side. An error has been answered already.
func Upgrade(w http.ResponseWriter, r *http.Request) (*Conn, error) {
	u := websocket.Upgrader{
		HandshakeTimeout: dialTimeout,
		// Any page may connect: nothing here rests on cookies, and in web mode the origin is part of what is signed.
		CheckOrigin: func(*http.Request) bool { return true },
	}
	ws, err := u.Upgrade(w, r, nil)
	if err != nil {
		return nil, fmt.Errorf("upgrade: %w", err)
	}
	return (&Conn{tls: r.TLS, origin: r.Header.Get("Origin")}).adopt(ws), nil
}

func (c *Conn) adopt(ws *websocket.Conn) *Conn {
	ws.SetReadLimit(MaxMessage) // gorilla has none by default
	pong := ws.PingHandler()
	ws.SetPingHandler(func(text string) error {
		if err := c.count(); err != nil {
			return err
		}
		return pong(text)
	})
	ws.SetPongHandler(func(string) error { return c.count() })
	c.ws = ws
	return c
}

// count is called by Read for what gorilla answers by itself.
func (c *Conn) count() error {
	if c.control++; c.control > maxControl {
		return ErrFlood
	}
	return nil
}

// Binding is what ties a signature to this connection: the TLS exporter in native mode, the origin in web mode.
func (c *Conn) Binding(mode string) ([]byte, error) {
	if mode == ModeWeb {
		return []byte(c.origin), nil
	}
	return Exporter(c.tls)
}

// Exporter is what ties a signature to a TLS connection; nil is a plain one, which has none.
func Exporter(state *tls.ConnectionState) ([]byte, error) {
	if state == nil || state.Version < tls.VersionTLS13 {
		return nil, errors.New("binding: the connection is not TLS 1.3")
	}
	return state.ExportKeyingMaterial(exporterLabel, nil, exporterSize)
}

// Read waits for the next envelope, at most until the deadline (zero: for ever). After an *Error, which tells of a message
// that could not be taken, the connection is whole and reading may go on; after any other error it is over. One that
// is ErrFinished is the other end's goodbye.
func (c *Conn) Read(deadline time.Time) (Envelope, error) {
	if err := c.ws.SetReadDeadline(deadline); err != nil {
		return Envelope{}, fmt.Errorf("read: %w", err)
	}
	kind, data, err := c.ws.ReadMessage()
	if websocket.IsCloseError(err, websocket.CloseNormalClosure) && !c.finished.Load() {
		err = ErrFinished
	}
	if err != nil {
		return Envelope{}, fmt.Errorf("read: %w", err)
	}
	c.control = 0
	if kind != websocket.TextMessage {
		return Envelope{}, Errorf(BadMessage, "Only text messages are taken.")
	}
	return Decode(data)
}

// Write sends one envelope.
func (c *Conn) Write(e Envelope) error {
	data, err := Encode(e)
	if err != nil {
		return err
	}
	return c.WriteEncoded(data)
}

// WriteEncoded sends what Encode has made, so that one event for many is encoded once.
func (c *Conn) WriteEncoded(data []byte) error {
	c.write.Lock()
	defer c.write.Unlock()
	if err := c.ws.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := c.ws.WriteMessage(websocket.TextMessage, data); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// RemoteAddr is the other end's network address; for limits, not for logs.
func (c *Conn) RemoteAddr() net.Addr { return c.ws.RemoteAddr() }

// LocalAddr is this end's network address.
func (c *Conn) LocalAddr() net.Addr { return c.ws.LocalAddr() }

// Finish says that nothing more will be written. The other end's Read then fails, by ErrFinished unless it has finished too,
// and so does one's own when it has answered: what was written before has arrived by then, which Close alone does not wait
// for.
func (c *Conn) Finish() error {
	c.finished.Store(true)
	text := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if err := c.ws.WriteControl(websocket.CloseMessage, text, time.Now().Add(writeTimeout)); err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	return nil
}

// Close ends the connection at once; a Read that waits returns.
func (c *Conn) Close() error { return c.ws.Close() }
