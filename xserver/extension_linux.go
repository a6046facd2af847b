package xserver

import (
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Offers says whether the server has an extension.
func Offers(conn *xgb.Conn, name string) bool {
	_, ok := opcode(conn, name)
	return ok
}

func opcode(conn *xgb.Conn, name string) (byte, bool) {
	r, err := xproto.QueryExtension(conn, uint16(len(name)), name).Reply()
	if err != nil || r == nil || !r.Present { // nil: the connection ended under the question
		return 0, false
	}
	return r.MajorOpcode, true
}

// Extend makes an extension known to a connection, if the server has it, as Init of xgb's package for it does, less one thing. Init
// writes how its events and errors are read into maps of all connections, without a lock, and those that are open read them at
// that time: a program with two connections may end by that. So no events of extensions come, and an error that only an extension
// has is the answer to no question: who might get one asks something else after it.
func Extend(conn *xgb.Conn, name string) bool {
	major, ok := opcode(conn, name)
	if !ok {
		return false
	}
	conn.ExtLock.Lock()
	defer conn.ExtLock.Unlock()
	conn.Extensions[name] = major
	return true
}
