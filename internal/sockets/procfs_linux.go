package sockets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/prometheus/procfs"
)

// procRoot is where Linux has its process file system.
const procRoot = "/proc"

// proc parses /proc/net/tcp and tcp6: slower by orders of magnitude than sock_diag, not atomic, and
// there where that is not, as in gVisor.
type proc struct {
	fs   procfs.FS
	root string
}

func openProc(root string) (*proc, error) {
	mounted, err := procfs.NewFS(root)
	if err != nil {
		return nil, fmt.Errorf("open procfs: %w", err)
	}
	return &proc{fs: mounted, root: root}, nil
}

func (p *proc) name() string { return "procfs" }
func (p *proc) close() error { return nil }

func (p *proc) lookup(ctx context.Context, local, remote netip.AddrPort) (Socket, bool, error) {
	return scan(ctx, p, local, remote)
}

func (p *proc) port(ctx context.Context, port uint16, states stateMask) ([]Socket, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	v4, err := p.fs.NetTCP() //nolint:staticcheck // deprecated for netlink, which is what is missing here
	if err != nil {
		return nil, fmt.Errorf("read net/tcp: %w", err)
	}
	v6, err := p.fs.NetTCP6() //nolint:staticcheck // deprecated for netlink, which is what is missing here
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // a kernel without IPv6 has no IPv6 sockets
	}
	if err != nil {
		return nil, fmt.Errorf("read net/tcp6: %w", err)
	}
	var rows []Socket
	for _, table := range []procfs.NetTCP{v4, v6} {
		for _, line := range table {
			row := Socket{
				Local:          addrPort(line.LocalAddr, line.LocalPort),
				Remote:         addrPort(line.RemAddr, line.RemPort),
				State:          State(line.St),
				Inode:          line.Inode,
				RecvQueueBytes: uint32(line.RxQueue),
				SendQueueBytes: uint32(line.TxQueue),
			}
			if row.hasPort(port) && states.has(row.State) {
				rows = append(rows, row)
			}
		}
	}
	return rows, nil
}

func addrPort(ip net.IP, port uint64) netip.AddrPort {
	addr, _ := netip.AddrFromSlice(ip) // the parser gives 4 or 16 bytes, never anything else
	return netip.AddrPortFrom(addr.Unmap(), uint16(port))
}

// hasIPv6 says whether this kernel has IPv6 at all.
func hasIPv6() bool {
	_, err := os.Stat(filepath.Join(procRoot, "net/tcp6"))
	return !errors.Is(err, fs.ErrNotExist)
}
