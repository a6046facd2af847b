package router

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	natpmp "github.com/jackpal/go-nat-pmp"
)

const (
	portPMP = 5351
	// Two tries fit into patiencePMP (after 250 and 500 ms): the router is one cable away.
	patiencePMP = 800 * time.Millisecond
)

// pmp is NAT-PMP. Its socket is connected, so that the kernel drops what comes from anybody but the gateway.
type pmp struct{ client *natpmp.Client }

// findPMP asks for the address outside, as that changes nothing.
func findPMP(ctx context.Context, at place) (protocol, error) {
	p := pmp{natpmp.NewClientWithLocalAndTimeout(at.gateway.AsSlice(), at.local.AsSlice(), patiencePMP)}
	var refused *answerError
	if _, err := p.external(ctx); err != nil && !errors.As(err, &refused) { // a router that refuses is one
		return nil, err
	}
	return p, nil
}

func (p pmp) external(ctx context.Context) (netip.Addr, error) {
	if err := ctx.Err(); err != nil {
		return netip.Addr{}, err
	}
	r, err := p.client.GetExternalAddress()
	if err != nil {
		return netip.Addr{}, answerPMP(err)
	}
	return netip.AddrFrom4(r.ExternalIPAddress), nil
}

func (p pmp) open(ctx context.Context, port Port, outside uint16) (uint16, time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	r, err := p.client.AddPortMapping(port.Protocol, int(port.Inside), int(outside), int(lease/time.Second))
	switch {
	case err != nil:
		return 0, 0, answerPMP(err)
	case r.InternalPort != port.Inside || r.MappedExternalPort == 0:
		return 0, 0, errNonsense
	case r.PortMappingLifetimeInSeconds == 0: // that is how an end is told (RFC 6886, section 3.4)
		return 0, 0, errNonsense
	}
	return r.MappedExternalPort, time.Duration(r.PortMappingLifetimeInSeconds) * time.Second, nil
}

// shut asks for a lifetime of 0 (RFC 6886, section 3.4).
func (p pmp) shut(ctx context.Context, m Mapping) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := p.client.AddPortMapping(m.Protocol, int(m.Inside), 0, 0)
	return answerPMP(err)
}

// answerPMP tells a router's refusal from silence: the library has words for it and no type.
func answerPMP(err error) error {
	if err == nil {
		return nil
	}
	var code int
	if n, _ := fmt.Sscanf(err.Error(), "Non-zero result code %d", &code); n == 1 {
		return &answerError{way: "NAT-PMP", code: code, meaning: meaningsPMP[code]}
	}
	return fmt.Errorf("NAT-PMP: %w", err)
}

// meaningsPMP are those of RFC 6886, section 3.5.
var meaningsPMP = map[int]string{
	1: "it does not speak this version",
	2: "it is set to map no ports for others",
	3: "it has no connection to the internet itself, or no public address",
	4: "it has no more room for mappings",
	5: "it does not know the request",
}
