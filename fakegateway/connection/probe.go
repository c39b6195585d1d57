package connection

import (
	"errors"
	"net"
	"time"
)

// probeEvery is how often a half-closed connection is asked whether it still exists, where the
// platform has no event for that.
const probeEvery = 100 * time.Millisecond

// awaitGoneByProbe writes nothing at all, again and again: that fails once an RST has come.
func awaitGoneByProbe(c net.Conn, over <-chan struct{}) bool {
	ticker := time.NewTicker(probeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-over:
			return false
		}
		if _, err := c.Write(nil); err != nil {
			return !errors.Is(err, net.ErrClosed)
		}
	}
}
