package lab

import (
	"crypto/rand"
	"fmt"
	"sync/atomic"
	"time"

	"parley/identity"
	"parley/wire"
)

// Crowd is a server with so many channels and people that no list of them fits a window, half of the people in channels. It gives them
// other names as often as it is told to.
type Crowd struct {
	*Imposter
	every atomic.Int64 // between two waves of names, in nanoseconds; 0: none
	waves atomic.Int64 // that were sent

	channels []wire.Channel
	users    []wire.User
	members  []wire.Member // of the same index; those without a channel are of no account

	snapshot [][]byte
	names    [crowdRounds][][]byte // messages, encoded before anything is measured
}

const (
	crowdRounds = 4   // of names, one after the other
	crowdSeats  = 4   // people in each channel, as far as half of them go
	crowdSight  = 20  // channels whose names and people change with each wave: more than there is room for in a window
	crowdPart   = 100 // things in a message, of 400 bytes at most
)

// crowdWords are as different in length as names are.
var crowdWords = [...]string{"Ana", "Boris", "Cleo of the North", "Dmitri", "Émile", "Farida", "Gus", "Hao Zhou", "Inés", "Józef Wiśniewski", "Kim"}

// crowdName is another one in each round; who sits in sight is called so that they are the first of the people, too.
func crowdName(i, round int) string {
	name := fmt.Sprintf("%s %d", crowdWords[(i+round)%len(crowdWords)], (i*7919+round*31)%100_000)
	if i < 2*crowdSeats*crowdSight && i%2 == 0 {
		return "A " + name
	}
	return name
}

// StartCrowd makes one. Nothing is renamed yet.
func StartCrowd(channels, people int) (*Crowd, error) {
	c := &Crowd{}
	for i := range people {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // it never fails
		u := wire.User{ID: identity.UserID(key), Key: key, Role: wire.RoleMember, Status: [...]string{wire.Online, wire.Away, wire.Busy, wire.Offline}[i%4]}
		if channel := i / 2 / crowdSeats; i%2 == 0 && channel < channels {
			u.Channel = fmt.Sprintf("c%d", channel)
		}
		c.users = append(c.users, u)
		c.members = append(c.members, wire.Member{Address: wire.Address{User: u.ID, Member: identity.NewMemberID()}, Key: key, Nonce: identity.NewChallenge(), Muted: i%3 == 0})
	}
	c.channels = make([]wire.Channel, channels)
	err := c.encode()
	if err == nil {
		c.Imposter, err = StartImposter(c.serve)
	}
	if err != nil {
		return nil, fmt.Errorf("start crowd: %w", err)
	}
	return c, nil
}

// encode puts what will be said into words.
func (c *Crowd) encode() error {
	for round := range crowdRounds {
		c.rename(round)
		for i, u := range c.users[:min(2*crowdSeats*crowdSight, len(c.users))] {
			if u.Channel == "" {
				continue
			}
			if err := say(&c.names[round], 0, &wire.UserChanged{User: u}); err != nil {
				return err
			}
			if err := say(&c.names[round], 0, &wire.MemberChanged{Channel: u.Channel, Seq: 1, Member: c.members[i]}); err != nil {
				return err
			}
		}
		for _, channel := range c.channels[:min(crowdSight, len(c.channels))] {
			if err := say(&c.names[round], 0, &wire.ChannelChanged{Channel: channel}); err != nil {
				return err
			}
		}
	}
	return c.encodeSnapshot()
}

func (c *Crowd) rename(round int) {
	for i := range c.channels {
		c.channels[i] = wire.Channel{ID: fmt.Sprintf("c%d", i), Name: crowdName(i, round) + "'s", Position: i}
	}
	for i := range c.users {
		c.users[i].Name = crowdName(i, round)
		c.members[i].Name = c.users[i].Name
	}
}

// encodeSnapshot tells of all in parts.
func (c *Crowd) encodeSnapshot() error {
	var parts []wire.Snapshot
	room := 0
	part := func(n int) *wire.Snapshot {
		if room -= n; room < 0 {
			parts, room = append(parts, wire.Snapshot{Part: len(parts)}), crowdPart-n
		}
		return &parts[len(parts)-1]
	}
	for _, channel := range c.channels {
		p := part(1)
		p.Channels = append(p.Channels, channel)
	}
	var rosters []wire.Roster
	for i, u := range c.users {
		p := part(1)
		p.Users = append(p.Users, u)
		if last := len(rosters) - 1; u.Channel != "" && last >= 0 && rosters[last].Channel == u.Channel {
			rosters[last].Members = append(rosters[last].Members, c.members[i])
		} else if u.Channel != "" {
			rosters = append(rosters, wire.Roster{Channel: u.Channel, Seq: 1, Members: []wire.Member{c.members[i]}})
		}
	}
	for _, r := range rosters {
		p := part(1 + len(r.Members))
		p.Rosters = append(p.Rosters, r)
	}
	parts[len(parts)-1].Last = true
	for i := range parts {
		if err := say(&c.snapshot, uint64(1+i), &parts[i]); err != nil {
			return err
		}
	}
	return nil
}

// say puts an event into words. One without a number may be said at any time, and again.
func say(to *[][]byte, seq uint64, m wire.Message) error {
	data, err := wire.Encode(wire.Envelope{Seq: seq, Body: m})
	*to = append(*to, data)
	return err
}

// Rename gives all that is first in a list another name that often from now on, or as often as the client listens; 0: no more.
func (c *Crowd) Rename(every time.Duration) { c.every.Store(int64(every)) }

// Waves is how often they have had another name by now.
func (c *Crowd) Waves() int { return int(c.waves.Load()) }

func (c *Crowd) serve(conn *wire.Conn, login wire.Login) {
	me := wire.User{ID: identity.UserID(identity.PublicKey(login.Key)), Key: login.Key, Name: login.Name, Role: wire.RoleMember, Status: wire.Online}
	if conn.Write(wire.Envelope{Body: wire.Welcome{Session: "s", User: me.ID, Role: wire.RoleMember, HeartbeatMS: 15000}}) != nil {
		return
	}
	if !tell(conn, c.snapshot) || conn.Write(wire.Envelope{Seq: uint64(len(c.snapshot) + 1), Body: &wire.UserChanged{User: me}}) != nil {
		return
	}
	gone := make(chan struct{})
	defer close(gone)
	go c.stir(conn, gone)
	for {
		env, err := conn.Read(time.Now().Add(time.Minute))
		if err != nil {
			return
		}
		reply := wire.Envelope{Re: env.ID, Body: &wire.OK{}}
		switch m := env.Body.(type) {
		case *wire.Heartbeat:
			reply = wire.Envelope{Body: &wire.Heartbeat{Seq: m.Seq}}
		case *wire.VoiceJoin:
			self := wire.Member{Address: wire.Address{User: me.ID, Member: m.Member}, Key: me.Key, Name: me.Name, Nonce: m.Nonce}
			reply.Body = &wire.Roster{Channel: m.Channel, Seq: 1, Members: []wire.Member{self}, Relay: &wire.Turn{}}
		default:
			if env.ID == 0 {
				continue
			}
		}
		if conn.Write(reply) != nil {
			return
		}
	}
}

// stir renames until the client has gone.
func (c *Crowd) stir(conn *wire.Conn, gone <-chan struct{}) {
	const look = 5 * time.Millisecond // whether to
	tick := time.NewTicker(look)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-gone:
			return
		case <-tick.C:
		}
		every := time.Duration(c.every.Load())
		if every == 0 || time.Since(last) < every {
			continue
		}
		last = time.Now()
		if !tell(conn, c.names[c.waves.Load()%crowdRounds]) {
			return
		}
		c.waves.Add(1)
	}
}

func tell(conn *wire.Conn, messages [][]byte) bool {
	for _, m := range messages {
		if conn.WriteEncoded(m) != nil {
			return false
		}
	}
	return true
}
