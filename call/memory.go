package call

import "sync"

// memory writes what is to be kept about people, one after the other. While a write is under way only the newest of each person
// waits for the next one: a slider that is dragged changes a person fifty times a second, and a disk may take as long for one.
type memory struct {
	work *serial

	mu     sync.Mutex
	newest map[string]func() // by user: the write that waits
}

func newMemory() *memory { return &memory{work: newSerial(), newest: map[string]func(){}} }

// keep has write run, unless a newer one of the same user comes before its turn. It never waits.
func (m *memory) keep(user string, write func()) {
	m.mu.Lock()
	_, waits := m.newest[user]
	m.newest[user] = write
	m.mu.Unlock()
	if waits {
		return
	}
	m.work.do(func() {
		m.mu.Lock()
		newest := m.newest[user]
		delete(m.newest, user)
		m.mu.Unlock()
		newest()
	})
}

// shutdown writes what waits, and waits for it.
func (m *memory) shutdown() { m.work.shutdown() }
