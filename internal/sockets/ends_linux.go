package sockets

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// attrInfo is INET_DIAG_INFO: a struct tcp_info, which newer kernels make longer at its end.
	attrInfo = 2
	// receivedOffset is where tcp_info has tcpi_bytes_received (RFC 4898,
	// tcpEStatsAppHCThruOctetsReceived): what has come in order, the FIN's place included.
	receivedOffset = int(unsafe.Offsetof(unix.TCPInfo{}.Bytes_received))

	// Groups of sock_diag that tell of sockets which are destroyed (include/uapi/linux/sock_diag.h,
	// enum sknetlink_groups): SKNLGRP_INET_TCP_DESTROY and SKNLGRP_INET6_TCP_DESTROY. Anybody may
	// listen, within one network namespace.
	groupDestroyed4, groupDestroyed6 = 1, 3

	// endsBufferBytes is room for some thousand ends that nobody has fetched yet.
	endsBufferBytes = 4 << 20
)

// Ends tells of the TCP sockets of this network namespace that go away, each once, when its last
// owner has closed it and its connection is over (or is TIME_WAIT's). A socket whose owner has fetched
// all and then resets it (SO_LINGER with 0) has lost its addresses by then, and is told of without
// them. Use WatchEnds.
type Ends struct {
	file     *os.File
	received []byte
	waiting  []byte                    // of the last datagram
	marks    atomic.Pointer[endsMarks] // once Finish was called
}

// endsMarks are the addresses whose ends come behind all others.
type endsMarks struct {
	all  []netip.AddrPort
	seen map[netip.AddrPort]bool // Next's own
}

// take notes the end of a mark; last says that no other is to come.
func (m *endsMarks) take(remote netip.AddrPort) (last bool) {
	if m == nil || !slices.Contains(m.all, remote) {
		return false
	}
	m.seen[remote] = true
	return len(m.seen) == len(m.all)
}

// WatchEnds begins to listen. The error is ErrUnknown where the kernel does not tell.
func WatchEnds() (*Ends, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, fmt.Errorf("%w: open sock_diag socket: %w", ErrUnknown, err)
	}
	// The larger buffer needs CAP_NET_ADMIN; without it the system's own bound holds.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, endsBufferBytes) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, endsBufferBytes)
	}
	groups := uint32(1<<(groupDestroyed4-1) | 1<<(groupDestroyed6-1))
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: listen for ends of sockets: %w", ErrUnknown, err), unix.Close(fd))
	}
	return &Ends{file: os.NewFile(uintptr(fd), "sock_diag"), received: make([]byte, receiveBytes)}, nil
}

// Next waits for the next end. The error is io.EOF after Finish, os.ErrClosed after Close, and ErrLost
// when ends came faster than they were fetched: those after it are whole again.
func (e *Ends) Next() (End, error) {
	for {
		for len(e.waiting) > 0 {
			end, tells, err := e.parse()
			if e.marks.Load().take(end.Remote) {
				return End{}, io.EOF
			}
			if err != nil || tells {
				return end, err
			}
		}
		n, err := e.file.Read(e.received)
		if errors.Is(err, unix.ENOBUFS) {
			return End{}, ErrLost
		}
		if err != nil {
			return End{}, err
		}
		e.waiting = e.received[:n]
	}
}

// Finish lets Next tell of every end up to now and then return io.EOF: on each processor it makes a
// connection of its own on loopback and closes it, whose end comes behind theirs. One connection is not
// enough: the kernel tells of an end from a queue of the processor on which the socket went away
// (net/core/sock_diag.c, sock_diag_broadcast_destroy), and on a busy machine one queue is behind another.
func (e *Ends) Finish(ctx context.Context) (err error) {
	var cpus unix.CPUSet
	if err := unix.SchedGetaffinity(0, &cpus); err != nil {
		return fmt.Errorf("read the processors that may be used: %w", err)
	}
	m := &endsMarks{seen: map[netip.AddrPort]bool{}}
	listeners := make([]*net.TCPListener, cpus.Count())
	for i := range listeners {
		if listeners[i], err = net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
			return err
		}
		defer listeners[i].Close() // again, if all goes well
		m.all = append(m.all, listeners[i].Addr().(*net.TCPAddr).AddrPort())
	}
	e.marks.Store(m)
	made := make(chan error, 1)
	go func() {
		// The thread ends with this goroutine, which never unlocks it: nobody else is bound by where it may run.
		runtime.LockOSThread()
		made <- markEach(ctx, &cpus, listeners)
	}()
	return <-made
}

// markEach makes a connection to each listener and closes both, on another processor each: what it has not
// accepted the listener resets, so that also the end of a client that waits for a FIN is told from there.
func markEach(ctx context.Context, cpus *unix.CPUSet, listeners []*net.TCPListener) error {
	for cpu := 0; len(listeners) > 0; cpu++ {
		if !cpus.IsSet(cpu) {
			continue
		}
		var one unix.CPUSet
		one.Set(cpu)
		if err := unix.SchedSetaffinity(0, &one); err != nil {
			return fmt.Errorf("run on processor %d: %w", cpu, err)
		}
		c, err := new(net.Dialer).DialContext(ctx, "tcp4", listeners[0].Addr().String())
		if err != nil {
			return err
		}
		if err := errors.Join(c.Close(), listeners[0].Close()); err != nil {
			return err
		}
		listeners = listeners[1:]
	}
	return nil
}

// parse takes one netlink message off what is waiting. tells is false when it is of something else.
func (e *Ends) parse() (end End, tells bool, err error) {
	if len(e.waiting) < headerBytes {
		n := len(e.waiting)
		e.waiting = nil
		return End{}, false, fmt.Errorf("%d bytes where a netlink header should be", n)
	}
	length := int(binary.NativeEndian.Uint32(e.waiting))
	if length < headerBytes || length > len(e.waiting) {
		n := len(e.waiting)
		e.waiting = nil
		return End{}, false, fmt.Errorf("netlink message of %d bytes in %d", length, n)
	}
	kind, body := binary.NativeEndian.Uint16(e.waiting[4:]), e.waiting[headerBytes:length]
	e.waiting = e.waiting[min(aligned(length), len(e.waiting)):]
	if kind != unix.SOCK_DIAG_BY_FAMILY {
		return End{}, false, nil
	}
	return parseEnd(body)
}

// parseEnd reads an inet_diag_msg and its tcp_info. A socket that never had a connection has none of
// the states of one, and is not told of.
func parseEnd(body []byte) (end End, tells bool, err error) {
	row, err := parseRow(body)
	if err != nil {
		return End{}, false, err
	}
	info, found := attribute(body[rowBytes:], attrInfo)
	if !found || len(info) < receivedOffset+8 || row.State == StateListen {
		return End{}, false, nil
	}
	received := binary.NativeEndian.Uint64(info[receivedOffset:])
	return End{
		Local: row.Local, Remote: row.Remote, Cookie: row.Cookie,
		Received: int64(received), Unread: int64(row.RecvQueueBytes),
	}, true, nil
}

// attribute finds a netlink attribute by its number.
func attribute(b []byte, number uint16) (value []byte, found bool) {
	for len(b) >= attrHeaderBytes {
		length := int(binary.NativeEndian.Uint16(b))
		if length < attrHeaderBytes || length > len(b) {
			return nil, false
		}
		if binary.NativeEndian.Uint16(b[2:]) == number {
			return b[attrHeaderBytes:length], true
		}
		b = b[min(aligned(length), len(b)):]
	}
	return nil, false
}

// Close ends a Next that waits.
func (e *Ends) Close() error { return e.file.Close() }
