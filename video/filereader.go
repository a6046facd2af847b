package video

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// ErrFile is returned for a file of pictures that is none, or that is not what it says it is. The message says how.
var ErrFile = errors.New("not a usable file of pictures")

// The slowest and fastest pictures that a file may have, per second.
const (
	minRate = 1
	maxRate = 240
)

// y4mMagic begins a Y4M file and y4mFrame each of its pictures.
const (
	y4mMagic = "YUV4MPEG2"
	y4mFrame = "FRAME"
)

// FileReader reads the pictures of a Y4M file, or of raw I420 without any header, one after the other.
type FileReader struct {
	src           io.ReadSeeker
	buf           *bufio.Reader
	start         int64 // where the first picture begins
	width, height int
	num, den      int // pictures a second
	y4m           bool
	count         int // pictures read since the beginning
}

// NewI420Reader reads raw pictures of that size and rate. A file that is no whole number of them is refused: it is of
// another size.
func NewI420Reader(src io.ReadSeeker, width, height, rate int) (*FileReader, error) {
	if err := CheckSize(width, height); err != nil {
		return nil, err
	}
	if rate < minRate || rate > maxRate {
		return nil, fmt.Errorf("%w: %d pictures a second", ErrFile, rate)
	}
	r := &FileReader{src: src, buf: bufio.NewReader(src), width: width, height: height, num: rate, den: 1}
	size, err := src.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("size of the file: %w", err)
	}
	if size == 0 || size%r.bytes() != 0 {
		return nil, fmt.Errorf("%w: %d bytes are no whole number of %dx%d pictures in I420, of %d bytes each",
			ErrFile, size, width, height, r.bytes())
	}
	return r, r.Rewind()
}

// NewY4MReader reads a file that says itself how large and fast its pictures are: 4:2:0 with 8 bits, not interlaced.
// Whether the first picture is as large as it says is looked at here, the others when they are read.
func NewY4MReader(src io.ReadSeeker) (*FileReader, error) {
	r := &FileReader{src: src, buf: bufio.NewReader(src), y4m: true, num: 30, den: 1}
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("seek: %w", err)
	}
	line, err := r.line()
	if err == io.EOF {
		return nil, fmt.Errorf("%w: it is empty", ErrFile)
	}
	if err != nil {
		return nil, err
	}
	if err := r.header(line); err != nil {
		return nil, err
	}
	r.start = int64(len(line)) + 1
	if err := r.first(); err != nil {
		return nil, err
	}
	return r, r.Rewind()
}

// Size is that of every picture.
func (r *FileReader) Size() (width, height int) { return r.width, r.height }

// At is the time of a picture since the first one, which is number 0.
func (r *FileReader) At(n int) time.Duration {
	return time.Duration(float64(n) * float64(r.den) / float64(r.num) * float64(time.Second))
}

// Read reads the next picture into a frame of the file's size, and is io.EOF after the last one.
func (r *FileReader) Read(f *Frame) error {
	if f.Width != r.width || f.Height != r.height {
		return fmt.Errorf("%w: a frame of %dx%d for pictures of %dx%d", ErrSize, f.Width, f.Height, r.width, r.height)
	}
	if r.y4m {
		if err := r.frame(); err != nil {
			return err
		}
	}
	cw, ch := f.ChromaSize()
	for i, p := range []struct {
		plane           []byte
		stride, w, rows int
	}{{f.Y, f.YStride, f.Width, f.Height}, {f.U, f.CStride, cw, ch}, {f.V, f.CStride, cw, ch}} {
		for y := range p.rows {
			_, err := io.ReadFull(r.buf, p.plane[y*p.stride:][:p.w])
			if err == io.EOF && i == 0 && y == 0 && !r.y4m {
				return io.EOF
			}
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				return r.lies()
			}
			if err != nil {
				return fmt.Errorf("read a picture: %w", err)
			}
		}
	}
	r.count++
	return nil
}

// Rewind goes back to the first picture.
func (r *FileReader) Rewind() error {
	if _, err := r.src.Seek(r.start, io.SeekStart); err != nil {
		return fmt.Errorf("seek: %w", err)
	}
	r.buf.Reset(r.src)
	r.count = 0
	return nil
}

// bytes is how many one picture has.
func (r *FileReader) bytes() int64 {
	return int64(r.width)*int64(r.height) + 2*int64((r.width+1)/2)*int64((r.height+1)/2)
}

func (r *FileReader) lies() error {
	return fmt.Errorf("%w: it says that its pictures are %dx%d, but picture %d is not, or is cut short", ErrFile, r.width, r.height, r.count)
}

// line reads up to a newline, which is not returned. No line that makes sense is longer than the buffer, 4096 bytes.
func (r *FileReader) line() ([]byte, error) {
	line, err := r.buf.ReadSlice('\n')
	switch {
	case err == io.EOF && len(line) == 0:
		return nil, io.EOF
	case err == io.EOF || errors.Is(err, bufio.ErrBufferFull):
		return nil, fmt.Errorf("%w: a header without an end", ErrFile)
	case err != nil:
		return nil, fmt.Errorf("read a header: %w", err)
	}
	return line[:len(line)-1], nil
}

// first looks whether behind the first picture there is a second one, or the end.
func (r *FileReader) first() error {
	if err := r.frame(); err == io.EOF {
		return fmt.Errorf("%w: it has no picture", ErrFile)
	} else if err != nil {
		return err
	}
	if n, err := io.CopyN(io.Discard, r.buf, r.bytes()); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read a picture: %w", err)
	} else if n < r.bytes() {
		return r.lies()
	}
	r.count = 1
	if err := r.frame(); err != nil && err != io.EOF {
		return err
	}
	return nil
}

// frame reads the line before a picture.
func (r *FileReader) frame() error {
	line, err := r.line()
	if err == io.EOF {
		return io.EOF
	}
	if err != nil || !bytes.HasPrefix(line, []byte(y4mFrame)) || len(line) > len(y4mFrame) && line[len(y4mFrame)] != ' ' {
		return r.lies()
	}
	return nil
}

// header reads the first line: the magic and then words of a letter and a value.
func (r *FileReader) header(line []byte) error {
	words := bytes.Fields(line)
	if len(words) == 0 || string(words[0]) != y4mMagic {
		return fmt.Errorf("%w: it does not begin as a Y4M file does", ErrFile)
	}
	for _, word := range words[1:] {
		if err := r.word(word[0], string(word[1:])); err != nil {
			return err
		}
	}
	if err := CheckSize(r.width, r.height); err != nil {
		return fmt.Errorf("%w: %w", ErrFile, err)
	}
	return nil
}

func (r *FileReader) word(letter byte, value string) (err error) {
	switch letter {
	case 'W':
		r.width, err = strconv.Atoi(value)
	case 'H':
		r.height, err = strconv.Atoi(value)
	case 'F':
		num, den, _ := bytes.Cut([]byte(value), []byte(":"))
		if r.num, err = strconv.Atoi(string(num)); err == nil {
			r.den, err = strconv.Atoi(string(den))
		}
		const most = 1 << 30
		if err == nil && (r.den < 1 || r.num < 1 || r.den > most || r.num > most || r.num/r.den > maxRate || r.num/r.den < minRate) {
			err = strconv.ErrRange
		}
	case 'I':
		if value != "p" && value != "?" {
			return fmt.Errorf("%w: interlaced pictures", ErrFile)
		}
	case 'C':
		switch value {
		case "420", "420jpeg", "420mpeg2", "420paldv": // they differ in where between the pixels the chroma stands
		default:
			return fmt.Errorf("%w: colours as %q, not 4:2:0 with 8 bits", ErrFile, value)
		}
	}
	if err != nil {
		return fmt.Errorf("%w: %c%q in its header", ErrFile, letter, value)
	}
	return nil
}
