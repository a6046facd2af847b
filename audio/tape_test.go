package audio_test

import (
	"testing"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
)

// What comes off the tape is what the far end would hear: the sound, and silence where nothing was sent.
func TestTape(t *testing.T) {
	tape := audio.NewTape(time.Second)
	if got, err := tape.Decode(&codec{}); got != nil || err != nil {
		t.Error("an empty tape has sound")
	}
	c, out := &codec{}, make([]byte, audio.MaxPacket)
	const size = 2 * audio.FrameSize
	start := uint32(0xffffffff - 5*size) // the clock wraps within
	var want []float32
	for i := range 70 {
		if i >= 20 && i < 30 {
			if i == 20 {
				tape.Add(audio.Packet{Timestamp: start + uint32(i*size), Payload: []byte{toc}})
			}
			want = append(want, make([]float32, size)...)
			continue
		}
		pcm := tone(200, 0.3, i*size, size)
		if i < 50 { // the tape's length
			want = append(want, pcm...)
		}
		p, _ := c.Encode(pcm, out)
		tape.Add(audio.Packet{Timestamp: start + uint32(i*size), Payload: p})
	}
	got, err := tape.Decode(&codec{})
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d samples of %d, %v", len(got), len(want), err)
	}
	if snr := audiotest.SISDR(want, got); snr < 20 { // the codec gives 22
		t.Errorf("%.1f dB", snr)
	}
	if level := rms(got[20*size : 30*size]); level != 0 {
		t.Errorf("sound at %v where there was silence", level)
	}
	if n := clicks(got, 0.3*2*3.15*200*4/audio.SampleRate*1.2); n != 0 {
		t.Errorf("%d clicks", n)
	}
	tape.Add(audio.Packet{Timestamp: start + 5*size, Payload: make([]byte, audio.MaxPacket)})
	if _, err := tape.Decode(&codec{}); err == nil {
		t.Error("garbage is sound")
	}
}

func TestTapeAllocatesNothing(t *testing.T) {
	tape := audio.NewTape(5 * time.Second)
	p := audio.Packet{Payload: make([]byte, 200)}
	if n := testing.AllocsPerRun(400, func() { tape.Add(p); p.Timestamp += audio.FrameSize }); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}
