package main

import (
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session"
	"ibsoak/internal/recording"
	"ibsoak/internal/wire"
)

// defaultClientID is the client's where a transcript does not show it.
const defaultClientID = 1

// world is what a transcript implies about the Gateway, the account and the market behind it.
type world struct {
	config    fakegateway.Config
	clientIDs []int // of each session
	// held is what the account has before the transcript begins: bought by its first client.
	held []holding
	// finished are orders that were placed and cancelled before.
	finished []*protobuf.PlaceOrderRequest
	// delayed is a client that has asked for delayed data before the transcript begins.
	delayed bool
	notes   []string
}

// holding is a position to be made.
type holding struct {
	contract *protobuf.Contract
	quantity decimal.Decimal
}

// imply makes the world of a transcript.
func imply(c Capture) world {
	w := world{config: fakegateway.Config{
		Semantics: session.Semantics{
			AllowShort: true, LiveMarketData: true, Farms: []session.Farm{},
		},
	}}
	placed, traded, streamed := false, false, false
	for i, s := range c.Transcript.Sessions {
		if i == 0 {
			w.config.MaxServerVersion = int(s.Version)
			w.config.Clock.Start = startOf(s.Time)
		}
		w.clientIDs = append(w.clientIDs, defaultClientID)
		asked := wire.Kind(0)
		answers := 0
		for _, l := range s.Lines {
			if client(l) {
				placed = placed || l.Message.Kind == wire.PlaceOrder
				traded = traded || placed || l.Message.Kind == wire.ReqMktData
				w.unanswered(asked, answers)
				asked, answers = l.Message.Kind, 0
				continue
			}
			answers++
			streamed = streamed || slices.Contains(ofStream, l.Message.Kind)
			w.learn(l.Message, i, placed, asked == 0)
		}
		w.unanswered(asked, answers)
	}
	// A market with hours, unless something trades: captures were made when theirs was open.
	w.config.SessionsOnly = !traded && !streamed && len(w.held) == 0
	if streamed {
		w.config.Clock.Scale = streamScale
	}
	if placed && w.sameClientTwice() && !ordersOnConnect(c.Transcript) {
		w.config.NoOrdersOnConnect = true
		w.notes = append(w.notes, `"Download open orders on connection" is unchecked`)
	}
	return w
}

// streamScale is how much faster than real a clock runs where one waits for the next of a stream.
const streamScale = 30

// sameClientTwice reports whether a client comes back, and would hear of its own orders.
func (w *world) sameClientTwice() bool {
	return len(w.clientIDs) > 1 && slices.Contains(w.clientIDs[1:], w.clientIDs[0])
}

// ordersOnConnect reports whether a bootstrap has orders.
func ordersOnConnect(t *recording.Transcript) bool {
	for _, s := range t.Sessions {
		for _, l := range s.Lines {
			if client(l) {
				break
			}
			if l.Message.Kind == wire.OpenOrder {
				return true
			}
		}
	}
	return false
}

// unanswered is a request that the Gateway of the transcript did not answer at all, though it ends
// an answer even when it has nothing to say.
func (w *world) unanswered(asked wire.Kind, answers int) {
	if asked != wire.ReqExecutions || answers > 0 {
		return
	}
	w.config.Schedule.Faults = append(w.config.Schedule.Faults, fault.Fault{
		ID: "no-end", When: fault.When{Outbound: wire.ExecutionDetailsEnd.String()},
		What: fault.What{Do: fault.Drop},
	})
	w.notes = append(w.notes, "the end of executions is withheld by a fault")
}

// learn takes what one message of the Gateway implies.
func (w *world) learn(m wire.Message, session int, placed, bootstrap bool) {
	switch b := m.Body.(type) {
	case *protobuf.ManagedAccounts:
		w.config.Accounts = strings.Split(b.GetAccountsList(), ",")
	case *protobuf.ErrorMessage:
		w.learnError(b, session, bootstrap)
	case *protobuf.OrderStatus:
		w.clientIDs[session] = int(b.GetClientId())
	case *protobuf.Position:
		w.hold(b.GetContract(), b.GetPosition())
	case *protobuf.PnLSingle:
		w.hold(&protobuf.Contract{ConId: proto.Int32(appleConID)}, b.GetPosition())
	case *protobuf.ExecutionDetails:
		if !placed {
			w.hold(b.GetContract(), b.GetExecution().GetShares())
		}
	case *protobuf.CompletedOrder:
		if !placed {
			w.finish(b)
		}
	}
}

// appleConID is the instrument of every published transcript that names none.
const appleConID = 265598

// farmKinds are the kinds of farms by the code of their notice.
var farmKinds = map[int32]session.FarmKind{
	2104: session.MarketFarm, 2106: session.HistoryFarm, 2158: session.SecDefFarm,
}

func (w *world) learnError(e *protobuf.ErrorMessage, nth int, bootstrap bool) {
	kind, isFarm := farmKinds[e.GetErrorCode()]
	switch {
	case isFarm && bootstrap && nth == 0:
		_, name, _ := strings.Cut(e.GetErrorMsg(), ":")
		w.config.Farms = append(w.config.Farms, session.Farm{
			Name: name, Kind: kind, State: session.FarmIsOK,
		})
	case e.GetErrorCode() == delayedShown && !w.delayed:
		w.delayed, w.config.LiveMarketData = true, false
		w.notes = append(w.notes, "the client has asked for delayed data before")
	}
}

// delayedShown is "Requested market data is not subscribed. Displaying delayed market data."
const delayedShown = 10167

func (w *world) hold(c *protobuf.Contract, quantity string) {
	n, err := decimal.Parse(quantity)
	if err != nil || n.IsZero() {
		return
	}
	c = proto.CloneOf(c)
	if c.SecType == nil && c.ConId == nil {
		c.SecType = proto.String("STK")
	}
	if c.Currency == nil {
		c.Currency = proto.String("USD")
	}
	c.Exchange, c.PrimaryExch = proto.String("SMART"), nil
	switch c.GetSecType() {
	case "FUT":
		c.Exchange = nil
		fallthrough
	case "OPT": // described by its terms: the fake has its own numbers for derivatives
		c.ConId, c.LocalSymbol, c.TradingClass = nil, nil, nil
	}
	w.held = append(w.held, holding{c, n})
	if !slices.Contains(w.notes, "earlier trades are made up") {
		w.notes = append(w.notes, "earlier trades are made up")
	}
}

func (w *world) finish(b *protobuf.CompletedOrder) {
	w.notes = append(w.notes, "an earlier order is made up and cancelled")
	w.finished = append(w.finished, &protobuf.PlaceOrderRequest{
		Contract: &protobuf.Contract{
			ConId: b.GetContract().ConId, Exchange: proto.String("SMART"),
		},
		Order: &protobuf.Order{
			Action: b.GetOrder().Action, TotalQuantity: b.GetOrder().TotalQuantity,
			OrderType: b.GetOrder().OrderType, LmtPrice: b.GetOrder().LmtPrice,
			Tif: b.GetOrder().Tif, Transmit: proto.Bool(true),
			OcaGroup: b.GetOrder().OcaGroup, AutoCancelDate: b.GetOrder().AutoCancelDate,
		},
	})
}

// zones are the places of the zones in version replies; some have names of Windows.
var zones = map[string]string{
	"CET": "Europe/Berlin", "Central European Standard Time": "Europe/Berlin",
	"US/Eastern": "America/New_York", "EST": "America/New_York",
}

// startOf is the time of a version reply; now, when it cannot be read.
func startOf(text string) time.Time {
	const form = "20060102 15:04:05"
	if len(text) <= len(form) {
		return time.Time{}
	}
	zone, known := zones[strings.TrimSpace(text[len(form):])]
	if !known {
		zone = "UTC"
	}
	place, err := time.LoadLocation(zone)
	if err != nil {
		place = time.UTC
	}
	at, err := time.ParseInLocation(form, text[:len(form)], place)
	if err != nil {
		return time.Time{}
	}
	return at
}
