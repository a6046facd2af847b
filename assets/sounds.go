package assets

import (
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed sounds/*.wav
var sounds embed.FS

// SoundRate is the rate of every sound, in Hz.
const SoundRate = 48000

// Sound returns one of our sounds, mono at SoundRate in [-1, 1], by the name of its file without the suffix. It is one
// round: whoever rings repeats "ring" every 2.4 s and "ringback" every 3 s. The caller owns the samples.
func Sound(name string) ([]float32, error) {
	data, err := sounds.ReadFile("sounds/" + name + ".wav")
	if err != nil {
		return nil, fmt.Errorf("sound: %w", err)
	}
	samples, err := parseWAV(data)
	if err != nil {
		return nil, fmt.Errorf("sound %s: %w", name, err)
	}
	return samples, nil
}

// Sounds returns the names that Sound knows, sorted.
func Sounds() []string { return names(sounds, "sounds/*.wav") }

// names lists files that match without their folder and suffix.
func names(from fs.FS, pattern string) []string {
	files, err := fs.Glob(from, pattern)
	if err != nil {
		return nil // only for a malformed pattern
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(path.Base(file), path.Ext(file))
	}
	return files
}

// wavHeader is the head of the only kind of WAV that we make: PCM, in a RIFF file of two chunks.
type wavHeader struct {
	RIFF       [4]byte
	Size       uint32
	WAVE, Fmt  [4]byte
	FmtSize    uint32
	Format     uint16
	Channels   uint16
	Rate       uint32
	ByteRate   uint32
	BlockAlign uint16
	Bits       uint16
	Data       [4]byte
	DataSize   uint32
}

const wavHeaderSize = 44

// newWAVHeader is that of so many mono samples of 16 bits.
func newWAVHeader(samples int) wavHeader {
	bytes := uint32(2 * samples)
	return wavHeader{
		RIFF: [4]byte{'R', 'I', 'F', 'F'}, Size: wavHeaderSize - 8 + bytes, WAVE: [4]byte{'W', 'A', 'V', 'E'},
		Fmt: [4]byte{'f', 'm', 't', ' '}, FmtSize: 16, Format: 1, Channels: 1,
		Rate: SoundRate, ByteRate: 2 * SoundRate, BlockAlign: 2, Bits: 16,
		Data: [4]byte{'d', 'a', 't', 'a'}, DataSize: bytes,
	}
}

var errWAV = errors.New("not a WAV of 16 bits, one channel and 48 kHz as we make them")

func parseWAV(data []byte) ([]float32, error) {
	var head wavHeader
	n, err := binary.Decode(data, binary.LittleEndian, &head)
	if err != nil || head != newWAVHeader((len(data)-n)/2) || len(data)%2 != 0 {
		return nil, errWAV
	}
	samples := make([]float32, (len(data)-n)/2)
	for i := range samples {
		samples[i] = float32(int16(binary.LittleEndian.Uint16(data[n+2*i:]))) / 32768
	}
	return samples, nil
}
