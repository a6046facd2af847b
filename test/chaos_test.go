package test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/test/lab"
	"parley/test/netlab"
)

// chaosSeed is the environment variable by which a run that has failed is made once more.
const chaosSeed = "PARLEY_CHAOS"

// calm is how long it may take until all is well when nothing is wrong any more, on a machine that does nothing else; others have
// twice the time.
func calm() time.Duration {
	if soak() > 1 {
		return 30 * time.Second
	}
	return time.Minute
}

// chaos is six people in one channel, each of whom makes a tone of their own, and a server, all in different places.
type chaos struct {
	*world
	place  lab.Command // where the server is
	link   *netlab.Link
	people []*soul
}

// soul is one of the people.
type soul struct {
	name   string
	host   *netlab.Host
	behind *netlab.Network // nil: on the internet
	router netlab.Router   // as it is when there is no trouble
	hz     float64
	said   string // files
	heard  string
	stats  string
	client *lab.Client
}

// TestChaos: whatever happens to networks, programs and the server, soon after it is over all six are in the call, know it, and
// hear each other, and nothing has grown.
func TestChaos(t *testing.T) {
	seed, length := uint64(1), 3*time.Minute
	if text := os.Getenv(chaosSeed); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	if soak() > 1 {
		length = 30 * time.Minute
	}
	t.Logf("%s=%d makes the same once more", chaosSeed, seed)
	c := newChaos(t, seed)
	c.settle(2*time.Minute, 5) // six programs start at once
	began := c.measure()
	c.run(plan(seed, length, troubles()))
	c.settle(calm(), 3)
	c.stay(began)
	c.leaveAll()
}

func newChaos(t *testing.T, seed uint64) *chaos {
	t.Helper()
	net := newInternet(t, seed)
	host := net.Host("server", net.Internet)
	provider := net.Network("provider", net.Internet, netlab.Carrier)
	c := &chaos{link: host.Ports[0].Link}
	routers := map[string]netlab.Router{"home": netlab.Home, "carrier": netlab.Home, "symmetric": netlab.SymmetricNAT, "only-443": netlab.Only443, "six": netlab.SixOnly}
	for i, name := range places6 {
		p := &soul{name: name, hz: []float64{430, 610, 850, 1130, 1490, 1930}[i]}
		on := net.Internet
		if r, ok := routers[name]; ok {
			if name == "carrier" {
				on = provider
			}
			p.router, p.behind = r, net.Network(name+"-router", on, r)
			on = p.behind
		}
		p.host = net.Host(name, on)
		c.people = append(c.people, p)
	}
	if _, err := c.people[1].host.Plug(provider); err != nil { // a telephone beside the home's network
		t.Fatal(err)
	}
	if err := net.Err(); err != nil {
		t.Fatal(err)
	}
	c.world = newWorld(t, 0, nil)
	c.server.Close()
	c.listen = "[::]:443"
	c.place = lab.Command{Netns: host.Name, Args: []string{"--public-host", host.DNS()}}
	c.serve(c.place)
	for _, p := range c.people {
		p.said, p.heard, p.stats = filepath.Join(c.dir, p.name+"-said.wav"), filepath.Join(c.dir, p.name+"-heard.wav"), filepath.Join(c.dir, p.name+".stats")
		if err := lab.WriteWAV(p.said, audiotest.Tone(p.hz, tone, second)); err != nil {
			t.Fatal(err)
		}
		c.enter(p)
	}
	return c
}

// tone is the amplitude of what each says: all of them together are not clipped.
const tone = 0.12

// enter starts somebody's program.
func (c *chaos) enter(p *soul) {
	p.client = c.client(p.name, lab.Command{Netns: p.host.Name}, "--processing=off", "--mode", "open", "--dtx=off",
		"--play", p.said, "--loop", "--record", p.heard, "--stats", p.stats)
}

// cable is what leads to somebody, or to the server, and can be bad.
func (c *chaos) cable(who int) *netlab.Link {
	switch {
	case who == server:
		return c.link
	case c.people[who].behind != nil:
		return c.people[who].behind.Uplink.Link
	}
	return c.people[who].host.Ports[0].Link
}

// run lets all of it happen, and be over.
func (c *chaos) run(list []trouble) {
	c.Helper()
	type step struct {
		at   time.Duration
		what string
		do   func(*chaos, trouble) error
		trouble
	}
	var steps []step
	for _, t := range list {
		steps = append(steps, step{t.at, t.String(), t.kind.begin, t})
		if t.kind.end != nil {
			steps = append(steps, step{t.at + t.last, "", t.kind.end, t})
		}
	}
	slices.SortStableFunc(steps, func(a, b step) int { return int(a.at - b.at) })
	begin := time.Now()
	for _, s := range steps {
		<-time.After(time.Until(begin.Add(s.at)))
		if s.what != "" {
			c.Log(s.what)
		}
		if err := s.do(c, s.trouble); err != nil {
			c.Errorf("%v: %v", s.trouble, err)
		}
	}
}

// settle waits until everybody is in the call, knows it, and has heard all others for that many seconds without end.
func (c *chaos) settle(patience time.Duration, seconds float64) {
	c.Helper()
	begin := time.Now()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		wrong := c.wrong(seconds)
		if len(wrong) == 0 {
			c.Logf("all is well after %.1f s", time.Since(begin).Seconds())
			return
		}
		if time.Since(begin) > patience {
			c.Errorf("after %v of calm:\n%s", patience, strings.Join(wrong, "\n"))
			c.tellAll()
			c.FailNow()
		}
		<-tick.C
	}
}

// tellAll is what each program has said.
func (c *chaos) tellAll() {
	for _, p := range c.people {
		text := p.client.Output()
		c.Logf("%s:\n%s\n%s", p.name, text[max(0, len(text)-6000):], p.client.Stderr())
		if b, err := os.ReadFile(p.stats); err == nil {
			lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
			c.Logf("%s", lines[len(lines)-1])
		}
	}
}

// chaosLine is what this test reads of a client's statistics.
type chaosLine struct {
	Peers []struct {
		Name, Phase string
	}
	Goroutines int
	Heap       uint64 `json:"heap_bytes"`
}

// last is a client's latest line.
func (p *soul) last() (line chaosLine, err error) {
	b, err := os.ReadFile(p.stats)
	if err != nil {
		return line, err
	}
	b = b[:bytes.LastIndexByte(b, '\n')+1]
	if len(b) == 0 {
		return line, fmt.Errorf("no statistics")
	}
	return line, json.Unmarshal(b[bytes.LastIndexByte(b[:len(b)-1], '\n')+1:], &line)
}

// wrong is what is not as it has to be: rosters, and, where seconds is not 0, who hears whom.
func (c *chaos) wrong(seconds float64) (list []string) {
	for _, p := range c.people {
		select {
		case <-p.client.Done():
			c.tellAll()
			c.Fatalf("%s: the program has ended", p.name)
		default:
		}
		line, err := p.last()
		if err != nil {
			list = append(list, p.name+": "+err.Error())
			continue
		}
		var there []string
		for _, peer := range line.Peers {
			there = append(there, peer.Name)
			if peer.Phase != "connected" {
				list = append(list, fmt.Sprintf("%s: %s is %s", p.name, peer.Name, peer.Phase))
			}
		}
		slices.Sort(there)
		if want := c.others(p); !slices.Equal(there, want) {
			list = append(list, fmt.Sprintf("%s: %v are there, want %v", p.name, there, want))
		}
	}
	if len(list) == 0 && seconds > 0 {
		list = c.unheard(seconds)
	}
	return list
}

func (c *chaos) others(p *soul) (names []string) {
	for _, o := range c.people {
		if o != p {
			names = append(names, o.name)
		}
	}
	slices.Sort(names)
	return names
}

// unheard says who is not heard by whom.
func (c *chaos) unheard(seconds float64) (list []string) {
	for _, p := range c.people {
		x, err := ending(p.heard, seconds)
		if err != nil {
			list = append(list, p.name+": "+err.Error())
			continue
		}
		for _, o := range c.people {
			share := sounding(x, o.hz, tone/4)
			switch {
			case o != p && share < 0.25: // a busy machine plays no more; without a path it is none
				list = append(list, fmt.Sprintf("%s hears %s in %.0f %% of the time", p.name, o.name, 100*share))
			case o == p && share > 0.25:
				list = append(list, fmt.Sprintf("%s hears themselves", p.name))
			}
		}
	}
	return list
}

// ending is the last seconds of a WAV file that is still written.
func ending(path string, seconds float64) ([]float32, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	const head = 44
	if len(b) < head {
		return nil, errors.New("nothing was heard")
	}
	frame := 2 * int(binary.LittleEndian.Uint16(b[22:])) // bytes of a sample of each channel
	n := int(seconds * second)
	if frame == 0 || len(b) < head+n*frame {
		return nil, fmt.Errorf("only %d bytes were heard", len(b))
	}
	b = b[head+((len(b)-head)/frame-n)*frame:]
	x := make([]float32, n)
	for i := range x { // the first channel
		x[i] = float32(int16(binary.LittleEndian.Uint16(b[frame*i:]))) / math.MaxInt16
	}
	return x, nil
}

// sounding is in what share of tenths of a second a tone is as loud as that.
func sounding(x []float32, hz, amplitude float64) float64 {
	const window = second / 10
	loud, all := 0, 0
	for ; len(x) >= window; x = x[window:] {
		var re, im, sum float64
		for i, v := range x[:window] {
			angle := 2 * math.Pi * float64(i) / window
			hann := 1 - math.Cos(angle) // the others are kept out
			sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / second)
			re, im, sum = re+hann*cos*float64(v), im+hann*sin*float64(v), sum+hann
		}
		if all++; 2*math.Hypot(re, im)/sum >= amplitude {
			loud++
		}
	}
	return float64(loud) / float64(max(1, all))
}

// TestSounding: a tone is found among others, and not where it is not.
func TestSounding(t *testing.T) {
	x := make([]float32, second)
	for _, hz := range []float64{430, 610, 1130} {
		for i, v := range audiotest.Tone(hz, tone, second/2) {
			x[i] += v
		}
	}
	for hz, want := range map[float64]float64{430: 0.5, 610: 0.5, 1130: 0.5, 850: 0, 1490: 0} {
		if got := sounding(x, hz, tone/4); got != want {
			t.Errorf("%v Hz: in %v of the time, want %v", hz, got, want)
		}
	}
}

// leaveAll ends all, who leave as people do. What one waits for who does not, their goroutines say.
func (c *chaos) leaveAll() {
	for _, p := range c.people {
		if err := p.client.Tell("leave"); err != nil {
			c.Error(err)
		}
	}
	for _, p := range c.people {
		if status, err := p.client.Wait(c.within(20 * time.Second)); err != nil || status != 0 {
			_ = p.client.Signal(syscall.SIGQUIT)
			_, _ = p.client.Wait(c.within(20 * time.Second))
			c.Errorf("%s leaves: status %d, %v\n%s\n%s", p.name, status, err, p.client.Output(), p.client.Stderr())
		}
	}
}
