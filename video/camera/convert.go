package camera

import (
	"errors"
	"fmt"
	"image"

	"parley/video"
)

var errPicture = errors.New("a picture that is not what it says it is")

// convert copies what a driver gives into a frame of the pool. full: its levels are 0 to 255, as JPEG's are (JFIF 1.02), and
// become 16 to 235, as video's.
func convert(pool *video.Pool, img image.Image, full bool) (*video.Frame, error) {
	if img == nil {
		return nil, errPicture
	}
	size := img.Bounds().Size()
	f, err := pool.Get(size.X, size.Y)
	if err != nil {
		return nil, err
	}
	switch m := img.(type) {
	case *image.YCbCr:
		err = copyYCbCr(f, m)
	case *image.Gray:
		err = copyGray(f, m)
	default:
		err = fmt.Errorf("%w: %T", errPicture, img)
	}
	if err != nil {
		f.Release()
		return nil, err
	}
	if full {
		narrow(f)
	}
	return f, nil
}

func copyGray(f *video.Frame, m *image.Gray) error {
	if !holds(m.Pix, m.Stride, f.Width, f.Height) {
		return errPicture
	}
	copyRows(f.Y, f.YStride, m.Pix, m.Stride, f.Width, f.Height)
	for _, plane := range [][]byte{f.U, f.V} {
		for i := range plane {
			plane[i] = 128
		}
	}
	return nil
}

// copyYCbCr brings chroma of any kind to half the width and height: the mean of two rows where there are all of them, one
// value of several in a row.
func copyYCbCr(f *video.Frame, m *image.YCbCr) error {
	if m.Rect.Min != (image.Point{}) || !holds(m.Y, m.YStride, f.Width, f.Height) {
		return errPicture
	}
	across, down, ok := subsampling(m.SubsampleRatio)
	if !ok {
		return fmt.Errorf("%w: chroma %v", errPicture, m.SubsampleRatio)
	}
	cw, ch := f.ChromaSize()
	w, h := (f.Width+across-1)/across, (f.Height+down-1)/down
	if !holds(m.Cb, m.CStride, w, h) || !holds(m.Cr, m.CStride, w, h) {
		return errPicture
	}
	copyRows(f.Y, f.YStride, m.Y, m.YStride, f.Width, f.Height)
	for i, src := range [][]byte{m.Cb, m.Cr} {
		dst := [][]byte{f.U, f.V}[i]
		if across == 2 && down == 2 {
			copyRows(dst, f.CStride, src, m.CStride, cw, ch)
			continue
		}
		for y := range ch {
			a := src[min(2*y/down, h-1)*m.CStride:][:w]
			b := src[min((2*y+1)/down, h-1)*m.CStride:][:w]
			chromaRow(dst[y*f.CStride:][:cw], a, b, across)
		}
	}
	return nil
}

func subsampling(r image.YCbCrSubsampleRatio) (across, down int, ok bool) {
	switch r {
	case image.YCbCrSubsampleRatio444:
		return 1, 1, true
	case image.YCbCrSubsampleRatio422:
		return 2, 1, true
	case image.YCbCrSubsampleRatio420:
		return 2, 2, true
	case image.YCbCrSubsampleRatio440:
		return 1, 2, true
	case image.YCbCrSubsampleRatio411:
		return 4, 1, true
	case image.YCbCrSubsampleRatio410:
		return 4, 2, true
	}
	return 0, 0, false
}

func chromaRow(dst, a, b []byte, across int) {
	if across == 2 { // what most cameras give
		for x := range dst {
			dst[x] = byte((uint(a[x]) + uint(b[x]) + 1) / 2)
		}
		return
	}
	for x := range dst {
		at := min(2*x/across, len(a)-1)
		dst[x] = byte((uint(a[at]) + uint(b[at]) + 1) / 2)
	}
}

// narrow squeezes the levels as ITU-R BT.601 has them.
func narrow(f *video.Frame) {
	cw, ch := f.ChromaSize()
	for y := range f.Height {
		row := f.Y[y*f.YStride:][:f.Width]
		for x, v := range row {
			row[x] = byte(16 + (uint(v)*219+127)/255)
		}
	}
	for _, plane := range [][]byte{f.U, f.V} {
		for y := range ch {
			row := plane[y*f.CStride:][:cw]
			for x, v := range row {
				row[x] = byte(128 + (int(v)-128)*224/255)
			}
		}
	}
}

func copyRows(dst []byte, dstStride int, src []byte, srcStride, width, height int) {
	for y := range height {
		copy(dst[y*dstStride:][:width], src[y*srcStride:])
	}
}

// holds says whether a plane has that many rows.
func holds(plane []byte, stride, width, height int) bool {
	return stride >= width && len(plane) >= stride*(height-1)+width
}
