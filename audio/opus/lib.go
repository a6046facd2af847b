//go:build !dynamic

package opus

import _ "github.com/pion/mediadevices/pkg/codec/opus" // its static libopus and the flags that link it
