package measure

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := Stalls()
		time.Sleep(time.Second)
		if worst := end(); worst != 0 {
			t.Errorf("%v of a machine that never stalls", worst)
		}
	})
}
