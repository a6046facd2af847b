package red

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

func TestAppendAndSplit(t *testing.T) {
	for _, c := range []struct {
		name    string
		blocks  []Block
		payload []byte
	}{
		{"no copy", []Block{{Kind: 111, Data: []byte{1, 2}}}, []byte{111, 1, 2}},
		{
			"two of 20 ms", // as a browser's
			[]Block{{111, 1920, []byte{1, 2, 3}}, {111, 960, []byte{4}}, {111, 0, []byte{5, 6}}},
			[]byte{0xef, 0x1e, 0x00, 0x03, 0xef, 0x0f, 0x00, 0x01, 0x6f, 1, 2, 3, 4, 5, 6},
		},
		{
			"the largest", []Block{{127, MaxBefore, bytes.Repeat([]byte{7}, MaxCopy)}, {0, 0, []byte{}}},
			append([]byte{0xff, 0xff, 0xff, 0xff, 0}, bytes.Repeat([]byte{7}, MaxCopy)...),
		},
		{"empty ones", []Block{{96, 1, []byte{}}, {96, 0, []byte{}}}, []byte{0xe0, 0, 4, 0, 96}},
	} {
		got, err := Append([]byte("x"), c.blocks)
		if err != nil || !bytes.Equal(got[1:], c.payload) {
			t.Errorf("%s: % x, %v", c.name, got, err)
		}
		data := 0
		for _, b := range c.blocks {
			data += len(b.Data)
		}
		if want := Size(len(c.blocks)-1, data); len(c.payload) != want {
			t.Errorf("%s: %d bytes, Size says %d", c.name, len(c.payload), want)
		}
		blocks, err := Split(c.payload, nil)
		if err != nil || !reflect.DeepEqual(blocks, c.blocks) {
			t.Errorf("%s: %v, %v", c.name, blocks, err)
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	own := Block{Kind: 111, Data: []byte{1}}
	for name, c := range map[string]struct {
		blocks []Block
		want   error
	}{
		"nothing":                 {nil, ErrMany},
		"too many":                {make([]Block, MaxBlocks+1), ErrMany},
		"a type of eight bits":    {[]Block{{Kind: 128}}, ErrLimits},
		"a large copy":            {[]Block{{111, 1, make([]byte, MaxCopy+1)}, own}, ErrLimits},
		"an old copy":             {[]Block{{111, MaxBefore + 1, nil}, own}, ErrLimits},
		"two of one time":         {[]Block{{111, 960, nil}, {111, 960, nil}, own}, ErrOrder},
		"a copy of now":           {[]Block{{111, 0, nil}, own}, ErrOrder},
		"the newest is not last":  {[]Block{{111, 960, nil}, {111, 1920, nil}, own}, ErrOrder},
		"the last is not its own": {[]Block{{111, 960, nil}}, ErrOrder},
	} {
		if got, err := Append([]byte("x"), c.blocks); !errors.Is(err, c.want) || string(got) != "x" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	chain := bytes.Repeat([]byte{0xef, 0, 4, 0}, MaxBlocks)
	for i := range MaxBlocks {
		chain[4*i+2] = byte(4 * (MaxBlocks - i)) // each later than the one before
	}
	for name, c := range map[string]struct {
		payload []byte
		want    error
	}{
		"nothing":                  {nil, ErrShort},
		"half a header":            {[]byte{0xef, 0x0f}, ErrShort},
		"no last header":           {[]byte{0xef, 0x0f, 0, 0}, ErrShort},
		"a length beyond the end":  {[]byte{0xef, 0x0f, 0x00, 0x03, 0x6f, 1, 2}, ErrShort},
		"the largest length":       {[]byte{0xef, 0x0f, 0x03, 0xff, 0x6f}, ErrShort},
		"the second is too long":   {[]byte{0xef, 0x1e, 0, 1, 0xef, 0x0f, 0, 2, 0x6f, 1, 2}, ErrShort},
		"a copy of now":            {[]byte{0xef, 0, 0, 1, 0x6f, 1, 2}, ErrOrder},
		"two of one time":          {[]byte{0xef, 0x0f, 0, 0, 0xef, 0x0f, 0, 0, 0x6f}, ErrOrder},
		"later first":              {[]byte{0xef, 0x0f, 0, 0, 0xef, 0x1e, 0, 0, 0x6f}, ErrOrder},
		"a chain that never ends":  {chain[:4*(MaxBlocks-1)], ErrShort},
		"a chain that is too long": {append(bytes.Clone(chain), 0x6f), ErrMany},
	} {
		if got, err := Split(c.payload, []Block{{Kind: 9}}); !errors.Is(err, c.want) || len(got) != 1 || got[0].Kind != 9 {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if got, err := Split(append(chain[4:], 0x6f), nil); err != nil || len(got) != MaxBlocks {
		t.Errorf("%d blocks, %v", len(got), err)
	}
}

func TestAllocatesNothing(t *testing.T) {
	data := make([]byte, 160)
	var blocks [MaxBlocks]Block
	var payload [1200]byte
	if n := testing.AllocsPerRun(100, func() {
		list := append(blocks[:0], Block{111, 1920, data}, Block{111, 960, data}, Block{111, 0, data})
		p, err := Append(payload[:0], list)
		if err != nil {
			t.Fatal(err)
		}
		if list, err = Split(p, blocks[:0]); err != nil || len(list) != 3 {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// What can be split is within the payload, and is the same when it was packed again.
func FuzzSplit(f *testing.F) {
	f.Add([]byte{0xef, 0x1e, 0x00, 0x03, 0xef, 0x0f, 0x00, 0x01, 0x6f, 1, 2, 3, 4, 5, 6})
	f.Add([]byte{0xef, 0x0f, 0x03, 0xff, 0x6f})
	f.Add([]byte{111, 1, 2})
	f.Fuzz(func(t *testing.T, payload []byte) {
		before := bytes.Clone(payload)
		blocks, err := Split(payload[:len(payload):len(payload)], nil)
		if err != nil {
			if len(blocks) != 0 {
				t.Fatalf("%v and %v", blocks, err)
			}
			return
		}
		again, err := Append(nil, blocks)
		if err != nil || !bytes.Equal(again, payload) || !bytes.Equal(before, payload) {
			t.Fatalf("% x became % x by way of %v, %v", before, again, blocks, err)
		}
	})
}
