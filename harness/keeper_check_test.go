package harness

import (
	"bytes"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// throughKeeper is a record of two lives on one connection of a keeper's: each asked for bars, and the
// keeper for the open orders in between.
func throughKeeper() *Record {
	id := 1
	second := func(n float64) Moment { return Moment(n * float64(time.Second)) }
	ask := func(life int, at float64, kind string) Message {
		return Message{At: second(at), Life: life, Connection: 1, FromClient: true, Kind: kind}
	}
	r := &Record{
		Header: Header{Version: RecordVersion, Keeper: &KeeperLeg{Addr: netip.MustParseAddrPort("127.0.0.1:4102"), Looks: 10}},
		Lives: []Life{
			{Number: 1, Started: second(1), Exited: second(2), EndedBy: EndedItself},
			{Number: 2, Started: second(3), Exited: second(4), EndedBy: EndedItself},
		},
		Connections: []Connection{{
			ID: 1, Remote: clientAddr(1), Life: 1, ClientID: &id, Preamble: true, Accepted: second(1.1), StartAPIRead: second(1.2),
			BootstrapSent: second(1.3), FirstRequested: second(1.4),
		}},
		Messages: []Message{
			ask(1, 1.2, startAPI), ask(1, 1.4, "reqHistoricalData"), ask(1, 2.1, "cancelMktData"), ask(1, 2.5, currentTime),
			ask(2, 3.1, "reqOpenOrders"), ask(2, 3.2, "reqOpenOrders"), ask(2, 3.3, "reqHistoricalData"),
		},
		Footer: Footer{Ended: second(5), Stop: StopDone},
	}
	for _, l := range r.Lives {
		r.Looks = append(r.Looks, Look{Life: l.Number, At: l.Exited + second(0.1), Settled: true})
	}
	return r
}

var keepersOwn = []OwnRequest{
	{ID: 1, Local: clientAddr(1), Number: 2, Kind: "cancelMktData"},
	{ID: 1, Local: clientAddr(1), Number: 3, Kind: "reqOpenOrders"},
}

func TestTheKeepersRequestsAreNotTheSubjects(t *testing.T) {
	r := throughKeeper()
	if err := r.takeOut(keepersOwn); err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, m := range r.Messages {
		left = append(left, m.Kind)
	}
	if want := []string{startAPI, "reqHistoricalData", "reqOpenOrders", "reqHistoricalData"}; !slices.Equal(left, want) {
		t.Errorf("left %v, want %v", left, want)
	}
	if len(r.KeeperMessages) != 3 {
		t.Errorf("the keeper's: %v", r.KeeperMessages)
	}
	// A handshake that failed behind its bootstrap is no session of the keeper's, and changes nothing.
	again := throughKeeper()
	failed := again.Connections[0]
	failed.ID, failed.Remote = 9, clientAddr(9)
	again.Connections = append([]Connection{failed}, again.Connections...)
	if err := again.takeOut(keepersOwn); err != nil || len(again.KeeperMessages) != 3 {
		t.Errorf("behind a failed handshake: %v, %v", again.KeeperMessages, err)
	}
	for _, wrong := range [][]OwnRequest{
		{{ID: 1, Local: clientAddr(1), Number: 1, Kind: "reqOpenOrders"}}, // what came is another
		{{ID: 1, Local: clientAddr(9), Number: 1, Kind: "reqOpenOrders"}}, // no such session
	} {
		if err := throughKeeper().takeOut(wrong); err == nil {
			t.Errorf("%v is taken", wrong)
		}
	}
}

func TestLegsOfAKeeper(t *testing.T) {
	told := func(change func(*Record)) *Record {
		r := throughKeeper()
		if err := r.takeOut(keepersOwn); err != nil {
			t.Fatal(err)
		}
		r.Header.Keeper.Told = true
		if change != nil {
			change(r)
		}
		return r
	}
	zombie := func(side Side) func(*Record) {
		return func(r *Record) {
			r.KeeperSightings = append(r.KeeperSightings, Sighting{
				Side: side, Gateway: r.Header.Keeper.Addr, Client: netip.MustParseAddrPort("127.0.0.1:5"),
				First: Moment(time.Second), Last: Moment(4 * time.Second),
			})
		}
	}
	for name, tc := range map[string]struct {
		check  Check
		change func(*Record)
		want   Outcome
		says   string
	}{
		"every life came through": {Check{Name: "completed-handshakes", Want: 2}, nil, Pass, throughLeg},
		"a life that asked nothing did not": {
			Check{Name: "completed-handshakes", Want: 2},
			func(r *Record) { r.Messages = r.Messages[:2] }, Fail, throughLeg,
		},
		"what a keeper hides is not shown": {
			Check{Name: "orders-after-ready"},
			func(r *Record) {
				r.Messages = append(r.Messages[:2:2], append([]Message{
					{At: r.Messages[0].At, Begun: r.Messages[0].At, Connection: 1, Kind: "nextValidId"},
					{At: r.Messages[1].At, Life: 1, Connection: 1, FromClient: true, Kind: "placeOrder"},
				}, r.Messages[2:]...)...)
			},
			Inconclusive, "cannot be seen through a keeper",
		},
		"an exit that the keeper has brought about": {
			Check{Name: "classified", Classes: []ExitClass{ExitOK}},
			func(r *Record) {
				r.Lives[1].ExitCode = 13
				r.Header.Scenario.Subject.Exits = map[ExitClass][]int{ExitHandshakeClosed: {13}}
			}, Inconclusive, "cannot be judged through a keeper",
		},
		"an exit that the keeper has made look well": {
			Check{Name: "classified", Classes: []ExitClass{ExitOK}}, nil, Inconclusive, "cannot be judged through a keeper",
		},
		"mixed requests show nothing": {
			Check{Name: "completed-handshakes", Want: 2},
			func(r *Record) { r.Header.Keeper.Told = false }, Inconclusive, "could not be told",
		},
		"one connection for all lives": {Check{Name: "one-connection-per-client"}, nil, Pass, gatewayLeg},
		"no zombie on either leg":      {Check{Name: "no-zombies-at-trader"}, nil, Pass, bothLegs},
		"the subject's zombie towards the keeper": {
			Check{Name: "no-zombies-at-trader"}, zombie(TraderSide), Fail, bothLegs,
		},
		"the keeper's own towards the subject": {
			Check{Name: "no-zombies-at-gateway"}, zombie(GatewaySide), Fail, gatewayLeg,
		},
		"a leg that nobody saw passes nothing": {
			Check{Name: "no-zombies-at-trader"}, func(r *Record) { r.Header.Keeper.Looks = 0 }, Inconclusive, "never looked at",
		},
		"a leg with a long gap passes nothing": {
			Check{Name: "no-zombies-at-trader"},
			func(r *Record) { r.Header.Keeper.LongestGap = Moment(2 * OracleFloor) }, Inconclusive, "not looked at for",
		},
		"a socket that a life left towards the keeper": {
			Check{Name: "nothing-left"},
			func(r *Record) {
				r.Looks[1].Open = []OpenSession{{Client: netip.MustParseAddrPort("127.0.0.1:5"), State: "ESTABLISHED"}}
			},
			Fail, "",
		},
		"an order after the life's end is the subject's": {
			Check{Name: "no-orders-after-end"},
			func(r *Record) {
				r.Messages = append(r.Messages, Message{
					At: Moment(5500 * time.Millisecond), Life: 2, Connection: 1, FromClient: true, Kind: "placeOrder",
				})
			},
			Fail, throughLeg,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := find(told(tc.change), tc.check)
			if f.Outcome != tc.want || !strings.Contains(f.Detail+f.Leg, tc.says) || f.Leg == "" {
				t.Errorf("%s, leg %q: %s %v; want %s and %q", f.Outcome, f.Leg, f.Detail, f.Examples, tc.want, tc.says)
			}
		})
	}
}

// A life that comes back to its keeper leaves its subscriptions to it, which cancels them.
func TestWhatTheKeeperCancelsIsNotOpen(t *testing.T) {
	subscribing := func(cancels string) *Record {
		r := oneLife(30)
		r.Header.Keeper = &KeeperLeg{Looks: 10, Told: true}
		inEach(ask("reqMktData", 7), ask("reqMktData", 0))(r)
		for _, m := range r.Messages {
			if m.FromClient && m.ReqID != 7 {
				m.At, m.Kind = m.At+ms/2, cancels
				r.KeeperMessages = append(r.KeeperMessages, m)
			}
		}
		return r
	}
	check := Check{Name: "steady-subscriptions"}
	for cancels, want := range map[string]Outcome{"cancelMktData": Pass, "cancelRealTimeBars": Fail} {
		f := find(subscribing(cancels), check)
		if f.Outcome != want || f.Leg != throughLeg {
			t.Errorf("%s by the keeper: %s, leg %q: %s; want %s", cancels, f.Outcome, f.Leg, f.Detail, want)
		}
	}
	mixed := subscribing("cancelMktData")
	mixed.Header.Keeper.Told = false
	if f := find(mixed, check); f.Outcome != Inconclusive {
		t.Errorf("mixed requests: %s %s", f.Outcome, f.Detail)
	}
}

func TestARecordThroughAKeeperIsKept(t *testing.T) {
	r := throughKeeper()
	if err := r.takeOut(keepersOwn); err != nil {
		t.Fatal(err)
	}
	r.KeeperSightings = []Sighting{{Side: TraderSide, Gateway: r.Header.Keeper.Addr, First: 1, Last: 2}}
	var file bytes.Buffer
	if err := r.Write(&file); err != nil {
		t.Fatal(err)
	}
	again, err := Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r.KeeperMessages, again.KeeperMessages) || !reflect.DeepEqual(r.KeeperSightings, again.KeeperSightings) ||
		!reflect.DeepEqual(r.Header.Keeper, again.Header.Keeper) {
		t.Errorf("written %+v, read %+v", r.Header.Keeper, again.Header.Keeper)
	}
}
