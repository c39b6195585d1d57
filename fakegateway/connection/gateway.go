package connection

import (
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"ibsoak/fakegateway/clock"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/hook"
	"ibsoak/fakegateway/lock"
	"ibsoak/fakegateway/observe"
	"ibsoak/fakegateway/session"
	"ibsoak/fakegateway/stage"
	"ibsoak/internal/wire"
)

// Gateway is what the connections of one Gateway share. Its fields do not change once there is a
// connection.
type Gateway struct {
	Settings Settings
	Clock    clock.Running
	Board    *observe.Board
	Stage    *stage.Stages
	Plan     *fault.Plan
	Login    *session.Login
	Dialogs  *Dialogs
	Delayed  *Delayed
	Hook     *atomic.Pointer[hook.Hook] // nil is none
	// Moment is held while the exchange tells of a moment: no writer begins in the middle of it.
	Moment *lock.RWMutex[lock.Moment]
	Log    *slog.Logger
	Owner  Owner
}

// Settings are those of the Gateway that its connections follow. Durations are real time, but for
// DialogAfter.
type Settings struct {
	MaxServerVersion    wire.Version
	Seed                uint64
	MessagePacing       MessagePacing
	MessageRate         int // messages a second that MessagePacing lets through
	Dialog              Dialog
	DialogAnswer        DialogAnswer
	DialogAfter         time.Duration
	SendTimeout         time.Duration
	DisconnectMalformed bool
	RefusalDelay        time.Duration
	VersionReply        string
	LeakProbes          bool // the FIN of a client that sent nothing is ignored
}

// Owner is what a connection asks of the Gateway as a whole. Every connection's goroutines call it.
type Owner interface {
	// Order hands on a fault that is on the listener.
	Order(fault.Hit)
	// ClientLeft is told of every FIN of a client, before it is answered.
	ClientLeft(*Conn)
	// StallLogin counts a START_API at now and says for how long, in real time, it is to be stalled.
	StallLogin(now time.Time) time.Duration
	// Open lists the connections that have not ended, by number.
	Open() []*Conn
}

// Dialog is whom the "Accept incoming connection" dialog asks about.
type Dialog string

// The scopes of the dialog. Which one a Gateway has depends on its build and settings: users' logs
// show all of them.
const (
	NoDialog          Dialog = ""
	DialogEach        Dialog = "each"      // every connection, before anything of it is read
	DialogPerAddress  Dialog = "address"   // the same, until its address was accepted once
	DialogPerClientID Dialog = "client-id" // START_API waits, until its client id was accepted once
)

// DialogAnswer is what the operator does with a dialog.
type DialogAnswer string

// The answers.
const (
	AcceptClient  DialogAnswer = "accept"
	RejectClient  DialogAnswer = "reject"  // FIN, after the client's bytes were read
	DismissDialog DialogAnswer = "dismiss" // the client is never answered
)

// MessagePacing is what becomes of a client that sends more messages in a second than half of the
// market data lines.
type MessagePacing string

// The two positions of "Reject messages above maximum allowed message rate vs applying pacing".
const (
	NoPacing       MessagePacing = ""
	PaceMessages   MessagePacing = "pace"   // read slower, so that TCP pushes back
	RejectMessages MessagePacing = "reject" // error 100; at the third the session is terminated
)

// IsPlanted reports whether the Gateway made the connection itself: no subject's doing.
func (c *Conn) IsPlanted() bool { return c.row.Planted }

// Remote is the client's address.
func (c *Conn) Remote() netip.Addr { return AddrPort(c.nc.RemoteAddr()).Addr() }

// Look looks at the connection's row of the ledger.
func (c *Conn) Look(look func(*observe.Connection)) { c.gateway.Board.Look(c.row, look) }

// Track follows the connection past the points at which faults fall.
func (c *Conn) Track() *fault.Track { return c.track }

// Refuse closes the connection without a byte when it is served. Only before Serve.
func (c *Conn) Refuse(why string) { c.refusal = why }

// IgnoreClientFIN leaves the client's FIN without an answer.
func (c *Conn) IgnoreClientFIN() { c.OnClientFIN(ignoreFIN) }

// Close closes the socket: FIN, when nothing that came is unread. The first reason given stands.
func (c *Conn) Close(end string) { c.shut(end, false) }

// SessionOver is closed when the session has ended and its client id is free.
func (c *Conn) SessionOver() <-chan struct{} { return c.rd.dropping }

// Number is that of the connection's row in the ledger.
func (c *Conn) Number() int { return c.id }

// Queued is how many bytes wait to be written.
func (c *Conn) Queued() int { return c.w.queued() }
