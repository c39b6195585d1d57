package sockets

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func rowOf(family byte, state State, cookie uint32) []byte {
	row := make([]byte, rowBytes)
	row[0], row[1], row[44] = family, byte(state), byte(cookie)
	row[rowIDOffset+1] = 9 // local port
	return row
}

// What the kernel may do to a dump, and what comes of it.
func TestDumpsThatTheKernelDisownsOrRefuses(t *testing.T) {
	for _, c := range []struct {
		name       string
		says       []error // of the kernel to each question in turn; then it answers
		rows       int
		asked      int
		unfiltered bool
		err        error
	}{
		{"answered", nil, 2, 2, false, nil},
		{"interrupted at first", []error{errInterrupted, errInterrupted}, 2, 4, false, nil},
		{
			"interrupted every time",
			[]error{errInterrupted, errInterrupted, errInterrupted, errInterrupted, errInterrupted},
			0, dumpTries, false, errInterrupted,
		},
		{"an old kernel refuses the filter once", []error{refusal{unix.EINVAL}}, 2, 3, true, nil},
		{
			"refused without a filter as well",
			[]error{refusal{unix.EINVAL}, refusal{unix.EINVAL}},
			0, 2, true, unix.EINVAL,
		},
		{"out of memory", []error{refusal{unix.ENOMEM}}, 0, 1, false, unix.ENOMEM},
		{"no handler for IPv4", []error{refusal{unix.ENOENT}}, 0, 1, false, unix.ENOENT},
	} {
		t.Run(c.name, func(t *testing.T) {
			table := diagTable(t, false)
			d := table.source.(*diag)
			asked := 0
			d.put = func(_ context.Context, q question, row func([]byte) error) error {
				asked++
				// A dump that is disowned has given rows as well, and they must not be kept.
				if err := row(rowOf(q.family, StateCloseWait, uint32(asked))); err != nil {
					return err
				}
				if asked <= len(c.says) {
					return c.says[asked-1]
				}
				return nil
			}
			rows, err := table.Port(9)
			if len(rows) != c.rows || asked != c.asked || d.unfiltered != c.unfiltered {
				t.Errorf("%d rows after %d questions, unfiltered %t; want %d, %d, %t",
					len(rows), asked, d.unfiltered, c.rows, c.asked, c.unfiltered)
			}
			if !errors.Is(err, c.err) || c.err != nil && !errors.Is(err, ErrUnknown) {
				t.Errorf("error %v, want %v as ErrUnknown", err, c.err)
			}
		})
	}
}

func TestASilentKernelIsATimeout(t *testing.T) {
	d := diagTable(t, false).source.(*diag)
	short := unix.NsecToTimeval(20e6)
	if err := unix.SetsockoptTimeval(d.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &short); err != nil {
		t.Fatal(err)
	}
	limit := time.Now().Add(answerTimeout)
	if _, err := d.receive(t.Context(), limit); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("nothing was asked, and receive gave %v", err)
	}
	if _, err := d.receive(t.Context(), time.Now().Add(-1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("receive past the limit of the whole answer gave %v", err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.receive(canceled, limit); !errors.Is(err, context.Canceled) {
		t.Errorf("receive after a cancellation gave %v", err)
	}
}

// After an answer that broke off, the next question gets a fresh socket and no stale rows.
func TestABrokenSocketIsReplaced(t *testing.T) {
	table := diagTable(t, false)
	d := table.source.(*diag)
	if err := unix.Close(d.fd); err != nil {
		t.Fatal(err)
	}
	d.fd = int(^uint(0) >> 1) // no such descriptor
	if _, err := table.Port(1); !errors.Is(err, ErrUnknown) {
		t.Errorf("a broken socket gave %v, want ErrUnknown", err)
	}
	if _, err := table.Port(1); err != nil {
		t.Errorf("the socket was not replaced: %v", err)
	}
}

func TestManyGoroutinesShareATable(t *testing.T) {
	table := diagTable(t, false)
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	here := ln.Addr().(*net.TCPAddr).AddrPort()
	var askers sync.WaitGroup
	for range 8 {
		askers.Go(func() {
			for range 50 {
				rows, err := table.Port(here.Port(), StateListen)
				if err != nil || len(rows) != 1 {
					t.Errorf("%v, %v, want one listener", rows, err)
				}
				_, ok, err := table.Lookup(here, netip.MustParseAddrPort("0.0.0.0:0"))
				if err != nil || !ok {
					t.Errorf("lookup: %t, %v", ok, err)
				}
			}
		})
	}
	askers.Wait()
}
