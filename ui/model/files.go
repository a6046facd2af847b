package model

import (
	"fmt"
	"slices"
	"time"

	"parley/call"
)

// files keeps the lines of the transfers as they were given out.
type files struct {
	rows    []Transfer
	version uint64
}

// maxTransfers is how many are shown: the newest.
const maxTransfers = 50

func (f *files) update(in Input, c crowd) ([]Transfer, uint64) {
	all := in.Snapshot.Transfers
	var rows []Transfer
	for _, t := range slices.Backward(all[max(0, len(all)-maxTransfers):]) {
		rows = append(rows, transferOf(in.Snapshot, c, t))
	}
	if f.version == 0 || !slices.Equal(f.rows, rows) {
		f.rows, f.version = rows, f.version+1
	}
	return f.rows, f.version
}

func transferOf(s *call.Snapshot, c crowd, t call.Transfer) Transfer {
	name := c.find(t.User, t.Name, nil).name
	out := Transfer{ID: t.ID, File: Inert(t.File), Over: t.Phase.Over()}
	if out.File == "" {
		out.File = "A file"
	}
	switch t.Phase {
	case call.TransferOffered:
		out.Line = fmt.Sprintf("%s, waiting for %s to accept", bytesOf(t.Size), name)
		if t.Incoming {
			out.Offer, out.New = !t.Accepted, strange(s, t.User)
			out.Line = fmt.Sprintf("%s, from %s", bytesOf(t.Size), name)
		}
		if t.Accepted {
			out.Line += ", comes after the others"
		}
	case call.TransferRunning, call.TransferPaused:
		out.Bar, out.Share, out.Still = true, share(t.Done, t.Size), t.Phase == call.TransferPaused
		out.Line = underway(t, name)
	case call.TransferDone:
		out.Tone, out.Line = Good, "Sent to "+name+", "+bytesOf(t.Size)
		if t.Incoming {
			out.Line, out.Path = "From "+name+", "+bytesOf(t.Size), t.Path
		}
	default:
		out.Tone, out.Line = failure(t, name)
	}
	return out
}

// strange says whether somebody's key was never met before.
func strange(s *call.Snapshot, user string) bool {
	for _, p := range s.Place.Peers {
		if p.User == user {
			return p.New
		}
	}
	return directoryOf(s).Person(user).New
}

// underway is the line of a file that comes or goes.
func underway(t call.Transfer, name string) string {
	way := "to "
	if t.Incoming {
		way = "from "
	}
	out := bytesOf(t.Done) + " of " + bytesOf(t.Size) + " " + way + name
	switch {
	case t.Phase == call.TransferPaused:
		return out + ", waiting for the connection to " + name
	case t.Rate > 0:
		return out + ", " + bytesOf(int64(t.Rate)) + "/s, " + remaining(time.Duration(float64(t.Size-t.Done)/float64(t.Rate)*float64(time.Second)))
	}
	return out
}

// failure is why a file did not come, or go.
func failure(t call.Transfer, name string) (Tone, string) {
	switch {
	case t.Phase == call.TransferRefused && t.Incoming:
		return Plain, "You refused it."
	case t.Phase == call.TransferRefused:
		return Warn, capital(name) + " refused it."
	case t.Failed != "":
		return Warn, Inert(t.Failed)
	case t.Phase == call.TransferCancelled:
		return Plain, "It was cancelled."
	}
	return Warn, "It did not arrive."
}

func share(done, size int64) float32 {
	if size <= 0 {
		return 1
	}
	return float32(min(max(float64(done)/float64(size), 0), 1))
}

// bytesOf is a number of bytes as people read it.
func bytesOf(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d bytes", max(n, 0))
	}
	units := []string{"kB", "MB", "GB", "TB", "PB", "EB"}
	x, u := float64(n)/1000, 0
	for x >= 999.5 && u < len(units)-1 {
		x, u = x/1000, u+1
	}
	if x < 9.95 {
		return fmt.Sprintf("%.1f %s", x, units[u])
	}
	return fmt.Sprintf("%.0f %s", x, units[u])
}

// remaining is about how long something takes yet.
func remaining(d time.Duration) string {
	switch {
	case d < 0 || d >= 24*time.Hour:
		return "more than a day left"
	case d >= time.Hour:
		return fmt.Sprintf("%d h %d min left", d/time.Hour, d/time.Minute%60)
	case d >= time.Minute:
		return fmt.Sprintf("%d min left", (d+time.Minute/2)/time.Minute)
	}
	return fmt.Sprintf("%d s left", (d+time.Second-1)/time.Second)
}

// NoFile says in a sentence why one can't send a file to somebody now; empty: one can.
func NoFile(s *call.Snapshot, user string) string {
	if user == s.Self.User {
		return "This is you."
	}
	for _, p := range s.Place.Peers {
		if p.User != user {
			continue
		}
		switch p.Phase {
		case call.Held:
			return "They are held back. Let them in first."
		case call.Connected:
			return ""
		}
		return "They are not connected yet."
	}
	return "Files go to people in your channel or call."
}

// Receiver is somebody whom one can send a file to.
type Receiver struct{ User, Name string }

// Receivers are all of them, in the order of the stage.
func Receivers(s *call.Snapshot) (all []Receiver) {
	for _, p := range s.Place.Peers {
		if p.Phase == call.Connected {
			all = append(all, Receiver{p.User, personName(p.Name, p.User)})
		}
	}
	return all
}
