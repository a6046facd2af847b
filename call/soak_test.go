package call

import "os"

// soak says that `make soak` runs: the long forms.
func soak() bool { return os.Getenv("PARLEY_SOAK") != "" }
