//go:build !linux

package harness

import (
	"errors"
	"net/netip"
	"runtime"
)

// tap sees no single connects here.
type tap struct{}

func openTap(netip.AddrPort) (*tap, error) {
	return nil, errors.New("connects that nobody accepts cannot be seen on " + runtime.GOOS)
}

func (*tap) next() (client netip.AddrPort, sequence uint32, err error) {
	return client, 0, errors.ErrUnsupported
}

func (*tap) interrupt() {}

func (*tap) close(func(client netip.AddrPort, sequence uint32)) {}

func (*tap) lost() string { return "" }

func failedDials() (int, error) { return 0, errors.ErrUnsupported }
