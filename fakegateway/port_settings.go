package session

// What settings say about who may connect, and how fast he may talk.

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
