// Package calm has Go's runtime wake less often. A thread of it, sysmon, looks after the others every 20 µs for as long as anything
// runs. A call runs for a moment some hundred times a second, so that sysmon sleeps and wakes about two thousand times a
// second, which is a tenth of what a call with pictures costs on Linux.
package calm

import "time"

// slack is how late sysmon may wake, so that the kernel wakes it with something else. It is what a goroutine may have to wait
// longer for a processor that another one holds inside of C.
const slack = time.Millisecond
