package yuv

import (
	"encoding/binary"
	"image"

	"parley/video"
)

// golang is the kernel in Go. Where two ways to the same are open, it takes libyuv's.
type golang struct {
	columns [2][]tap // of luma and chroma, for the last sizes
	sizes   [2][2]image.Point
	maker   coefficients
}

// tap is one output sample between two input samples: the second one's weight is in 1/128, libyuv's precision.
type tap struct{ at, next, weight int32 }

func newGolang() *golang { return &golang{maker: newCoefficients()} }

func (g *golang) scale(dst, src *video.Frame) {
	cw, ch := dst.ChromaSize()
	sw, sh := src.ChromaSize()
	g.plane(0, dst.Y, dst.YStride, image.Pt(dst.Width, dst.Height), src.Y, src.YStride, image.Pt(src.Width, src.Height))
	g.plane(1, dst.U, dst.CStride, image.Pt(cw, ch), src.U, src.CStride, image.Pt(sw, sh))
	g.plane(1, dst.V, dst.CStride, image.Pt(cw, ch), src.V, src.CStride, image.Pt(sw, sh))
}

func (g *golang) plane(kind int, dst []byte, stride int, to image.Point, src []byte, srcStride int, from image.Point) {
	if from.X == 2*to.X && from.Y == 2*to.Y {
		halve(dst, stride, to, src, srcStride)
		return
	}
	way := ratioOf(from, to)
	if g.sizes[kind] != [2]image.Point{from, to} {
		g.sizes[kind], g.columns[kind] = [2]image.Point{from, to}, make([]tap, to.X)
		for i := range g.columns[kind] {
			at, next, part := place(i, from.X, to.X, way)
			g.columns[kind][i] = tap{int32(at), int32(next), int32(part >> 9)}
		}
		if way == twice && to.X%2 != 0 { // libyuv's last pixel
			g.columns[kind][to.X-1] = tap{int32(from.X - 1), int32(from.X - 1), 0}
		}
	}
	for y := range to.Y {
		at, next, part := place(y, from.Y, to.Y, way)
		between(dst[y*stride:][:to.X], g.columns[kind], src[at*srcStride:][:from.X], src[next*srcStride:][:from.X], int32(part>>8), way)
	}
}

// between makes one row out of two; the second one's weight is in 1/256. It rounds where libyuv does: colours are blown up
// afterwards, and would else be more than 3 levels from its.
func between(dst []byte, columns []tap, a, b []byte, weight int32, way ratio) {
	columns = columns[:len(dst)]
	switch way {
	case shrinks: // rows, then columns
		for x, t := range columns {
			left := (int32(a[t.at])*(256-weight) + int32(b[t.at])*weight + 128) >> 8
			right := (int32(a[t.next])*(256-weight) + int32(b[t.next])*weight + 128) >> 8
			dst[x] = byte((left*(128-t.weight) + right*t.weight + 64) >> 7)
		}
	case grows: // columns, then rows
		for x, t := range columns {
			top := (int32(a[t.at])*(128-t.weight) + int32(a[t.next])*t.weight + 64) >> 7
			low := (int32(b[t.at])*(128-t.weight) + int32(b[t.next])*t.weight + 64) >> 7
			dst[x] = byte((top*(256-weight) + low*weight + 128) >> 8)
		}
	case twice: // at once
		for x, t := range columns {
			top := int32(a[t.at])*(128-t.weight) + int32(a[t.next])*t.weight
			low := int32(b[t.at])*(128-t.weight) + int32(b[t.next])*t.weight
			dst[x] = byte((top*(256-weight) + low*weight + 1<<14) >> 15)
		}
	case threeQuarters: // means of means of rows, then columns
		for x, t := range columns {
			left, right := quarter(a[t.at], b[t.at], weight), quarter(a[t.next], b[t.next], weight)
			dst[x] = byte((left*(128-t.weight) + right*t.weight + 64) >> 7)
		}
	}
}

// quarter is a quarter, a half or three of the way from a to b, by processors' instruction for means, which rounds up.
func quarter(a, b byte, weight int32) int32 {
	mean := (int32(a) + int32(b) + 1) >> 1
	switch {
	case weight < 128:
		return (mean + int32(a) + 1) >> 1
	case weight > 128:
		return (mean + int32(b) + 1) >> 1
	}
	return mean
}

func halve(dst []byte, stride int, to image.Point, src []byte, srcStride int) {
	for y := range to.Y {
		a, b := src[2*y*srcStride:][:2*to.X], src[(2*y+1)*srcStride:][:2*to.X]
		out := dst[y*stride:][:to.X]
		for x := range out {
			p, q := a[2*x:][:2], b[2*x:][:2]
			out[x] = byte((int(p[0]) + int(p[1]) + int(q[0]) + int(q[1]) + 2) >> 2)
		}
	}
}

// ratio is one of libyuv's ways to scale. For two ratios it has code of its own.
type ratio int

const (
	shrinks ratio = iota // in height
	grows
	threeQuarters
	twice
)

func ratioOf(from, to image.Point) ratio {
	switch {
	case 4*to.X == 3*from.X && 4*to.Y == 3*from.Y:
		return threeQuarters
	case (to.X+1)/2 == from.X && (to.Y+1)/2 == from.Y:
		return twice
	case to.Y > from.Y:
		return grows
	}
	return shrinks
}

// place says between which input samples output sample i lies, and how far on the way in 1/65536.
func place(i, from, to int, way ratio) (at, next, part int) {
	const one = 1 << 16
	x := 0
	switch {
	case way == threeQuarters: // 1/4, 1 2/4, 2 3/4: not the centres, which are at 1/6, 1 1/2, 2 5/6
		x = (i/3*4+i%3)*one + (i%3+1)*one/4
	case way == twice: // centre to centre
		x = i*one/2 - one/4
	case to <= from: // centre to centre
		step := from * one / to
		x = step/2 - one/2 + i*step
	case from > 1: // first to first and last to last
		x = i * ((from*one - 1 - one) / (to - 1))
	}
	x = min(max(x, 0), (from-1)*one)
	at = x / one
	return at, min(at+1, from-1), x % one
}

// coefficients are BT.601's, limited range, in 1/65536, for each value of a sample.
type coefficients struct {
	y, rv, gu, gv, bu [256]int32
	clamp             [1024]byte
}

func newCoefficients() (c coefficients) {
	for i := range int32(256) {
		c.y[i] = 76309*(i-16) + 32768
		c.rv[i], c.gu[i], c.gv[i], c.bu[i] = 104597*(i-128), -25675*(i-128), -53279*(i-128), 132201*(i-128)
	}
	for i := range c.clamp {
		c.clamp[i] = byte(min(max(i-384, 0), 255))
	}
	return c
}

func (g *golang) pixels(dst *image.RGBA, src *video.Frame, o order) {
	cw, _ := src.ChromaSize()
	for y := range src.Height {
		u, v := src.U[y/2*src.CStride:][:cw], src.V[y/2*src.CStride:][:cw]
		g.maker.row(dst.Pix[y*dst.Stride:][:4*src.Width], src.Y[y*src.YStride:][:src.Width], u, v, o)
	}
}

// row converts one row. Two pixels share their chroma; a last one may be alone.
func (c *coefficients) row(dst, luma, u, v []byte, o order) {
	pairs := len(luma) / 2
	d, l, us, vs := dst[:8*pairs], luma[:2*pairs], u[:pairs], v[:pairs]
	for i, cu := range us {
		r, g, b := c.chroma(cu, vs[i], o)
		p, y := d[8*i:][:8], l[2*i:][:2]
		binary.LittleEndian.PutUint32(p, c.pixel(c.y[y[0]], r, g, b))
		binary.LittleEndian.PutUint32(p[4:], c.pixel(c.y[y[1]], r, g, b))
	}
	if len(luma)%2 != 0 {
		r, g, b := c.chroma(u[pairs], v[pairs], o)
		binary.LittleEndian.PutUint32(dst[8*pairs:], c.pixel(c.y[luma[2*pairs]], r, g, b))
	}
}

// chroma is what the colour adds to the first three bytes of a pixel.
func (c *coefficients) chroma(u, v byte, o order) (first, second, third int32) {
	if o == bgra {
		return c.bu[u], c.gu[u] + c.gv[v], c.rv[v]
	}
	return c.rv[v], c.gu[u] + c.gv[v], c.bu[u]
}

func (c *coefficients) pixel(y, r, g, b int32) uint32 {
	return 255<<24 | c.level(y+r) | c.level(y+g)<<8 | c.level(y+b)<<16
}

func (c *coefficients) level(v int32) uint32 { return uint32(c.clamp[(v>>16+384)&1023]) }

// planes takes libyuv's whole numbers for BT.601, in 1/256. A colour is that of the mean of four pixels; at an odd edge those
// inside are counted twice.
func (g *golang) planes(dst *video.Frame, rows []byte, stride int) {
	cw, ch := dst.ChromaSize()
	for y := range dst.Height {
		lumaRow(dst.Y[y*dst.YStride:][:dst.Width], rows[y*stride:][:4*dst.Width])
	}
	for y := range ch {
		a := rows[2*y*stride:][:4*dst.Width]
		b := rows[min(2*y+1, dst.Height-1)*stride:][:4*dst.Width]
		colourRow(dst.U[y*dst.CStride:][:cw], dst.V[y*dst.CStride:][:cw], a, b)
	}
}

func lumaRow(dst, row []byte) {
	for x := range dst {
		p := row[4*x:][:3]
		dst[x] = byte((25*int(p[0]) + 129*int(p[1]) + 66*int(p[2]) + 0x1080) >> 8)
	}
}

func colourRow(us, vs, a, b []byte) {
	for x := range us {
		at := 8 * x
		next := min(at+4, len(a)-4)
		mean := func(i int) int { return (int(a[at+i]) + int(a[next+i]) + int(b[at+i]) + int(b[next+i]) + 2) >> 2 }
		blue, green, red := mean(0), mean(1), mean(2)
		us[x] = byte((112*blue - 74*green - 38*red + 0x8080) >> 8)
		vs[x] = byte((112*red - 94*green - 18*blue + 0x8080) >> 8)
	}
}
