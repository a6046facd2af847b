package main

import (
	"encoding/json"
	"os"
	"sync"
)

var output sync.Mutex

// emit prints one JSON line on standard output.
func emit(v any) {
	output.Lock()
	defer output.Unlock()
	_ = json.NewEncoder(os.Stdout).Encode(v)
}
