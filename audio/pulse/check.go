package pulse

import (
	"encoding/binary"
	"reflect"
	"strconv"

	"github.com/jfreymuth/pulse/proto"
)

// maxString is the longest string that the module reads, its zero byte included.
const maxString = 1024

// fits tells whether body holds exactly one value of type t, or for a list any number of them, as the module's decoder
// wants it. That decoder trusts: a wrong tag is a panic on a goroutine of its own, a wrong length gigabytes of memory.
func fits(body []byte, t reflect.Type, version int) bool {
	s := scanner{rest: body, version: version}
	if t.Kind() != reflect.Slice {
		return s.fields(t) && len(s.rest) == 0 && !s.short
	}
	for len(s.rest) > 0 {
		if !s.fields(t.Elem().Elem()) || s.short { // a slice of pointers
			return false
		}
	}
	return true
}

// scanner walks over a tag struct: each value is a byte that names its type, and the value, in network order.
type scanner struct {
	rest    []byte
	version int
	short   bool // a byte or a word was asked for that is not there
}

// The types whose tag does not follow from their kind.
var tags = map[reflect.Type]byte{
	reflect.TypeFor[proto.SampleSpec]():     'a',
	reflect.TypeFor[proto.FormatInfo]():     'f',
	reflect.TypeFor[proto.PropList]():       'P',
	reflect.TypeFor[proto.Time]():           'T',
	reflect.TypeFor[proto.Microseconds]():   'U',
	reflect.TypeFor[proto.Volume]():         'V',
	reflect.TypeFor[proto.ChannelMap]():     'm',
	reflect.TypeFor[[]byte]():               'm', // in a reply, a channel map, too
	reflect.TypeFor[proto.ChannelVolumes](): 'v',
	reflect.TypeFor[[]proto.FormatInfo]():   'B',
}

var kindTags = map[reflect.Kind]byte{
	reflect.Uint8: 'B', reflect.Uint32: 'L', reflect.Uint64: 'R', reflect.Int64: 'r', reflect.String: 't', reflect.Bool: '1',
	reflect.Slice: 'L', // its length
}

// fields checks a struct. A field may have a tag: the version of the protocol that brought it.
func (s *scanner) fields(t reflect.Type) bool {
	for i := range t.NumField() {
		f := t.Field(i)
		if since, err := strconv.Atoi(string(f.Tag)); err == nil && since > s.version {
			continue
		}
		if !s.field(f.Type) {
			return false
		}
	}
	return true
}

func (s *scanner) field(t reflect.Type) bool {
	want, ok := tags[t]
	if !ok {
		want = kindTags[t.Kind()]
	}
	got := s.byte()
	switch want {
	case 0:
		return false
	case 't':
		return got == 'N' || got == 't' && s.string()
	case '1':
		return got == '1' || got == '0'
	}
	return got == want && s.body(want, t)
}

// body checks what follows a tag.
func (s *scanner) body(tag byte, t reflect.Type) bool {
	switch tag {
	case 'L':
		if t.Kind() == reflect.Slice {
			return s.structs(t.Elem())
		}
		return s.skip(4)
	case 'B':
		if t.Kind() == reflect.Slice {
			return s.formats()
		}
		return s.skip(1)
	case 'V':
		return s.skip(4)
	case 'R', 'r', 'U', 'T':
		return s.skip(8)
	case 'a':
		return s.skip(6)
	case 'm':
		return s.skip(int(s.byte()))
	case 'v':
		return s.skip(4 * int(s.byte()))
	case 'P':
		return s.properties()
	case 'f':
		return s.format()
	}
	return false
}

func (s *scanner) structs(t reflect.Type) bool {
	for n := s.uint32(); n > 0; n-- {
		if len(s.rest) == 0 || !s.fields(t) {
			return false
		}
	}
	return true
}

func (s *scanner) formats() bool {
	for n := s.byte(); n > 0; n-- {
		if s.byte() != 'f' || !s.format() {
			return false
		}
	}
	return true
}

func (s *scanner) format() bool {
	return s.byte() == 'B' && s.skip(1) && s.byte() == 'P' && s.properties()
}

// properties checks pairs of key and value up to an 'N'.
func (s *scanner) properties() bool {
	for {
		switch s.byte() {
		case 'N':
			return true
		case 't':
		default:
			return false
		}
		if !s.string() || s.byte() != 'L' {
			return false
		}
		length := s.uint32()
		if s.byte() != 'x' || s.uint32() != length || !s.skip(int(length)) {
			return false
		}
	}
}

func (s *scanner) string() bool {
	for i, c := range s.rest[:min(len(s.rest), maxString)] {
		if c == 0 {
			return s.skip(i + 1)
		}
	}
	return false
}

// byte and uint32 give zero when nothing is left, and fits is false in the end.
func (s *scanner) byte() byte {
	if len(s.rest) == 0 {
		s.short = true
		return 0
	}
	b := s.rest[0]
	s.rest = s.rest[1:]
	return b
}

func (s *scanner) uint32() uint32 {
	if len(s.rest) < 4 {
		s.rest, s.short = nil, true
		return 0
	}
	v := binary.BigEndian.Uint32(s.rest)
	s.rest = s.rest[4:]
	return v
}

func (s *scanner) skip(n int) bool {
	if n < 0 || n > len(s.rest) {
		return false
	}
	s.rest = s.rest[n:]
	return true
}
