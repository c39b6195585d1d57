package fault

import (
	"time"

	"ibsoak/internal/wire"
)

// Effect is what an action does where it has fallen. An action only returns it: whoever let the action
// fall files the receipt. What an action does before it returns comes ahead of the receipt.
type Effect struct {
	// Wire and Mismatch are for the receipt.
	Wire, Mismatch string
	// Swallow keeps the message at hand from being handled or written.
	Swallow bool
	// Do happens when the receipt is filed: whoever sees the effect then finds the receipt. It returns
	// false when the connection is over. nil is nothing.
	Do func() bool
	// Close happens in place of Do when only the socket's state shows what went out: the receipt is
	// filed when done is called, with what is to be added to Wire, and with the mismatch.
	Close func(done Closed)
	// Then is an action on the connection that follows at once and goes into the same receipt.
	Then Action
	// Resume undoes what lasts: after Lasts, when that is above 0, and when the fault is lifted.
	Resume func()
	Lasts  time.Duration
}

// On the receipts of hits that did not act: the end of the connection has overtaken one, and the other's
// fault was lifted while its When.Delay lasted.
const (
	CameToNothing = "nothing: the connection had ended"
	LiftedBefore  = "nothing: lifted before it acted"
)

// Acted reports whether a receipt with this Wire is of a hit that acted.
func Acted(wire string) bool { return wire != CameToNothing && wire != LiftedBefore }

// Closed says how the closing of a connection differs from what was planned; both are "" when it does
// not.
type Closed func(more, mismatch string)

// Connection is what an action can do to a connection of the Gateway. Every goroutine may call it.
type Connection interface {
	// Ended reports whether the socket is gone.
	Ended() bool
	// HasVersion reports whether a version is agreed upon: no message can be sent before.
	HasVersion() bool
	// FIN sends FIN behind everything that was queued, and handles nothing more. end is the reason, for
	// the ledger; done may be nil.
	FIN(end string, done Closed)
	// HalfClose sends FIN and goes on reading and handling.
	HalfClose(end string, done Closed)
	// RST closes the socket at once.
	RST(end string)
	// Hold handles and writes nothing more, and never closes the socket.
	Hold(end string)
	// Mute reads and throws away, and writes nothing, until resume.
	Mute() (resume func())
	StopWriting() (resume func())
	StopReading() (resume func())
	// OnClientFIN lets the hit's action answer the client's FIN in place of the Gateway.
	OnClientFIN(Hit)
	// SendError sends an error message. written, when not nil, is called with its size when the kernel
	// has it.
	SendError(h Hit, code int, text string, id int64, written func(bytes int)) (goOn bool)
	// After calls f after d, unless the connection is over by then.
	After(d time.Duration, f func())
}

// Flow is a connection where a message waits to be handled or written, or, at a phase, between
// messages. Only the goroutine that let the action fall may use it.
type Flow interface {
	Connection
	// Wait waits for d, or until the fault is lifted or the connection ends; false when nothing goes
	// on after it.
	Wait(d time.Duration) bool
	// RequestID is the request id in the message at hand, -1 for none.
	RequestID() int64
	// OnMessage reports whether a message is at hand.
	OnMessage() bool
}

// Stream is the sending half of a connection, where a frame waits to be written, or, at a phase or a
// count of bytes, between frames.
type Stream interface {
	Flow
	// FrameName is the name of the message in the frame at hand.
	FrameName() string
	// Write writes the frame at hand, with a note for the transcript; false when the connection is over.
	Write(note string) bool
	// WriteRaw writes bytes that are no frame.
	WriteRaw(raw []byte) bool
	// WriteLater writes the frame at hand behind the next one.
	WriteLater()
	// Drip makes the writer write byte by byte, every apart, and returns how it was; 0 is whole frames.
	Drip(every time.Duration) (was time.Duration)
	// Flush writes all that was gathered.
	Flush() bool
	// Noise is n bytes, the same for the same seed, fault and connection.
	Noise(n int) []byte
}

// Gateway is what an action can do to the Gateway as a whole. What it returns is for the receipt.
type Gateway interface {
	Refuse(Hit) (wire string, err error)
	FillBacklog(Hit) (wire string, err error)
	Restart(Hit) (wire string, err error)
	Operate(What) (wire string, err error)
}

// clientFIN is what an action makes of the client's FIN.
type clientFIN func(c Connection, h Hit, file func(wire string)) (goOn bool)

// telling is a message that the session says, on its way to the writer, and what a fault makes of it.
// The plan is locked.
type telling struct {
	*Fall
	track   *Track
	fault   *armed // nil for a hook's
	message wire.Message
	changed wire.Message // by What.Set
}

// Told is a message as it goes to the writer.
type Told struct {
	Message wire.Message
	Raw     []byte // the frame, when it is not the message's own; else nil
	Note    string // for the transcript
}

// tell makes the messages that go to the writer, in their order.
func (x *telling) tell(note string, messages ...wire.Message) {
	for _, m := range messages {
		x.Tell = append(x.Tell, Told{Message: m, Note: note})
	}
}

// note is the transcript's note on what is not the message as it was.
func (x *telling) note() string { return string(x.Hit.What.Do) + " by " + x.Hit.ID }
