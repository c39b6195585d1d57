package sockets

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// receiveBytes is twice what the kernel puts into one datagram of a dump.
	receiveBytes = 64 << 10

	// receiveTimeout bounds one datagram, and answerTimeout a whole answer.
	receiveTimeout = 2 * time.Second
	answerTimeout  = 5 * time.Second

	// dumpTries is how often a dump is taken that the kernel says was interrupted.
	dumpTries = 5
)

// diag asks by sock_diag. One question is under way at a time.
type diag struct {
	mu         sync.Mutex
	fd         int // -1 when closed
	done       bool
	seq        uint32
	unfiltered bool // this kernel refuses the bytecode
	request    []byte
	received   []byte
	put        func(context.Context, question, func(row []byte) error) error // ask
}

func openDiag() (*diag, error) {
	d := &diag{fd: -1, received: make([]byte, receiveBytes)}
	d.put = d.ask
	if err := d.open(); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *diag) name() string { return "sock_diag" }
func (d *diag) exact() bool  { return true }

func (d *diag) open() error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return fmt.Errorf("open sock_diag socket: %w", err)
	}
	timeout := unix.NsecToTimeval(receiveTimeout.Nanoseconds())
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		return errors.Join(fmt.Errorf("set receive timeout of sock_diag socket: %w", err), unix.Close(fd))
	}
	d.fd = fd
	return nil
}

func (d *diag) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done = true
	return d.shut()
}

func (d *diag) shut() error {
	if d.fd < 0 {
		return nil
	}
	fd := d.fd
	d.fd = -1
	return os.NewSyscallError("close", unix.Close(fd))
}

// lookup tries both families for a v4 connection: Go's listeners on all addresses are v6 sockets, and
// their connections have v4-mapped addresses.
func (d *diag) lookup(ctx context.Context, local, remote netip.AddrPort) (Socket, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	ifindex, err := interfaceIndex(local.Addr().Zone())
	if err != nil {
		return Socket{}, false, err
	}
	local, remote = plain(local), plain(remote)
	for _, family := range families(local.Addr(), remote.Addr()) {
		q := question{family: family, states: allStates, local: local, remote: remote, ifindex: ifindex}
		var found Socket
		err := d.put(ctx, q, func(b []byte) (err error) {
			found, err = parseRow(b)
			return err
		})
		if errors.Is(err, unix.ENOENT) {
			continue
		}
		if err != nil {
			return Socket{}, false, err
		}
		// Where there is no such connection the kernel answers with the listener that would take it.
		if found.Local == local && found.Remote == remote {
			return found, true, nil
		}
	}
	return Socket{}, false, nil
}

func families(local, remote netip.Addr) []byte {
	if local.Is4() && remote.Is4() {
		return []byte{unix.AF_INET, unix.AF_INET6}
	}
	return []byte{unix.AF_INET6}
}

// interfaceIndex is 0 for addresses without a zone: any interface.
func interfaceIndex(zone string) (uint32, error) {
	if zone == "" {
		return 0, nil
	}
	iface, err := net.InterfaceByName(zone)
	if err != nil {
		return 0, fmt.Errorf("find interface of zone %q: %w", zone, err)
	}
	return uint32(iface.Index), nil
}

func (d *diag) port(ctx context.Context, port uint16, states stateMask) ([]Socket, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var rows []Socket
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		var err error
		rows, err = d.dump(ctx, question{family: family, states: states, port: port, dump: true}, rows)
		if errors.Is(err, unix.ENOENT) && family == unix.AF_INET6 && !hasIPv6() {
			continue
		}
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// dump appends the answer to rows. It repeats what was interrupted, and what an old kernel refused
// with a filter in it.
func (d *diag) dump(ctx context.Context, q question, rows []Socket) ([]Socket, error) {
	before := len(rows)
	keep := func(b []byte) error {
		row, err := parseRow(b)
		if err == nil && row.hasPort(q.port) {
			rows = append(rows, row)
		}
		return err
	}
	var err error
	for range dumpTries {
		rows = rows[:before]
		q.unfiltered = d.unfiltered
		err = d.put(ctx, q, keep)
		switch {
		case err == nil:
			return rows, nil
		case errors.Is(err, unix.EINVAL) && !d.unfiltered:
			d.unfiltered = true
		case !errors.Is(err, errInterrupted):
			return nil, err
		}
	}
	return nil, fmt.Errorf("dump sockets, %d tries: %w", dumpTries, err)
}

// ask puts one question. After anything but an answer the socket is in an unknown state, perhaps in
// the middle of a dump, and a new one takes its place.
func (d *diag) ask(ctx context.Context, q question, row func([]byte) error) error {
	if d.done {
		return net.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.fd < 0 {
		if err := d.open(); err != nil {
			return err
		}
	}
	d.seq++
	d.request = q.append(d.request[:0], d.seq)
	err := unix.Sendto(d.fd, d.request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	if err != nil {
		return errors.Join(fmt.Errorf("send question to sock_diag: %w", err), d.shut())
	}
	limit := time.Now().Add(answerTimeout)
	err = answer(func() ([]byte, error) { return d.receive(ctx, limit) }, d.seq, q.dump, row)
	var refused refusal
	if err == nil || errors.Is(err, errInterrupted) || errors.As(err, &refused) {
		return err
	}
	return errors.Join(fmt.Errorf("read answer of sock_diag: %w", err), d.shut())
}

// receive returns the next datagram from the kernel. Each try is bounded by receiveTimeout.
func (d *diag) receive(ctx context.Context, limit time.Time) ([]byte, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if time.Now().After(limit) {
			return nil, fmt.Errorf("not complete after %s: %w", answerTimeout, os.ErrDeadlineExceeded)
		}
		n, from, err := unix.Recvfrom(d.fd, d.received, unix.MSG_TRUNC)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return nil, fmt.Errorf("nothing for %s: %w", receiveTimeout, os.ErrDeadlineExceeded)
		case err != nil:
			return nil, err
		case n > len(d.received):
			return nil, fmt.Errorf("datagram of %d bytes cut to %d", n, len(d.received))
		}
		if kernel, ok := from.(*unix.SockaddrNetlink); ok && kernel.Pid == 0 {
			return d.received[:n], nil
		}
	}
}
