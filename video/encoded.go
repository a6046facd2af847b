package video

// Codec names what a picture is coded with.
type Codec uint8

// The codecs that calls negotiate, in the order in which they are offered.
const (
	VP9 Codec = iota + 1
	VP8
)

// String is the codec's name as in SDP (RFC 9628 section 6, RFC 7741 section 6.1).
func (c Codec) String() string {
	switch c {
	case VP9:
		return "VP9"
	case VP8:
		return "VP8"
	}
	return "unknown"
}

// Encoded is one coded picture: what an encoder makes, a Payloader cuts into packets, an Assembler puts together and a
// decoder takes. Its memory is the maker's and good until its next call, unless the maker says otherwise.
type Encoded struct {
	Data          []byte
	Key           bool   // decodable by itself
	Layer         int    // temporal layer, 0 is the base; a layer's pictures need only those of lower ones, see Payloader
	Width, Height int    // pixels; an Assembler leaves them zero
	Timestamp     uint32 // RTP's clock, 90 kHz
}
