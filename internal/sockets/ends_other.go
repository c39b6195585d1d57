//go:build !linux

package sockets

import (
	"context"
	"fmt"
	"os"
	"runtime"
)

// Ends tells of TCP sockets that go away. Only Linux has it.
type Ends struct{}

// WatchEnds is ErrUnknown here.
func WatchEnds() (*Ends, error) {
	return nil, fmt.Errorf("%w: %s does not tell of the ends of sockets", ErrUnknown, runtime.GOOS)
}

// Next is os.ErrClosed.
func (*Ends) Next() (End, error) { return End{}, os.ErrClosed }

// Finish does nothing.
func (*Ends) Finish(context.Context) error { return nil }

// Close does nothing.
func (*Ends) Close() error { return nil }
