package observe

import (
	"maps"
	"net/netip"
	"slices"
	"time"
)

// Who ended a connection first, in Connection.ClosedFirst.
const (
	ByClient  = "client"
	ByGateway = "gateway"
)

// Connection is one row of the ledger: everything that one socket did. Times are real time; a
// zero time is "not yet" or "never".
type Connection struct {
	ID     int            `json:"id"`    // the k-th accepted, from 1
	Epoch  int            `json:"epoch"` // how often the Gateway had restarted
	Local  netip.AddrPort `json:"local"`
	Remote netip.AddrPort `json:"remote"`

	ClientID      *int   `json:"clientId,omitempty"`      // from START_API
	FirstBytes    []byte `json:"firstBytes,omitempty"`    // at most 32
	Preamble      bool   `json:"preamble"`                // a complete "API\0" greeting came
	Greeting      string `json:"greeting,omitempty"`      // "v100..225 +PACEAPI"
	ServerVersion int    `json:"serverVersion,omitempty"` // as negotiated

	Accepted       time.Time `json:"accepted"`
	FirstByte      time.Time `json:"firstByte,omitzero"`
	PreambleRead   time.Time `json:"preambleRead,omitzero"`
	VersionSent    time.Time `json:"versionSent,omitzero"`
	StartAPIRead   time.Time `json:"startApiRead,omitzero"`
	BootstrapSent  time.Time `json:"bootstrapSent,omitzero"`
	FirstRequested time.Time `json:"firstRequested,omitzero"`

	BytesIn       int64          `json:"bytesIn"`
	BytesOut      int64          `json:"bytesOut"`
	BytesAfterFIN int64          `json:"bytesAfterFin,omitempty"` // from the client, after the Gateway's FIN
	MessagesIn    map[string]int `json:"messagesIn,omitempty"`
	MessagesOut   map[string]int `json:"messagesOut,omitempty"`
	// Busiest is the client's fastest second by the scenario's clock, BusiestReal by real time.
	// Neither counts beyond 4096.
	Busiest     Rate `json:"busiest,omitzero"`
	BusiestReal Rate `json:"busiestReal,omitzero"`
	rates       *rates

	// ClientFIN and ClientRST are when the Gateway's reader met them: a fault that stops reading
	// puts them off.
	ClientFIN   time.Time `json:"clientFin,omitzero"`
	ClientRST   time.Time `json:"clientRst,omitzero"`
	GatewayFIN  time.Time `json:"gatewayFin,omitzero"`
	GatewayRST  time.Time `json:"gatewayRst,omitzero"`
	Closed      time.Time `json:"closed,omitzero"` // the Gateway has no socket any more
	ClosedFirst string    `json:"closedFirst,omitempty"`

	// ClientDwell is how long the client's end was in CLOSE_WAIT: from the Gateway's FIN to the
	// client's FIN or RST. It still grows while neither has come, and over-reads by the time of
	// a system call. 0 when the client's FIN was first.
	ClientDwell time.Duration `json:"clientDwell,omitempty"`
	// GatewayDwell is how long the Gateway's end was in CLOSE_WAIT: from the client's FIN to the
	// Gateway's FIN or RST, or to the client's RST, which takes the zombie away.
	GatewayDwell time.Duration `json:"gatewayDwell,omitempty"`

	Held    bool     `json:"held,omitempty"`    // by a fault or a leak: the Gateway will not close it
	Planted bool     `json:"planted,omitempty"` // made by PlantZombies: no subject's doing
	Faults  []string `json:"faults,omitempty"`  // ids of those that acted here
	End     string   `json:"end,omitempty"`     // why it ended, in words

	revision int // how often more of it has changed than its counts
}

// InCloseWait reports whether the Gateway's end is a zombie: the client has sent FIN, the Gateway
// has not.
func (c *Connection) InCloseWait() bool {
	return !c.ClientFIN.IsZero() && c.GatewayFIN.IsZero() && c.GatewayRST.IsZero() &&
		c.ClientRST.IsZero() && c.Closed.IsZero()
}

// What a Gateway knows of the state of an end by the FINs that it has seen; between them the kernel knows more.
const (
	established = "ESTABLISHED"
	closeWait   = "CLOSE_WAIT"
	finWait     = "FIN_WAIT"
	closing     = "closing" // both have sent FIN
)

// States are all that States of a connection can say.
func States() []string { return []string{established, closeWait, finWait, closing} }

// States are the states of both ends; "" when the Gateway has no socket any more.
func (c *Connection) States() (gateway, client string) {
	asked, left := !c.ClientFIN.IsZero(), !c.GatewayFIN.IsZero()
	switch {
	case !c.Closed.IsZero() || !c.ClientRST.IsZero() || !c.GatewayRST.IsZero():
		return "", ""
	case asked && left:
		return closing, closing
	case asked:
		return closeWait, finWait
	case left:
		return finWait, closeWait
	}
	return established, established
}

// Live reports whether neither side has begun to end the connection.
func (c *Connection) Live() bool { return c.ClosedFirst == "" && c.Closed.IsZero() && !c.Held }

// copyAt is a deep copy with the dwell times as of now.
func (c *Connection) copyAt(now time.Time) Connection {
	r := *c
	r.rates = nil // the board's
	if c.ClientID != nil {
		id := *c.ClientID
		r.ClientID = &id
	}
	r.FirstBytes = slices.Clone(c.FirstBytes)
	r.MessagesIn = maps.Clone(c.MessagesIn)
	r.MessagesOut = maps.Clone(c.MessagesOut)
	r.Faults = slices.Clone(c.Faults)
	if c.ClosedFirst == ByGateway {
		r.ClientDwell = dwell(c.GatewayFIN, now, c.ClientFIN, c.ClientRST, c.GatewayRST, c.Closed)
	} else {
		r.GatewayDwell = dwell(c.ClientFIN, now, c.GatewayFIN, c.GatewayRST, c.ClientRST, c.Closed)
	}
	return r
}

// dwell is the time from a FIN to the earliest of the events that end its peer's CLOSE_WAIT; 0 when one of
// them was first: a FIN may be read out of a socket that a reset has ended already.
func dwell(from, now time.Time, ends ...time.Time) time.Duration {
	if from.IsZero() {
		return 0
	}
	end := now
	for _, t := range ends {
		if t.IsZero() {
			continue
		}
		if t.Before(from) {
			return 0
		}
		if t.Before(end) {
			end = t
		}
	}
	return end.Sub(from)
}
