// Package updates keeps the Parley that runs current, with package update: it knows where versions come from, how this copy was
// installed and so whether it may replace itself, looks once a day, fetches what is new while nobody talks, and says in words how that
// stands. What it has fetched waits for the program's next start (update.Installation.Renew).
package updates

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"parley/update"
)

// What the makers build into the programs that they hand out:
//
//	-ldflags "-X parley/cmd/internal/updates.address=https://… -X parley/cmd/internal/updates.keys=RW…,RW…"
//
// The address is that of the folder with the manifest in it, the keys are minisign's public ones: the one in use, and the one that lies
// elsewhere. A build from source has none, and does not update itself.
var address, keys string

// The environment's names for another address, and for a file with the keys, one a line: both, or neither counts. They are no flags: what
// opens a link in a browser makes up the command line, and never the environment.
const (
	FromVariable = "PARLEY_UPDATE_FROM"
	KeysVariable = "PARLEY_UPDATE_KEYS"
)

// Channel is that of everybody.
const Channel = "stable"

// maxKeys is how long a file with keys may be, in bytes.
const maxKeys = 4096

// Origin is where versions come from, and who has to have signed them. Without an address there is none.
type Origin struct {
	Address string
	Keys    update.Keys
}

// Find returns the origin that the environment names, or else the one that was built in.
func Find(getenv func(string) string) (Origin, error) {
	from, file := getenv(FromVariable), getenv(KeysVariable)
	if from == "" && file == "" {
		return read(address, strings.Split(keys, ","))
	}
	if from == "" || file == "" {
		return Origin{}, fmt.Errorf("%s and %s go together", FromVariable, KeysVariable)
	}
	f, err := os.Open(file)
	if err != nil {
		return Origin{}, fmt.Errorf("%s: %w", KeysVariable, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxKeys))
	if err != nil {
		return Origin{}, fmt.Errorf("%s: %w", KeysVariable, err)
	}
	return read(from, strings.Split(string(bytes.TrimSpace(text)), "\n"))
}

func read(address string, keys []string) (Origin, error) {
	if address == "" {
		return Origin{}, nil
	}
	k, err := update.ParseKeys(keys...)
	if err != nil {
		return Origin{}, fmt.Errorf("the keys that updates are signed with: %w", err)
	}
	return Origin{address, k}, nil
}
