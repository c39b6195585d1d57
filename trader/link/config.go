package link

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net"
	"strconv"
	"strings"
	"time"

	"ibsoak/internal/wire"
)

// The defaults of Config.
const (
	DefaultDialTimeout     = 5 * time.Second
	DefaultVersionTimeout  = 10 * time.Second
	DefaultReadyTimeout    = 15 * time.Second
	DefaultAttachTimeout   = 5 * time.Second
	DefaultWriteTimeout    = 10 * time.Second
	DefaultDrainTimeout    = 10 * time.Second
	DefaultCloseGrace      = 250 * time.Millisecond
	DefaultLivenessIdle    = 15 * time.Second
	DefaultLivenessTimeout = 10 * time.Second

	// DefaultMessagesPerSecond keeps below the 50 that a Gateway with 100 market data lines
	// accepts (IBKR's documentation: half the lines).
	DefaultMessagesPerSecond = 45

	// MaxServerVersion is the newest version that the API client behind the link decodes.
	MaxServerVersion = 225
)

// Config says which Gateway to link to and how. Zero values are the defaults above; a negative
// CloseGrace, LivenessIdle or MessagesPerSecond turns that feature off.
type Config struct {
	Addr     string // the Gateway's host:port, or unix:PATH of a keeper in front of it
	ClientID int    // 0..2147483647; one session per id at a time
	// Account must be among the Gateway's accounts. "" accepts whichever account it is, if it is
	// the only one.
	Account string
	// Options are the connect options of the greeting, for example "+PACEAPI".
	Options string
	// MaxServerVersion is the newest version to negotiate, 157..225; default 225. With Relay, to 226.
	MaxServerVersion int

	DialTimeout    time.Duration // TCP handshake
	VersionTimeout time.Duration // from the preamble to the version reply
	ReadyTimeout   time.Duration // from START_API to accounts and next valid id
	AttachTimeout  time.Duration // for the API client to come up on loopback
	WriteTimeout   time.Duration // for one frame, to the Gateway or to the API client
	DrainTimeout   time.Duration // for the client to decode all that arrived
	// CloseGrace is how long after our FIN, and after each frame that still comes, the Gateway may
	// take to send more or its own FIN, before RST; four times that in all.
	CloseGrace time.Duration

	// LivenessIdle without a frame from the Gateway sends a probe (reqCurrentTime), and so does
	// four times LivenessIdle since the last answered one, whatever arrives.
	LivenessIdle    time.Duration
	LivenessTimeout time.Duration // for the probe's answer

	// MessagesPerSecond paces what goes to the Gateway, with bursts of PaceBurst.
	MessagesPerSecond int

	// PassUnknown relays messages that the codec has no row for. They cannot be checked, and a
	// malformed one panics the API client's decoder, which ends the session.
	PassUnknown bool

	// Relay takes every frame of the Gateway in place of an API client, one call at a time, from the
	// bootstrap on, as it came: nothing is re-rendered, withheld or refused but the answers to the
	// link's own probes. It must not block, nor call the link. A link with Relay is never attached;
	// Send gives it requests.
	Relay func(kind wire.Kind, payload []byte)
	// Greeted is told the Gateway's version reply before START_API is sent; nil is nobody.
	Greeted func(wire.Hello)
	// Capabilities are the optional capabilities of START_API.
	Capabilities string

	// Dial opens the connection to the Gateway; nil is TCP with SO_LINGER armed before connect.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Listen makes the listener that the API client connects to; nil is TCP on 127.0.0.1:0.
	Listen func() (net.Listener, error)
	// Transcript sees every message as it is read or written, one call at a time. It must not
	// block, nor keep the payload.
	Transcript func(Frame)
	// Log is where the link speaks; nil is nowhere.
	Log *slog.Logger
}

// Frame is one message on the socket to the Gateway.
type Frame struct {
	At        time.Time
	Direction wire.Direction
	Kind      wire.Kind
	Payload   []byte // without the length prefix
	Note      string // "probe", "probe's answer, not delivered", "unknown kind, not delivered"
}

// Check is what Connect would say of a configuration before it dials.
func (c Config) Check() error {
	_, err := c.withDefaults()
	return err
}

// withDefaults checks a configuration and fills in what was left zero.
func (c Config) withDefaults() (Config, error) {
	if path, ok := strings.CutPrefix(c.Addr, UnixPrefix); ok {
		if path == "" {
			return c, fmt.Errorf("link config: address %q: want unix:PATH", c.Addr)
		}
	} else if _, port, err := net.SplitHostPort(c.Addr); err != nil {
		return c, fmt.Errorf("link config: address %q: want host:port or unix:PATH", c.Addr)
	} else if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return c, fmt.Errorf("link config: address %q: port is not a number of 0..65535", c.Addr)
	}
	if c.ClientID < 0 || c.ClientID > math.MaxInt32 {
		return c, fmt.Errorf("link config: client id %d: want 0..%d", c.ClientID, math.MaxInt32)
	}
	c.MaxServerVersion = orDefault(c.MaxServerVersion, MaxServerVersion)
	newest := MaxServerVersion
	if c.Relay != nil {
		newest = int(wire.MaxVersion)
	}
	if c.MaxServerVersion < int(wire.MinVersion) || c.MaxServerVersion > newest {
		return c, fmt.Errorf("link config: max server version %d: want %d..%d",
			c.MaxServerVersion, wire.MinVersion, newest)
	}
	c.DialTimeout = orDefault(c.DialTimeout, DefaultDialTimeout)
	c.VersionTimeout = orDefault(c.VersionTimeout, DefaultVersionTimeout)
	c.ReadyTimeout = orDefault(c.ReadyTimeout, DefaultReadyTimeout)
	c.AttachTimeout = orDefault(c.AttachTimeout, DefaultAttachTimeout)
	c.WriteTimeout = orDefault(c.WriteTimeout, DefaultWriteTimeout)
	c.DrainTimeout = orDefault(c.DrainTimeout, DefaultDrainTimeout)
	c.CloseGrace = orDefault(c.CloseGrace, DefaultCloseGrace)
	c.LivenessIdle = orDefault(c.LivenessIdle, DefaultLivenessIdle)
	c.LivenessTimeout = orDefault(c.LivenessTimeout, DefaultLivenessTimeout)
	c.MessagesPerSecond = orDefault(c.MessagesPerSecond, DefaultMessagesPerSecond)
	if c.Dial == nil {
		c.Dial = dialArmed
	}
	if c.Listen == nil {
		c.Listen = listenLoopback
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

func orDefault[T int | time.Duration](value, standard T) T {
	if value == 0 {
		return standard
	}
	return value
}
