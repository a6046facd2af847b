package model

import (
	"fmt"
	"math"

	"parley/call"
)

// pictureWord is how high the picture is that one sees in a call: ", 720p". Outside of a call, and without a picture, it is empty.
func pictureWord(in Input, h here) string {
	if !inCall(in.Snapshot) || len(h.peers) == 0 || !h.peers[0].Camera {
		return ""
	}
	for _, st := range in.Stats.Peers {
		if p := h.peers[0]; st.User == p.User && st.Member == p.Member && st.Picture.Height > 0 {
			return fmt.Sprintf(", %dp", st.Picture.Height)
		}
	}
	return ""
}

// pictureDetails are the figures of the pictures of a place, where there are any.
func pictureDetails(s *call.Snapshot, st call.Stats) (out []Detail) {
	if s.Place.Phase == call.Idle {
		return nil
	}
	for _, p := range st.Peers {
		from := "them"
		if !inCall(s) {
			from = peerName(s, p.Member)
		}
		if in := p.Picture; in.Pictures > 0 {
			out = append(out, Detail{"Picture from " + from, pictureFigures(in.Width, in.Height, in.FPSShown, in.Kbps)})
			if inCall(s) {
				out = append(out, Detail{"Freezes", fmt.Sprintf("%d, %s", in.Freezes, milliseconds(in.FrozenMS))}, Detail{"Sound and picture", apart(in.LipSyncMS)})
			}
		}
		if in := p.Screen; in.Pictures > 0 {
			out = append(out, Detail{"Screen from " + from, pictureFigures(in.Width, in.Height, in.FPSShown, in.Kbps)})
		}
	}
	if sent := st.Picture.Sent; s.Camera.On && sent.Pictures > 0 {
		out = append(out, Detail{"Picture to them", pictureFigures(sent.Width, sent.Height, sent.FPS, sent.Kbps)})
	}
	if sent := st.Screen.Sent; s.Screen.Sharing && sent.Pictures > 0 {
		out = append(out, Detail{"Screen to them", pictureFigures(sent.Width, sent.Height, sent.FPS, sent.Kbps)})
	}
	return out
}

func pictureFigures(width, height int, fps, kbps float64) string {
	return fmt.Sprintf("%d × %d, %s a second, %s kbit/s", width, height, figure(fps), figure(kbps))
}

// apart says how far the two are from each other.
func apart(ms float64) string {
	if math.Abs(ms) < 1 {
		return "together"
	}
	return milliseconds(math.Abs(ms)) + " apart"
}

// figure writes a number that a far end may have had a hand in.
func figure(v float64) string {
	if math.IsNaN(v) || v < 0 || v > 1e6 {
		return "?"
	}
	return fmt.Sprintf("%.0f", v)
}
