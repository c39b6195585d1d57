package fakegateway

import (
	"ibsoak/fakegateway/clock"
	"ibsoak/fakegateway/control"
	"ibsoak/fakegateway/observe"
	"ibsoak/fakegateway/stage"
)

// What a Gateway shows of itself is package observe's. Whoever starts a Gateway meets these with it.
type (
	Connection = observe.Connection
	Event      = observe.Event
	EventKind  = observe.EventKind
	Frame      = observe.Frame
	Digest     = observe.Digest
	Line       = observe.Line
	Hello      = observe.Hello
	Rate       = observe.Rate
	Clock      = clock.Clock
	Health     = control.Health
	Stage      = stage.Stage
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
