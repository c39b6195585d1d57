// Package zombies counts the sockets in CLOSE_WAIT on a Gateway's port before the trader dials it.
// It asks the kernel and opens no connection: a probe that connects and closes makes the very
// zombies that it looks for. It never signals a process; a Gateway killed by port needs a new
// login by hand.
package zombies

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"ibsoak/internal/sockets"
)

// DefaultLimit is how long a check may take. Counting takes about a millisecond, but on a busy machine
// a process may not be run for many of them, and then "unknown" would hide what the operator asked for.
const DefaultLimit = 500 * time.Millisecond

// ErrRemote says that the Gateway is on another host, whose sockets cannot be seen from here.
var ErrRemote = errors.New("the Gateway is not on this host")

// Count is what a check found.
type Count struct {
	// Gateway holds the sockets that the Gateway has not closed. It answers no handshake once it
	// has a few of them.
	Gateway []sockets.Socket
	// Client holds the sockets that some client of the Gateway has not closed.
	Client []sockets.Socket
}

// Check counts within limit; 0 is DefaultLimit. An error means that the count is unknown, which is
// neither none nor some: a caller must not act on it.
func Check(ctx context.Context, host string, port int, limit time.Duration) (Count, error) {
	if limit <= 0 {
		limit = DefaultLimit
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	number, err := strconv.ParseUint(strconv.Itoa(port), 10, 16)
	if err != nil {
		return Count{}, fmt.Errorf("count zombies on port %d: %w", port, err)
	}
	if err := onThisHost(ctx, host); err != nil {
		return Count{}, fmt.Errorf("count zombies of %s: %w", host, err)
	}
	gateway, client, err := sockets.CloseWait(ctx, uint16(number))
	if err != nil {
		return Count{}, fmt.Errorf("count zombies on port %d: %w", port, err)
	}
	return Count{gateway, client}, nil
}

// onThisHost is nil when every address of host is one of ours.
func onThisHost(ctx context.Context, host string) error {
	addrs, err := resolve(ctx, host)
	if err != nil {
		return err
	}
	own, err := ownAddresses()
	if err != nil {
		return err
	}
	for _, a := range addrs {
		if a = a.Unmap().WithZone(""); !a.IsLoopback() && !own[a] {
			return fmt.Errorf("%s: %w", a, ErrRemote)
		}
	}
	return nil
}

func resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("resolve: %w", err)
	}
	if len(addrs) == 0 {
		return nil, errors.New("resolve: no address")
	}
	return addrs, nil
}

func ownAddresses() (map[netip.Addr]bool, error) {
	found, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("list own addresses: %w", err)
	}
	own := map[netip.Addr]bool{}
	for _, a := range found {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			own[prefix.Addr().Unmap().WithZone("")] = true
		}
	}
	return own, nil
}

// named is how many sockets a message names.
const named = 3

// String names the first sockets of each side: "3 sockets in CLOSE_WAIT held by the Gateway
// (127.0.0.1:4002 <- 127.0.0.1:50001 pid 812, ...)".
func (c Count) String() string {
	var parts []string
	if n := len(c.Gateway); n > 0 {
		parts = append(parts, fmt.Sprintf("%s in CLOSE_WAIT held by the Gateway (%s)",
			plural(n), list(c.Gateway)))
	}
	if n := len(c.Client); n > 0 {
		parts = append(parts, fmt.Sprintf("%s in CLOSE_WAIT held by its clients (%s)",
			plural(n), list(c.Client)))
	}
	if len(parts) == 0 {
		return "no sockets in CLOSE_WAIT"
	}
	return strings.Join(parts, ", ")
}

func plural(n int) string {
	if n == 1 {
		return "1 socket"
	}
	return fmt.Sprintf("%d sockets", n)
}

func list(found []sockets.Socket) string {
	var parts []string
	for i, s := range found {
		if i == named {
			parts = append(parts, "...")
			break
		}
		text := fmt.Sprintf("%s <- %s", s.Local, s.Remote)
		if s.PID > 0 {
			text += fmt.Sprintf(" pid %d", s.PID)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}
