package router

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

const (
	portSSDP     = 1900
	searchFor    = 2500 * time.Millisecond // the router is told to answer within two seconds
	searchAgain  = 600 * time.Millisecond  // a packet may be lost
	maxAnswer    = 2048                    // of a search; longer ones are cut, and then not understood
	maxBody      = 256 << 10               // of a description or an answer
	webTimeout   = 3 * time.Second
	searchTarget = "urn:schemas-upnp-org:device:InternetGatewayDevice:"
)

var multicast = netip.AddrFrom4([4]byte{239, 255, 255, 250})

// search asks for the gateway's description (UPnP Device Architecture 1.1, section 1.3), by multicast and the gateway itself besides, and
// takes the first answer that comes from the gateway and leads there.
func search(ctx context.Context, at place) (*url.URL, error) {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(at.local, 0)))
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	end := time.Now().Add(searchFor)
	for time.Now().Before(end) && ctx.Err() == nil {
		if err := send(conn, at); err != nil {
			return nil, fmt.Errorf("search: %w", err)
		}
		if where := hear(conn, at, earlier(end, time.Now().Add(searchAgain))); where != nil {
			return where, nil
		}
	}
	return nil, errors.Join(errors.New("search: the gateway does not answer"), ctx.Err())
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func send(conn *net.UDPConn, at place) error {
	var failed error
	sent := false
	for _, to := range []netip.Addr{multicast, at.gateway} {
		for _, version := range []string{"2", "1"} {
			text := "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 2\r\nST: " + searchTarget + version + "\r\n\r\n"
			if _, err := conn.WriteToUDPAddrPort([]byte(text), netip.AddrPortFrom(to, portSSDP)); err != nil {
				failed = err
			} else {
				sent = true
			}
		}
	}
	if sent { // some networks have no multicast
		return nil
	}
	return failed
}

// hear reads answers until one leads to the gateway, or until the deadline.
func hear(conn *net.UDPConn, at place, deadline time.Time) *url.URL {
	if conn.SetReadDeadline(deadline) != nil {
		return nil
	}
	buf := make([]byte, maxAnswer)
	for time.Now().Before(deadline) {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		var op net.Error
		switch {
		case errors.As(err, &op) && op.Timeout():
			return nil
		case err != nil || from.Addr().Unmap() != at.gateway: // refused by one of the two, or somebody else
			continue
		}
		if where := location(buf[:n], at); where != nil {
			return where
		}
	}
	return nil
}

// location is where an answer leads; nil unless that is on the gateway.
func location(answer []byte, at place) *url.URL {
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), nil)
	if err != nil {
		return nil
	}
	defer r.Body.Close()
	u, err := url.Parse(r.Header.Get("Location"))
	if err != nil || r.StatusCode != http.StatusOK || u.Scheme != "http" || u.User != nil {
		return nil
	}
	if a, err := netip.ParseAddr(u.Hostname()); err != nil || a.Unmap() != at.gateway {
		return nil
	}
	return u
}

// doer is an HTTP client.
type doer interface {
	Do(*http.Request) (*http.Response, error)
}

var (
	errElsewhere = errors.New("the router leads elsewhere")
	errTooLong   = errors.New("the router's answer is too long")
)

// bounded makes a client that reaches the gateway and nobody else, wherever the router's answers lead, and reads no more of an
// answer than a router has to say.
func bounded(at place) *http.Client {
	d := &net.Dialer{Timeout: webTimeout, LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(at.local, 0))}
	return &http.Client{
		Timeout:       webTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errElsewhere },
		Transport: short{&http.Transport{
			DisableKeepAlives: true, MaxResponseHeaderBytes: 16 << 10,
			DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
				if ap, err := netip.ParseAddrPort(to); err != nil || ap.Addr().Unmap() != at.gateway {
					return nil, errElsewhere
				}
				return d.DialContext(ctx, "tcp4", to)
			},
		}},
	}
}

// short cuts answers that are too long.
type short struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (s short) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = &cut{resp.Body, maxBody}
	}
	return resp, err
}

type cut struct {
	io.ReadCloser
	left int
}

// Read implements io.Reader.
func (c *cut) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTooLong
	}
	n, err := c.ReadCloser.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

func get(ctx context.Context, client doer, where *url.URL) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, where.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("fetch its description: %w", err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fetch its description: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("fetch its description: the router answered %d", resp.StatusCode)
	}
	return resp.Body, nil
}
