package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

type frame struct {
	Type string          `json:"type"`
	ID   uint32          `json:"id,omitempty"`
	Re   uint32          `json:"re,omitempty"`
	Seq  uint64          `json:"seq,omitempty"`
	Body json.RawMessage `json:"body,omitempty"`
}

// Encode makes the text of one websocket message. It fails on a message that Decode would refuse, so that a bug of ours
// shows where it is made.
func Encode(e Envelope) ([]byte, error) {
	if err := e.Body.check(); err != nil {
		return nil, fmt.Errorf("encode %s: %w", e.Body.kind(), err)
	}
	body, err := marshal(e.Body)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", e.Body.kind(), err)
	}
	if bytes.Equal(body, []byte("{}")) {
		body = nil
	}
	out, err := marshal(frame{e.Body.kind(), e.ID, e.Re, e.Seq, body})
	if err == nil && len(out) > MaxMessage {
		err = fmt.Errorf("%d bytes, at most %d", len(out), MaxMessage)
	}
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", e.Body.kind(), err)
	}
	return out, nil
}

// marshal leaves <, > and & as they are: the reader is not a web page, and an SDP is full of them.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// Decode reads one websocket message. An error is an *Error with BadMessage or UnknownType, ready to be sent back; the
// Envelope then has the ID, where it could be read, so that the reply finds its request.
func Decode(data []byte) (Envelope, error) {
	if len(data) > MaxMessage {
		return Envelope{}, Errorf(BadMessage, "The message is longer than %d bytes.", MaxMessage)
	}
	if !utf8.Valid(data) || tooDeep(data) {
		return Envelope{}, Errorf(BadMessage, "The message is not UTF-8, or nested more than %d deep.", MaxDepth)
	}
	var f frame
	if err := json.Unmarshal(data, &f); err != nil {
		return Envelope{}, Errorf(BadMessage, "The message is not a JSON object of the expected form.")
	}
	e := Envelope{ID: f.ID, Re: f.Re, Seq: f.Seq}
	blank, ok := blanks[f.Type]
	if !ok {
		return e, Errorf(UnknownType, "This version does not know that type of message.")
	}
	body := blank()
	if f.Body != nil {
		if err := json.Unmarshal(f.Body, body); err != nil {
			return e, Errorf(BadMessage, "The body of %s has a field of the wrong type.", f.Type)
		}
	}
	if err := body.check(); err != nil {
		return e, Errorf(BadMessage, "The body of %s is out of bounds: %.200q", f.Type, err)
	}
	e.Body = body
	return e, nil
}

// tooDeep looks at brackets outside strings only; whether they match is the parser's business. encoding/json itself would
// follow 10 000 levels.
func tooDeep(data []byte) bool {
	depth, inString := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > MaxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
