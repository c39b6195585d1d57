package fakegateway

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/connection"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// disorder is what every seed draws its own schedule from.
const disorder = `
generate:
  - {chance: 0.4, fault: {use: ack-withheld, with: {order: {between: [1, 6]}}}}
  - {chance: 0.4, fault: {use: fill-while-away, with: {order: {between: [1, 6]}}}}
  - {chance: 0.3, fault: {use: fill-after-cancel, with: {order: {between: [1, 6]}}}}
  - {chance: 0.3, fault: {use: fill-corrected, with: {order: {between: [1, 6]}}}}
  - {chance: 0.3, fault: {use: commission-late, with: {by: {between: [1ms, 9s]}}}}
  - {chance: 0.3, fault: {use: answers-swapped, with: {request: reqHistoricalData}}}
  - {chance: 0.3, fault: {use: outage-burst}}
  - {chance: 0.5, fault: {when: {at: {between: [1s, 20s]}}, what: {do: error, code: 1100}}}
  - {chance: 0.5, fault: {when: {at: {between: [20s, 40s]}}, what: {do: error, code: 1102}}}
  - times: 3
    chance: 0.5
    fault:
      when: {outbound: {oneOf: [openOrder, orderStatus, position, currentTime]}, nth: {between: [1, 5]}}
      what: {do: {oneOf: [drop, reorder, duplicate, rst, fin]}}
  - chance: 0.3
    fault: {when: {outbound: any, nth: {between: [5, 90]}}, what: {do: delay, for: {between: [1ms, 3s]}}}
  - chance: 0.3
    fault: {when: {bytesOut: {between: [0, 4000]}}, what: {do: {oneOf: [fin, rst, stop-writing]}}}
`

// erratic is a client whose behaviour a seed decides: what it asks, whether it waits for the answers,
// and when it goes.
type erratic struct {
	t    *testing.T
	draw *rand.Rand
	c    *rawClient
	next int
}

// act sends one thing, or several in one write.
func (e *erratic) act() {
	var out []byte
	for range 1 + e.draw.IntN(3) {
		kind, body := e.request()
		frame, err := wire.Append(nil, wire.Message{Kind: kind, Body: body}, e.c.Version)
		if err != nil {
			e.t.Fatal(err)
		}
		out = append(out, frame...)
	}
	_, _ = e.c.Conn.Write(out) // a fault may have ended the connection
}

func (e *erratic) request() (wire.Kind, proto.Message) {
	e.next++
	kinds := []string{"MKT", "LMT", "LMT"}
	switch e.draw.IntN(9) {
	case 0, 1, 2:
		m := order(1+e.draw.IntN(6), 100, kinds[e.draw.IntN(3)], float64(200+e.draw.IntN(60)))
		return wire.PlaceOrder, m
	case 3:
		return wire.CancelOrder, cancel(1 + e.draw.IntN(6))
	case 4:
		return wire.ReqOpenOrders, &protobuf.OpenOrdersRequest{}
	case 5:
		return wire.ReqPositions, &protobuf.PositionsRequest{}
	case 6:
		return wire.ReqExecutions, &protobuf.ExecutionRequest{ReqId: num(100 + e.next)}
	case 7:
		return wire.ReqHistoricalData, bars(100+e.next, "3600 S", "5 mins")
	default:
		return wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{}
	}
}

// listen reads for so long and reports whether the connection is still there.
func (e *erratic) listen(d time.Duration) bool {
	_ = e.c.Conn.SetReadDeadline(time.Now().Add(d))
	_, err := io.Copy(io.Discard, e.c.In)
	return errors.Is(err, os.ErrDeadlineExceeded)
}

// life is everything that a Gateway can tell of one run, as text.
func life(t *testing.T, seed uint64) string {
	var text strings.Builder
	synctest.Test(t, func(t *testing.T) {
		schedule, err := fault.Generate("disorder.yaml", []byte(disorder), seed)
		if err != nil {
			t.Fatal(err)
		}
		g := serveInBubble(t, Config{
			Schedule: schedule, Seed: seed, Clock: Clock{Start: sunday},
			MaxServerVersion: []int{178, 200, 212, 225}[seed%4],
		})
		events, stop := g.Watch()
		draw := rand.New(rand.NewPCG(seed, 1))
		for range 2 + draw.IntN(2) {
			e := &erratic{t: t, draw: draw}
			visit(g, e)
		}
		<-time.After(30 * time.Second)
		synctest.Wait()
		stop()
		var happened []Event
		for e := range events {
			if e.Kind != EventBooks { // a cue: several moves may share one
				e.Seq = 0
				happened = append(happened, e)
			}
		}
		// Within one instant the writer runs beside what gives it the next message and files that.
		slices.SortStableFunc(happened, func(a, b Event) int {
			return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Connection, b.Connection), cmp.Compare(a.Kind, b.Kind))
		})
		for _, e := range happened {
			line, _ := json.Marshal(e)
			fmt.Fprintf(&text, "event %s\n", line)
		}
		for _, f := range g.Transcript() {
			fmt.Fprintf(&text, "frame %d %s %d %s %s %x %s\n", f.Seq, f.At.Format(time.StampNano),
				f.Connection, f.Direction, f.Kind, f.Raw, f.Note)
		}
		for _, r := range g.Receipts() {
			if strings.Contains(r.Wire, " told after ") {
				r.BytesOut = 0 // what was told before it at this instant is written, or is not yet
			}
			fmt.Fprintf(&text, "receipt %+v\n", r)
		}
		for _, r := range g.Connections() {
			row, _ := json.Marshal(r)
			fmt.Fprintf(&text, "row %s\n", row)
		}
		books, err := json.Marshal(g.Books())
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(&text, "books %s\n", books)
	})
	return memnetPort.ReplaceAllString(text.String(), "$1")
}

// memnetPort is not the Gateway's doing: memnet numbers the ports of all tests.
var memnetPort = regexp.MustCompile(`(198\.51\.100\.\d+|192\.0\.2\.\d+):\d+`)

// visit is one connection of the client, from dial to end.
func visit(g *bubbleGateway, e *erratic) {
	c, err := g.ln.Load().Dial(e.t.Context())
	if err != nil {
		return
	}
	e.c = newRawClient(e.t, c.(connection.Socket))
	e.c.Version = wire.Version(g.cfg.MaxServerVersion)
	begin, err := wire.Append(wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: 225}),
		wire.Message{Kind: wire.StartAPI, Body: &protobuf.StartApiRequest{ClientId: num(1)}}, e.c.Version)
	if err != nil {
		e.t.Fatal(err)
	}
	_, _ = c.Write(begin)
	for e.listen(time.Duration(1+e.draw.IntN(3_000_000))*time.Microsecond) && e.draw.IntN(10) > 0 {
		e.act()
	}
	<-time.After(time.Millisecond) // a client does not react within no time at all
	_ = c.Close()
	<-time.After(time.Millisecond)
}

func TestTheSameSeedIsTheSameLife(t *testing.T) {
	seeds := uint64(100)
	if testing.Short() {
		seeds = 10
	}
	for seed := range seeds {
		first, second := life(t, seed), life(t, seed)
		if first != second {
			t.Fatalf("seed %d: %s", seed, firstDifference(first, second))
		}
	}
}

func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return fmt.Sprintf("line %d\n%s\n%s", i+1, strings.Join(as[max(0, i-6):i+3], "\n"),
				strings.Join(bs[max(0, i-6):i+3], "\n"))
		}
	}
	return fmt.Sprintf("%d and %d lines", len(as), len(bs))
}
