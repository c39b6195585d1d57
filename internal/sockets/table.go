package sockets

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// askTimeout bounds one question to the operating system, however it is asked. A kernel answers in
// milliseconds; lsof, which gopsutil runs on macOS, can take seconds.
const askTimeout = 10 * time.Second

// Table is a way to look at this host's TCP sockets: on Linux, those of the network namespace in
// which Open was called. All methods may be called from many goroutines.
type Table struct {
	source source
	canary *canary // nil when the source needs no further proof
	closed atomic.Bool
}

// source is one way to read the table. Every error means that it is not known what is there.
type source interface {
	name() string
	// lookup wants addresses without zones; a connection that is not there is no error.
	lookup(ctx context.Context, local, remote netip.AddrPort) (Socket, bool, error)
	// port gives the rows with this local or remote port, in any order.
	port(ctx context.Context, port uint16, states stateMask) ([]Socket, error)
	close() error
}

// scan is lookup for sources that know no better way than to read all of a port.
func scan(ctx context.Context, src source, local, remote netip.AddrPort) (Socket, bool, error) {
	local, remote = plain(local), plain(remote)
	rows, err := src.port(ctx, local.Port(), allStates)
	if err != nil {
		return Socket{}, false, err
	}
	for _, row := range rows {
		if row.Local == local && row.Remote == remote {
			return row, true, nil
		}
	}
	return Socket{}, false, nil
}

// Open finds a way to read the table and proves it: each way has to show a listener that Open itself
// has just made. If none can, the error is ErrUnknown and names what every way said.
func Open() (*Table, error) { return openTable(sources()) }

func openTable(ways []func() (source, error)) (*Table, error) {
	bird, err := newCanary()
	if err != nil {
		return nil, fmt.Errorf("open socket table: %w: %w", ErrUnknown, err)
	}
	var causes []error
	for _, open := range ways {
		src, err := open()
		if err != nil {
			causes = append(causes, err)
			continue
		}
		if err := bird.check(src); err != nil {
			causes = append(causes, err, src.close())
			continue
		}
		t := &Table{source: src, canary: bird}
		if !canaryAlways {
			t.canary = nil
			err = bird.close()
		}
		return t, err
	}
	causes = append(causes, bird.close())
	return nil, fmt.Errorf("open socket table: %w: %w", ErrUnknown, errors.Join(causes...))
}

// Source names how the table is read: "sock_diag", "procfs" or "gopsutil".
func (t *Table) Source() string { return t.source.name() }

// Exact reports that Lookup asks for one connection and costs microseconds, whatever else the host
// has open. Elsewhere a look-up reads the whole table.
func (t *Table) Exact() bool {
	e, ok := t.source.(interface{ exact() bool })
	return ok && e.exact()
}

// Close ends the use of the table. Later questions are ErrUnknown.
func (t *Table) Close() error {
	if t.closed.Swap(true) {
		return nil
	}
	err := t.source.close()
	if t.canary != nil {
		err = errors.Join(err, t.canary.close())
	}
	return err
}

// Lookup finds one connection by its exact addresses as seen from the local end. A listener is found
// with the remote address 0.0.0.0:0 or [::]:0.
func (t *Table) Lookup(local, remote netip.AddrPort) (Socket, bool, error) {
	if !local.IsValid() || !remote.IsValid() {
		return Socket{}, false, fmt.Errorf("look up socket %s -> %s: not addresses", local, remote)
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	row, ok, err := t.source.lookup(ctx, local, remote)
	if err == nil && !ok {
		err = t.prove()
	}
	if err != nil {
		return Socket{}, false, fmt.Errorf("look up socket %s -> %s by %s: %w: %w",
			local, remote, t.source.name(), ErrUnknown, err)
	}
	return row, ok, nil
}

// Port gives the sockets whose local or remote port is this number, v4 and v6, in any of the given
// states; without states, in every state. They are sorted by their addresses.
func (t *Table) Port(port uint16, states ...State) ([]Socket, error) {
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	return t.portContext(ctx, port, states)
}

func (t *Table) portContext(ctx context.Context, port uint16, states []State) ([]Socket, error) {
	mask, err := maskOf(states)
	if err != nil {
		return nil, err
	}
	rows, err := t.source.port(ctx, port, mask)
	if err == nil {
		err = t.prove()
	}
	if err != nil {
		return nil, fmt.Errorf("read sockets of port %d by %s: %w: %w",
			port, t.source.name(), ErrUnknown, err)
	}
	return once(rows), nil
}

// prove is the error that makes an answer worthless.
func (t *Table) prove() error {
	if t.closed.Load() {
		return net.ErrClosed
	}
	if t.canary == nil {
		return nil
	}
	return t.canary.check(t.source)
}

// CloseWait opens the table, counts once and closes it. Sockets in CLOSE_WAIT with the local port
// are the Gateway's, those with the remote port its client's. On macOS both include sockets in
// CLOSE, which is how lsof shows some of the same leftovers.
func CloseWait(ctx context.Context, port uint16) (gatewaySide, clientSide []Socket, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("count CLOSE_WAIT on port %d: %w: %w", port, ErrUnknown, err)
	}
	t, err := Open()
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	rows, err := t.portContext(ctx, port, leftoverStates)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range rows {
		if row.Local.Port() == port {
			gatewaySide = append(gatewaySide, row)
		}
		if row.Remote.Port() == port {
			clientSide = append(clientSide, row)
		}
	}
	return gatewaySide, clientSide, nil
}

// canary is a listener of our own. An answer that lacks it is no answer: a kernel without a handler
// says "not found", lsof that fails says nothing at all, and both look like an empty table.
type canary struct {
	ln   net.Listener
	addr netip.AddrPort
}

func newCanary() (*canary, error) {
	var causes []error
	for _, loopback := range []string{"127.0.0.1:0", "[::1]:0"} {
		ln, err := net.Listen("tcp", loopback)
		if err != nil {
			causes = append(causes, err)
			continue
		}
		return &canary{ln: ln, addr: plain(ln.Addr().(*net.TCPAddr).AddrPort())}, nil
	}
	return nil, fmt.Errorf("listen on loopback to test the table: %w", errors.Join(causes...))
}

func (c *canary) check(src source) error {
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	rows, err := src.port(ctx, c.addr.Port(), 1<<StateListen)
	if err != nil {
		return fmt.Errorf("%s: %w", src.name(), err)
	}
	for _, row := range rows {
		if row.Local == c.addr && row.State == StateListen {
			return nil
		}
	}
	return fmt.Errorf("%s does not show our own listener %s", src.name(), c.addr)
}

func (c *canary) close() error { return c.ln.Close() }
