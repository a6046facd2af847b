package call

import (
	"slices"
	"testing"
)

// While one write is under way a hundred changes of a person become one more, and nobody else's is lost.
func TestMemoryKeepsTheNewest(t *testing.T) {
	m := newMemory()
	var wrote []int
	begun, end := make(chan bool), make(chan bool)
	m.keep("ana", func() {
		wrote = append(wrote, 0)
		close(begun)
		<-end
	})
	<-begun
	for i := 1; i <= 100; i++ {
		m.keep("ana", func() { wrote = append(wrote, i) })
		if i == 50 {
			m.keep("ben", func() { wrote = append(wrote, -1) })
		}
	}
	close(end)
	m.shutdown()
	if want := []int{0, 100, -1}; !slices.Equal(wrote, want) {
		t.Errorf("written: %v, want %v", wrote, want)
	}
}
