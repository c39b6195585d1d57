package fakegateway

import "ibsoak/fakegateway/session"

// Semantics are the settings of a Gateway that change what it answers, and of the exchange behind
// it.
type Semantics = session.Semantics

// OpeningPosition is something that an account holds when the Gateway starts.
type OpeningPosition = session.OpeningPosition

// Advisor is the login of a financial advisor, whose accounts are his clients'.
type Advisor = session.Advisor

// AdvisorGroup is some of an advisor's accounts, and how an order for them is shared out.
type AdvisorGroup = session.AdvisorGroup

// Notice is a message about the Gateway itself: an errMsg with id -1.
type Notice = session.Notice

// Connectivity is what GET /connectivity shows.
type Connectivity = session.Connectivity

// Farm is one of IBKR's data farms, as the Gateway sees it.
type Farm = session.Farm

// FarmKind is what a farm serves.
type FarmKind = session.FarmKind

// The kinds of farms.
const (
	MarketFarm  = session.MarketFarm
	HistoryFarm = session.HistoryFarm
	SecDefFarm  = session.SecDefFarm
)

// FarmState is how the connection to a farm is.
type FarmState = session.FarmState

// The states of farms.
const (
	FarmIsOK         = session.FarmIsOK
	FarmIsBroken     = session.FarmIsBroken
	FarmIsInactive   = session.FarmIsInactive
	FarmIsConnecting = session.FarmIsConnecting
)

// Denial is why a login without live data of an instrument does not get it.
type Denial = session.Denial

// The denials: of data to the API, until the client asks for delayed data, and of all data.
const (
	DeniedToAPI        = session.DeniedToAPI
	DeniedUntilDelayed = session.DeniedUntilDelayed
	DeniedAltogether   = session.DeniedAltogether
)

// Dialog is whom the "Accept incoming connection" dialog asks about.
type Dialog = session.Dialog

// The scopes of the dialog: nobody, every connection, every address and every client id.
const (
	NoDialog          = session.NoDialog
	DialogEach        = session.DialogEach
	DialogPerAddress  = session.DialogPerAddress
	DialogPerClientID = session.DialogPerClientID
)

// DialogAnswer is what the operator does with a dialog.
type DialogAnswer = session.DialogAnswer

// The answers: the client is served, sent away with a FIN, or never answered.
const (
	AcceptClient  = session.AcceptClient
	RejectClient  = session.RejectClient
	DismissDialog = session.DismissDialog
)

// MessagePacing is what becomes of a client that sends more messages in a second than half of the
// market data lines.
type MessagePacing = session.MessagePacing

// What becomes of it: nothing, it is read slower, or its messages are rejected.
const (
	NoPacing       = session.NoPacing
	PaceMessages   = session.PaceMessages
	RejectMessages = session.RejectMessages
)
