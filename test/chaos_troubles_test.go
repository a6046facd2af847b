package test

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"parley/test/netlab"
)

// troubles are all that there are.
func troubles() []kind {
	const s = time.Second
	behindRouter := []string{"home", "carrier", "symmetric", "only-443", "six"}
	behindNAT := behindRouter[:4]
	down := 10 * s
	if soak() > 1 {
		down = 60 * s
	}
	return []kind{
		{name: "bad link", min: 6 * s, max: 15 * s, begin: (*chaos).worsen, end: (*chaos).mend},
		{name: "the server's link is bad", min: 6 * s, max: 12 * s, to: []string{atServer}, begin: (*chaos).worsen, end: (*chaos).mend},
		{name: "link cut", min: 2 * s, max: 10 * s, begin: (*chaos).cut, end: (*chaos).mend},
		{name: "interface switched", min: 5 * s, max: 15 * s, begin: (*chaos).unplug, end: (*chaos).plug},
		{name: "another address", begin: (*chaos).renumber},
		{name: "the router has another address", to: behindRouter, begin: (*chaos).renumberRouter},
		{name: "the router forgets", to: behindRouter, begin: (*chaos).flush},
		{name: "another router", min: 8 * s, max: 15 * s, to: behindNAT, begin: (*chaos).become, end: (*chaos).becomeAgain},
		{name: "UDP dropped", min: 8 * s, max: 15 * s, begin: (*chaos).dropUDP, end: (*chaos).dropNothing},
		{name: "TCP dropped", min: 8 * s, max: 20 * s, begin: (*chaos).dropTCP, end: (*chaos).dropNothing},
		{name: "stopped", min: 2 * s, max: 10 * s, begin: (*chaos).stop, end: (*chaos).goOn},
		{name: "muted", min: 2 * s, max: 10 * s, begin: (*chaos).mute, end: (*chaos).unmute},
		{name: "left", min: 2 * s, max: 6 * s, away: true, begin: (*chaos).leaveChannel, end: (*chaos).comeBack},
		{name: "killed", min: 1 * s, max: 4 * s, away: true, begin: (*chaos).kill, end: (*chaos).comeBack},
		{name: "the server is killed", min: down, max: down, to: []string{atServer}, away: true, begin: (*chaos).killServer, end: (*chaos).restartServer},
	}
}

// worsen makes a link as bad as one on which people can still talk.
func (c *chaos) worsen(t trouble) error {
	dice := rand.New(rand.NewPCG(t.dice, 0))
	up := func(most float64) float64 { return dice.Float64() * most }
	p := netlab.Params{
		Loss: up(0.2), Burst: 1 + up(4), Delay: time.Duration(up(float64(100 * time.Millisecond))), Jitter: time.Duration(up(float64(80 * time.Millisecond))),
		Reorder: up(0.1), Duplicate: up(0.1), InOrder: dice.IntN(2) == 0, Rate: 1_500_000 + dice.IntN(3_000_000),
	}
	back := p
	if dice.IntN(3) == 0 { // one way only
		back = netlab.Params{}
	}
	c.Logf("         %+v", p)
	c.cable(t.who).SetWays(p, back)
	return nil
}

func (c *chaos) cut(t trouble) error {
	c.cable(t.who).Set(netlab.Params{Loss: 1})
	return nil
}

func (c *chaos) mend(t trouble) error {
	c.cable(t.who).Set(netlab.Params{})
	return nil
}

func (c *chaos) unplug(t trouble) error         { return c.people[t.who].host.Ports[0].Down() }
func (c *chaos) plug(t trouble) error           { return c.people[t.who].host.Ports[0].Up() }
func (c *chaos) renumber(t trouble) error       { return c.people[t.who].host.Ports[0].Renumber() }
func (c *chaos) renumberRouter(t trouble) error { return c.people[t.who].behind.Uplink.Renumber() }
func (c *chaos) flush(t trouble) error          { return c.people[t.who].behind.Flush() }

func (c *chaos) become(t trouble) error {
	p := c.people[t.who]
	routers := []netlab.Router{netlab.Home, netlab.SymmetricNAT, netlab.UDPDropped, netlab.Only443}
	names := []string{"home", "symmetric", "no-udp", "only-443"}
	i := t.dice % uint64(len(routers))
	c.Logf("         %s", names[i])
	return p.behind.Become(routers[i])
}

func (c *chaos) becomeAgain(t trouble) error {
	p := c.people[t.who]
	return p.behind.Become(p.router)
}

func (c *chaos) dropUDP(t trouble) error     { return c.drop(t, "meta l4proto udp drop") }
func (c *chaos) dropTCP(t trouble) error     { return c.drop(t, "meta l4proto tcp drop") }
func (c *chaos) dropNothing(t trouble) error { return c.drop(t, "") }

func (c *chaos) drop(t trouble, what string) error {
	c.firewall(c.people[t.who].host.Name, what)
	return nil
}

func (c *chaos) stop(t trouble) error { return c.people[t.who].client.Signal(syscall.SIGSTOP) }
func (c *chaos) goOn(t trouble) error { return c.people[t.who].client.Signal(syscall.SIGCONT) }

func (c *chaos) mute(t trouble) error   { return c.people[t.who].client.Tell("mute on") }
func (c *chaos) unmute(t trouble) error { return c.people[t.who].client.Tell("mute off") }

// leaveChannel is politely done; who can't be polite any more is gone when they come back.
func (c *chaos) leaveChannel(t trouble) error { return c.people[t.who].client.Tell("leave") }

func (c *chaos) kill(t trouble) error { return c.people[t.who].client.Signal(syscall.SIGKILL) }

func (c *chaos) comeBack(t trouble) error {
	p := c.people[t.who]
	if err := p.client.Close(); err != nil {
		return fmt.Errorf("end %s: %w", p.name, err)
	}
	c.enter(p)
	return nil
}

func (c *chaos) killServer(trouble) error { return c.server.Kill() }

func (c *chaos) restartServer(trouble) error {
	c.serve(c.place)
	return nil
}
