//go:build !linux

package sockets

import (
	"context"
	"net/netip"
	"runtime"
	"syscall"

	"github.com/shirou/gopsutil/v4/net"
)

// canaryAlways is on: gopsutil takes an lsof that fails without a word for one that found nothing, so
// every answer has to be proved.
const canaryAlways = true

// leftoverStates are those of a connection that its peer has ended and this end has not.
var leftoverStates = func() []State {
	if runtime.GOOS == "darwin" {
		return []State{StateCloseWait, StateClose}
	}
	return []State{StateCloseWait}
}()

func sources() []func() (source, error) {
	return []func() (source, error){func() (source, error) { return util{}, nil }}
}

// util asks gopsutil: GetExtendedTcpTable on Windows; on macOS lsof, which sees the sockets of other
// users only as root and never those that wait to be accepted.
type util struct{}

func (util) name() string { return "gopsutil" }
func (util) close() error { return nil }

func (u util) lookup(ctx context.Context, local, remote netip.AddrPort) (Socket, bool, error) {
	return scan(ctx, u, local, remote)
}

func (util) port(ctx context.Context, port uint16, states stateMask) ([]Socket, error) {
	stats, err := net.ConnectionsWithContext(ctx, "tcp")
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err // an lsof that was killed may have printed a part
	}
	var rows []Socket
	seen := make(map[Socket]struct{}) // one socket appears once for every descriptor of it
	for _, stat := range stats {
		line := listed{
			localIP: stat.Laddr.IP, localPort: stat.Laddr.Port,
			remoteIP: stat.Raddr.IP, remotePort: stat.Raddr.Port,
			v6: stat.Family == syscall.AF_INET6, state: stat.Status, pid: int(stat.Pid),
		}
		if !line.hasPort(port) {
			continue
		}
		row, err := line.socket()
		if err != nil {
			return nil, err
		}
		key := row
		key.PID = 0
		if _, again := seen[key]; again || !states.has(row.State) {
			continue
		}
		seen[key] = struct{}{}
		rows = append(rows, row)
	}
	return rows, nil
}
