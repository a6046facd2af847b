package router

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/huin/goupnp"
	"github.com/huin/goupnp/soap"
	"golang.org/x/text/encoding/charmap"
)

// services are those that map ports, the newest first (UPnP Forum, WANIPConnection:2, section 2.4; WANPPPConnection:1 has the same
// actions).
var services = []string{
	"urn:schemas-upnp-org:service:WANIPConnection:2",
	"urn:schemas-upnp-org:service:WANIPConnection:1",
	"urn:schemas-upnp-org:service:WANPPPConnection:1",
}

// Errors of the actions (WANIPConnection:2, sections 2.5.16 to 2.5.21; UPnP Device Architecture 1.1, section 3.2.2).
const (
	codeUnknown       = 401 // no such action
	codeArguments     = 402
	codeNoEntry       = 714
	codeConflict      = 718
	codePermanentOnly = 725
	codeOtherConflict = 729
)

var meaningsUPnP = map[int]string{
	501:           "it failed, as routers do that have no connection to the internet themselves, or no public address",
	606:           "it is set to map no ports for others",
	728:           "it has no more room for mappings",
	codeConflict:  "the ports are taken by others",
	codeArguments: "it does not understand the request",
	codeUnknown:   "it does not know the request",
}

const (
	maxConnections = 4 // of a router to the world that are looked at
	portTries      = 5 // outside ports asked for where one is taken
	// The ports tried then; below are those of other services, above those of outgoing connections.
	firstOther, lastOther = 20000, 32000
	description           = "Parley"
)

// upnp is one connection of a router to the world.
type upnp struct {
	soap    *soap.SOAPClient
	service string
	local   netip.Addr
}

// findUPnP searches for the gateway's description and takes the first connection that has an address, or else the first.
func findUPnP(ctx context.Context, at place) (protocol, error) {
	where, err := search(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("UPnP: %w", err)
	}
	client := bounded(at)
	root, err := describe(ctx, client, where)
	if err != nil {
		return nil, fmt.Errorf("UPnP: %w", err)
	}
	var first protocol
	seen := 0
	for _, service := range services {
		for _, found := range root.Device.FindService(service) {
			if seen++; seen > maxConnections || !found.ControlURL.Ok {
				break
			}
			u := &upnp{soap: soap.NewSOAPClient(found.ControlURL.URL), service: service, local: at.local}
			u.soap.HTTPClient = *client
			if first == nil {
				first = u
			}
			if a, err := u.external(ctx); err == nil && a.IsValid() && !a.IsUnspecified() {
				return u, nil
			}
		}
	}
	if first == nil {
		return nil, errors.New("UPnP: the router maps no ports")
	}
	return first, nil
}

// describe fetches a device's description. The base that it gives itself is not taken: it is where it was found.
func describe(ctx context.Context, client doer, where *url.URL) (*goupnp.RootDevice, error) {
	body, err := get(ctx, client, where)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	root := &goupnp.RootDevice{}
	d := xml.NewDecoder(body)
	d.DefaultSpace = goupnp.DeviceXMLNamespace
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) {
		return charmap.ISO8859_1.NewDecoder().Reader(in), nil // whichever it is, what is needed of it is ASCII
	}
	if err := d.Decode(root); err != nil {
		return nil, fmt.Errorf("read its description: %w", err)
	}
	root.SetURLBase(where)
	return root, nil
}

func (u *upnp) act(ctx context.Context, action string, in, out any) error {
	err := u.soap.PerformActionCtx(ctx, u.service, action, in, out)
	var fault *soap.SOAPFaultError
	if errors.As(err, &fault) {
		code := fault.Detail.UPnPError.Errorcode
		return &answerError{way: "UPnP", code: code, meaning: meaningsUPnP[code]}
	}
	return err
}

func (u *upnp) external(ctx context.Context) (netip.Addr, error) {
	var out struct{ NewExternalIPAddress string }
	if err := u.act(ctx, "GetExternalIPAddress", nil, &out); err != nil {
		return netip.Addr{}, err
	}
	a, err := netip.ParseAddr(strings.TrimSpace(out.NewExternalIPAddress))
	if err != nil {
		return netip.Addr{}, errNonsense
	}
	return a.Unmap().WithZone(""), nil
}

// open asks for a port, and for others where that is somebody else's.
func (u *upnp) open(ctx context.Context, p Port, outside uint16) (uint16, time.Duration, error) {
	for range portTries {
		life, err := u.take(ctx, Mapping{p, outside})
		if err == nil {
			return outside, life, nil
		}
		if c := codeOf(err); c != codeConflict && c != codeOtherConflict || ctx.Err() != nil {
			return 0, 0, err
		}
		outside = firstOther + uint16(rand.N(lastOther-firstOther))
	}
	return 0, 0, &answerError{way: "UPnP", code: codeConflict, meaning: meaningsUPnP[codeConflict]}
}

// take asks for one mapping. Some routers let anybody overwrite anybody's, and some say yes to everything, so that it is looked at
// before and after.
func (u *upnp) take(ctx context.Context, m Mapping) (time.Duration, error) {
	switch entry, err := u.entry(ctx, m); {
	case err == nil && entry.NewInternalClient != u.local.String():
		return 0, &answerError{way: "UPnP", code: codeConflict, meaning: meaningsUPnP[codeConflict]}
	case err != nil && codeOf(err) == 0: // no answer at all
		return 0, err
	}
	life := lease
	err := u.add(ctx, m, life)
	if codeOf(err) == codePermanentOnly {
		life = 0
		err = u.add(ctx, m, life)
	}
	if err != nil {
		return 0, err
	}
	entry, err := u.entry(ctx, m)
	switch c := codeOf(err); {
	case c == codeUnknown || c == codeArguments: // it can't be looked at
		return life, nil
	case c == codeNoEntry:
		return 0, errNonsense
	case err != nil:
		return 0, err
	case entry.NewInternalClient != u.local.String() || entry.NewInternalPort != strconv.Itoa(int(m.Inside)):
		return 0, errNonsense
	}
	return life, nil
}

type entry struct {
	NewInternalPort   string
	NewInternalClient string
}

func (u *upnp) entry(ctx context.Context, m Mapping) (e entry, err error) {
	in := struct{ NewRemoteHost, NewExternalPort, NewProtocol string }{"", strconv.Itoa(int(m.Outside)), strings.ToUpper(m.Protocol)}
	err = u.act(ctx, "GetSpecificPortMappingEntry", &in, &e)
	return e, err
}

func (u *upnp) add(ctx context.Context, m Mapping, life time.Duration) error {
	in := struct {
		NewRemoteHost, NewExternalPort, NewProtocol, NewInternalPort, NewInternalClient, NewEnabled, NewPortMappingDescription, NewLeaseDuration string
	}{
		"", strconv.Itoa(int(m.Outside)), strings.ToUpper(m.Protocol), strconv.Itoa(int(m.Inside)), u.local.String(), "1", description,
		strconv.Itoa(int(life / time.Second)),
	}
	return u.act(ctx, "AddPortMapping", &in, nil)
}

func (u *upnp) shut(ctx context.Context, m Mapping) error {
	in := struct{ NewRemoteHost, NewExternalPort, NewProtocol string }{"", strconv.Itoa(int(m.Outside)), strings.ToUpper(m.Protocol)}
	return u.act(ctx, "DeletePortMapping", &in, nil)
}

// codeOf is a router's error, or 0.
func codeOf(err error) int {
	var answer *answerError
	if errors.As(err, &answer) {
		return answer.code
	}
	return 0
}
