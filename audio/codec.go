package audio

// Encoder turns a frame into a packet. It is used by one goroutine at a time. audio/opus has the real one.
type Encoder interface {
	// Encode writes one packet for pcm (480 or 960 samples) into out and returns the used part of out.
	Encode(pcm []float32, out []byte) ([]byte, error)
	// Tune changes what can change between two packets.
	Tune(Tuning) error
	// Close frees what Go's collector does not see; the encoder is not used afterwards.
	Close()
}

// Tuning is what a running encoder can be told.
type Tuning struct {
	Bitrate     int  // bit/s, 8000 to 192000
	Complexity  int  // 0 to 10
	LossPercent int  // what the worst receiver reports: how much forward error correction is worth
	FEC         bool // in-band forward error correction (RFC 6716, section 2.1.7)
	DTX         bool // nearly nothing is sent in silence (RFC 6716, section 2.1.9)
	// LowDelay looks ahead by 2.5 ms in the place of 6.5, where the Encoder can. There is no forward error correction then, and less
	// quality below 48 kbit/s.
	LowDelay bool
	Stereo   bool // packets have two channels, where the Encoder is a StereoEncoder
}

// StereoEncoder is an Encoder that can make packets of two channels, too. One kind may follow the other at any time.
type StereoEncoder interface {
	Encoder
	// EncodeStereo is Encode for (L+R)/2 and (L-R)/2, of the same length.
	EncodeStereo(mid, side []float32, out []byte) ([]byte, error)
}

// Decoder turns packets into sound. It is used by one goroutine at a time. Each method returns how many samples it wrote.
type Decoder interface {
	// Decode writes the packet's own samples; pcm has room for MaxPacketSamples.
	Decode(packet []byte, pcm []float32) (int, error)
	// Recover rebuilds the frame before packet from the redundant copy that packet carries, or conceals it where there
	// is none. len(pcm) is the length of the lost frame.
	Recover(packet []byte, pcm []float32) (int, error)
	// Conceal invents len(pcm) samples that continue what was decoded last.
	Conceal(pcm []float32) (int, error)
}

// StereoDecoder is a Decoder that knows the second channel of what it writes, which is (L+R)/2.
type StereoDecoder interface {
	Decoder
	// Side is (L-R)/2 of what the last Decode, Recover or Conceal wrote, as long as that and valid until the next. It is empty where
	// both channels are the same, and after an error.
	Side() []float32
}

// Denoiser removes noise from one frame of 480 samples in place and tells how likely it holds a voice, from 0 to 1.
type Denoiser interface {
	Process(frame []float32) (voice float32, err error)
}
