package fakegateway

import (
	"ibsoak/fakegateway/clock"
	"ibsoak/fakegateway/control"
	"ibsoak/fakegateway/observe"
	"ibsoak/fakegateway/stage"
)

// What a Gateway shows of itself belongs to package observe, its clock to package clock, its health to
// package control. Whoever starts a Gateway meets these types with it.
type (
	// Connection is a row of the ledger.
	Connection = observe.Connection
	// Event is one thing that happened, as Watch tells it.
	Event = observe.Event
	// EventKind says what happened.
	EventKind = observe.EventKind
	// Frame is one frame of the transcript.
	Frame = observe.Frame
	// Digest says what a message is about.
	Digest = observe.Digest
	// Line is a line of GET /watch.
	Line = observe.Line
	// Hello is the first Line.
	Hello = observe.Hello
	// Rate is a number of things in a second.
	Rate = observe.Rate
	// Clock is the scenario's clock.
	Clock = clock.Clock
	// Health is what GET /healthz shows.
	Health = control.Health
	// Stage is how far up a Gateway is.
	Stage = stage.Stage
)

// The stages, in their order.
const (
	Refusing    = stage.Refusing
	AcceptMute  = stage.AcceptMute
	VersionOnly = stage.VersionOnly
	Ready       = stage.Ready
)

// The kinds of events.
const (
	EventAccepted   = observe.EventAccepted
	EventPhase      = observe.EventPhase
	EventInbound    = observe.EventInbound
	EventOutbound   = observe.EventOutbound
	EventFault      = observe.EventFault
	EventClientFIN  = observe.EventClientFIN
	EventClientRST  = observe.EventClientRST
	EventGatewayFIN = observe.EventGatewayFIN
	EventGatewayRST = observe.EventGatewayRST
	EventHeld       = observe.EventHeld
	EventClosed     = observe.EventClosed
	EventListening  = observe.EventListening
	EventRefusing   = observe.EventRefusing
	EventBooks      = observe.EventBooks
	EventDialog     = observe.EventDialog
)

// Who ended a connection first, and what is no message in a transcript.
const (
	ByClient         = observe.ByClient
	ByGateway        = observe.ByGateway
	KindPreamble     = observe.KindPreamble
	KindVersionReply = observe.KindVersionReply
	KindGarbage      = observe.KindGarbage
	KindMalformed    = observe.KindMalformed
)

// Files in Config.RecordDir.
const (
	TranscriptFile  = observe.TranscriptFile
	ConnectionsFile = observe.ConnectionsFile
)
