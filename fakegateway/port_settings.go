package fakegateway

import (
	"time"

	"ibsoak/fakegateway/connection"
	"ibsoak/fakegateway/session"
	"ibsoak/fakegateway/session/settings"
)

// PortSettings say who may connect, when, and how fast a client may send. The zero value is a Gateway as it
// is installed; where it differs, the field says so. Durations are on the scenario's clock, unless a
// field says real time.
type PortSettings struct {
	// APIDisabled keeps the port closed until operation enable-api: a client's dial is refused.
	APIDisabled bool `yaml:"apiDisabled"`
	// TrustedAddresses are the addresses ("127.0.0.1") and prefixes ("10.0.0.0/8") that may
	// connect; others are accepted and closed without a byte. Empty: all.
	TrustedAddresses []string `yaml:"trustedAddresses"`
	// MaxClients is how many clients may be connected; one more is accepted and closed without a
	// byte. 0: 32, as IBKR documents; negative: no bound.
	MaxClients int `yaml:"maxClients"`
	// SilentWhenFull answers nothing to a client that is one too many, and leaves it open.
	SilentWhenFull bool `yaml:"silentWhenFull"`
	// Dialog is whom the "Accept incoming connection" dialog asks about. Default: nobody.
	Dialog Dialog `yaml:"dialog"`
	// DialogAnswer answers each dialog DialogAfter its appearance, as an operation dialog-* does:
	// "accept", "reject" or "dismiss". Default: it stays until it is answered.
	DialogAnswer DialogAnswer  `yaml:"dialogAnswer"`
	DialogAfter  time.Duration `yaml:"dialogAfter"`
	// MessagePacing is what becomes of a client that sends more messages in a second than half of
	// MarketDataLines. Default: no limit, unlike a real Gateway, which paces: a client's own pace
	// is not to depend on how fast the scenario's clock runs.
	MessagePacing MessagePacing `yaml:"messagePacing"`
	// MaxLogins stalls START_API for LoginStall when more than so many came within LoginWindow:
	// IBKR's servers throttle who logs in again and again. 0: never.
	MaxLogins   int           `yaml:"maxLogins"`
	LoginWindow time.Duration `yaml:"loginWindow"`
	LoginStall  time.Duration `yaml:"loginStall"`
	// SendTimeout resets a client that has taken nothing for so long, in real time, while there
	// was something to send: TWS's "Timeout to send bulk data to API". 0: never, until the
	// queue's bound; TWS installs 30 s.
	SendTimeout time.Duration `yaml:"sendTimeout"`
	// DisconnectMalformed ends the session after error 320, as builds before 10.28 do. Default:
	// "Maintain connection upon receiving incorrectly formatted fields".
	DisconnectMalformed bool `yaml:"disconnectMalformed"`

	// RefusalDelay is the real time between the refusal of a session (326, 320, 100) and the FIN
	// that follows. 0: 10 ms; negative: none.
	RefusalDelay time.Duration `yaml:"refusalDelay"`
	// VersionReply replaces the payload of the reply to a greeting, NULs and all. The session
	// goes on at the version that was negotiated. "": the true one.
	VersionReply string `yaml:"versionReply"`
}

const (
	defaultMaxClients   = 32
	defaultRefusalDelay = 10 * time.Millisecond
)

// resolved has values in place of the zeros that stand for them.
func (p PortSettings) resolved() PortSettings {
	if p.MaxClients == 0 {
		p.MaxClients = defaultMaxClients
	}
	if p.RefusalDelay == 0 {
		p.RefusalDelay = defaultRefusalDelay
	}
	return p
}

// problems are the values that are out of range; zero never is.
func (p PortSettings) problems() []error {
	errs := []error{
		session.OneOf("dialog", p.Dialog, NoDialog, DialogEach, DialogPerAddress, DialogPerClientID),
		session.OneOf("dialogAnswer", p.DialogAnswer, "", AcceptClient, RejectClient, DismissDialog),
		session.OneOf("messagePacing", p.MessagePacing, NoPacing, PaceMessages, RejectMessages),
	}
	for key, d := range map[string]time.Duration{
		"dialogAfter": p.DialogAfter, "loginWindow": p.LoginWindow, "loginStall": p.LoginStall,
		"sendTimeout": p.SendTimeout,
	} {
		if d < 0 {
			errs = append(errs, wrong(key, "%s: want 0 or more", d))
		}
	}
	switch {
	case p.MaxLogins < 0:
		errs = append(errs, wrong("maxLogins", "%d: want 0 or more", p.MaxLogins))
	case p.MaxLogins > 0 && (p.LoginWindow == 0 || p.LoginStall == 0):
		errs = append(errs, wrong("maxLogins", "needs loginWindow and loginStall"))
	}
	if _, err := parseTrusted(p.TrustedAddresses); err != nil {
		errs = append(errs, wrong("trustedAddresses", "%v", err))
	}
	return errs
}

// shown is what clients can read of the port's settings.
func (p PortSettings) shown() settings.Port {
	return settings.Port{
		SendTimeout: p.SendTimeout, RejectFastMessages: p.MessagePacing == RejectMessages,
		DisconnectMalformed: p.DisconnectMalformed, TrustedAddresses: p.TrustedAddresses,
	}
}

// The kinds of values that connections follow.
type (
	// Dialog says when the operator is asked about a connection.
	Dialog = connection.Dialog
	// DialogAnswer is what the operator says.
	DialogAnswer = connection.DialogAnswer
	// MessagePacing is what is done about a client that sends too fast.
	MessagePacing = connection.MessagePacing
)

// Their values: see package connection.
const (
	NoDialog          = connection.NoDialog
	DialogEach        = connection.DialogEach
	DialogPerAddress  = connection.DialogPerAddress
	DialogPerClientID = connection.DialogPerClientID

	AcceptClient  = connection.AcceptClient
	RejectClient  = connection.RejectClient
	DismissDialog = connection.DismissDialog

	NoPacing       = connection.NoPacing
	PaceMessages   = connection.PaceMessages
	RejectMessages = connection.RejectMessages
)

// messageRate is how many messages a second a Gateway takes from a client.
func (c Config) messageRate() int { return max(1, c.MarketDataLines/2) }
