package keeper

import (
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ibsoak/internal/loopback"
	"ibsoak/internal/wire"
	"ibsoak/trader/link"
)

// The defaults and bounds of Config.
const (
	DefaultKeep        = 30 * time.Minute
	DefaultDrainWithin = 2 * time.Second
	DefaultBackoffBase = time.Second
	DefaultBackoffCap  = time.Minute

	// Forever keeps a session for as long as the Gateway does.
	Forever time.Duration = math.MaxInt64

	// MaxClients bounds the connections of clients, in whatever phase.
	MaxClients = 256

	// supersedeWithin is how long a client whose id is in use waits for its predecessor's end, which
	// may be on its way.
	supersedeWithin = 250 * time.Millisecond
	// stopWithin bounds the end of the keeper: every session's FIN and grace. partWithin is how long
	// after that a client may take to answer its own FIN.
	stopWithin = 2 * time.Second
	partWithin = 500 * time.Millisecond
	// sendWithin is how long one request may wait for a Gateway that has left its socket unread.
	sendWithin = 2 * time.Second

	unixPrefix = link.UnixPrefix
)

// Config says which Gateway is kept for whom. Zero values are the defaults above; negative values
// turn a feature off.
type Config struct {
	Listen  string // host:port, or unix:PATH; a unix socket has mode 0600
	Gateway string // host:port
	State   string // directory of what must survive; made if need be
	// ServerVersion is the newest version that clients get, 157..226; 0 is what the Gateway has.
	ServerVersion int
	// Keep is how long a session without a client stays. Negative: it ends with its client.
	Keep time.Duration
	// Takeover lets a second client have the session of the first, which is closed; else it gets 326.
	Takeover bool
	// Hold keeps the port open while the Gateway is away, and clients waiting in their handshake.
	Hold bool
	// ReadOnly are the client ids whose orders are refused with 321.
	ReadOnly []int
	// AllowRemote are the networks besides this host from which clients may come.
	AllowRemote []netip.Prefix
	// MessagesPerSecond bounds what goes to the Gateway for all clients together.
	MessagesPerSecond int
	// DrainWithin is how long the answers to a departed client may keep the next one waiting; then
	// the session is closed and opened anew.
	DrainWithin time.Duration

	BackoffBase, BackoffCap time.Duration // between attempts to reach a Gateway that is away

	// OwnRequests is told of every request that the keeper itself makes of the Gateway, but for its
	// link's probes; nil is nobody. It must not block.
	OwnRequests func(OwnRequest)

	// Link holds timeouts of the connection to the Gateway, for tests; its other fields are set here.
	Link link.Config
	Log  *slog.Logger
}

// OwnRequest is a request that no client has made: for open orders, or a cancel of what a client has
// left behind.
type OwnRequest struct {
	ID     int    `json:"id"`     // of the client
	Local  string `json:"local"`  // the keeper's end of the session's socket, host:port
	Number int    `json:"number"` // the n-th request on the session, from 1, reqCurrentTime not counted
	Kind   string `json:"kind"`
}

func (c Config) withDefaults() (Config, error) {
	c.Keep = orDefault(c.Keep, DefaultKeep)
	c.DrainWithin = orDefault(c.DrainWithin, DefaultDrainWithin)
	c.BackoffBase = orDefault(c.BackoffBase, DefaultBackoffBase)
	c.BackoffCap = orDefault(c.BackoffCap, DefaultBackoffCap)
	c.MessagesPerSecond = orDefault(c.MessagesPerSecond, link.DefaultMessagesPerSecond)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if v := c.ServerVersion; v != 0 && (v < int(wire.MinVersion) || v > int(wire.MaxVersion)) {
		return c, fmt.Errorf("server version %d: want %d..%d", v, wire.MinVersion, wire.MaxVersion)
	}
	if c.State == "" {
		return c, fmt.Errorf("no state directory: the order ids that were used must survive")
	}
	if _, _, err := net.SplitHostPort(c.Gateway); err != nil {
		return c, fmt.Errorf("gateway %q: want host:port", c.Gateway)
	}
	return c, c.checkListen()
}

// checkListen refuses what strangers could reach.
func (c Config) checkListen() error {
	if path, ok := strings.CutPrefix(c.Listen, unixPrefix); ok {
		if path == "" {
			return fmt.Errorf("listen %q: want unix:PATH", c.Listen)
		}
		return nil
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("listen %q: want host:port or unix:PATH", c.Listen)
	}
	if loopback.Host(host) {
		return nil
	}
	if len(c.AllowRemote) == 0 {
		return fmt.Errorf("listen %q: whoever reaches the port can trade: listen on 127.0.0.1 or a unix "+
			"socket, or say with --allow-remote CIDR who may", c.Listen)
	}
	return nil
}

// allows reports whether a client may come from an address.
func (c Config) allows(from net.Addr) bool {
	tcp, ok := from.(*net.TCPAddr)
	if !ok {
		return true // a unix socket: its mode has decided
	}
	addr := tcp.AddrPort().Addr().Unmap()
	return addr.IsLoopback() || slices.ContainsFunc(c.AllowRemote, func(p netip.Prefix) bool {
		return p.Contains(addr)
	})
}

func orDefault[T int | time.Duration](value, standard T) T {
	if value == 0 {
		return standard
	}
	return value
}
