package harness

import (
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// unkept are the kinds that no check asks about one by one: streams, values by the hundred, and the
// steps of the handshake that the ledger times.
var unkept = kindSet(
	wire.TickPrice, wire.TickSize, wire.TickGeneric, wire.TickString, wire.TickEFP,
	wire.TickOptionComputation, wire.TickReqParams, wire.TickByTick, wire.TickNews,
	wire.HistoricalDataUpdate, wire.RealTimeBars, wire.UpdateMktDepth, wire.UpdateMktDepthL2,
	wire.AccountValue, wire.AccountUpdateTime, wire.AccountUpdateMulti, wire.AccountSummary,
	wire.PnL, wire.PnLSingle, wire.ContractData, wire.BondContractData, wire.NewsBulletins,
	wire.SecurityDefinitionOptionParameter, wire.HistoricalNews, wire.MarketDataType,
)

// kindSet is a set of IBKR's names.
func kindSet(kinds ...wire.Kind) map[string]bool {
	names := make(map[string]bool, len(kinds))
	for _, k := range kinds {
		names[k.String()] = true
	}
	return names
}

// messages keeps what the checks of work and orders ask about. The goroutine of Run owns it.
type messages struct {
	moment func(time.Time) Moment
	lifeOf map[int]int // by connection, from its acceptance on
	// through says that a keeper's connections speak for every life: what passes is of the one that
	// runs.
	through bool
	lost    int
	lag     time.Duration // the longest
}

func newMessages(moment func(time.Time) Moment) *messages {
	return &messages{moment: moment, lifeOf: map[int]int{}}
}

// note puts an event into the record when it is a message that is kept. life is the one that runs,
// or the last that ran.
func (m *messages) note(rec *Record, e fakegateway.Event, life int, now Moment) {
	at := m.moment(e.At)
	m.lag = max(m.lag, now.Since(at))
	switch e.Kind {
	case fakegateway.EventAccepted:
		m.lifeOf[e.Connection] = life
		return
	case fakegateway.EventInbound, fakegateway.EventOutbound:
	default:
		return
	}
	if unkept[e.Message] || e.Message == fakegateway.KindPreamble || e.Message == fakegateway.KindVersionReply {
		return
	}
	if len(rec.Messages) >= maxMessages {
		m.lost++
		return
	}
	kept := Message{
		At: at, Begun: m.moment(e.Begun), Life: m.life(e.Connection, life), Connection: e.Connection,
		FromClient: e.Kind == fakegateway.EventInbound, Kind: e.Message,
	}
	if e.Digest != nil {
		kept.Digest = *e.Digest
	}
	rec.Messages = append(rec.Messages, kept)
}

// life is the life that made a connection: one that outlives it still speaks for it.
func (m *messages) life(connection, running int) int {
	if life, known := m.lifeOf[connection]; known && !m.through {
		return life
	}
	return running
}

// report puts what is known at the end of the run into the footer.
func (m *messages) report(f *Footer) {
	f.MessagesLost, f.LongestLag = m.lost, fault.Duration(m.lag)
}
