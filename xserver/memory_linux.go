package xserver

import (
	"errors"
	"fmt"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/shm"
	"golang.org/x/sys/unix"
)

// Memory is shared with an X server (MIT-SHM). The zero Memory is none.
type Memory struct {
	ID    shm.Seg
	Bytes []byte
}

// Share makes memory that goes when both have let go of it, whatever becomes of this process. readOnly: the server only reads it. A
// server on another machine, or of another user, has none in common with us. The connection has been extended by MIT-SHM.
//
// One on another machine or in another container may have memory of the same number, which is some other program's. So it is asked
// of the system, too, whether the server has got hold of ours.
func Share(conn *xgb.Conn, bytes int, readOnly bool) (_ Memory, err error) {
	number, err := unix.SysvShmGet(unix.IPC_PRIVATE, bytes, unix.IPC_CREAT|0o600)
	if err != nil {
		return Memory{}, fmt.Errorf("share memory with the display: %w", err)
	}
	defer func() { _, _ = unix.SysvShmCtl(number, unix.IPC_RMID, nil) }()
	var m Memory
	if m.Bytes, err = unix.SysvShmAttach(number, 0, 0); err == nil {
		if m.ID, err = shm.NewSegId(conn); err == nil {
			err = shm.AttachChecked(conn, m.ID, uint32(number), readOnly).Check()
		}
	}
	if err == nil && holders(number) < 2 {
		err = errOther
	}
	if err != nil {
		m.Free(conn)
		return Memory{}, fmt.Errorf("share memory with the display: %w", err)
	}
	return m, nil
}

var errOther = errors.New("it has got hold of other memory than ours")

// holders is in how many processes memory is.
func holders(number int) uint64 {
	var d unix.SysvShmDesc
	if _, err := unix.SysvShmCtl(number, unix.IPC_STAT, &d); err != nil {
		return 0
	}
	return uint64(d.Nattch)
}

// Free lets go of it, on both sides; with no connection, which has ended then, on ours.
func (m *Memory) Free(conn *xgb.Conn) {
	if m.ID != 0 && conn != nil {
		shm.Detach(conn, m.ID)
	}
	if m.Bytes != nil {
		_ = unix.SysvShmDetach(m.Bytes)
	}
	*m = Memory{}
}
