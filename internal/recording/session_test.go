package recording

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"ibsoak/fakegateway"
	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
)

// drawRequests is what a client asks in a session that is made up: anything that tells whose
// account it is.
func drawRequests(t *rapid.T, accounts []string, ref string) (all []wire.Message) {
	aapl := details(0, "AAPL").Contract
	account := func() *string { return proto.String(rapid.SampledFrom(accounts).Draw(t, "account")) }
	add := func(k wire.Kind, body proto.Message) { all = append(all, wire.Message{Kind: k, Body: body}) }
	orderID, reqID := int32(100), int32(1000)
	for range rapid.IntRange(3, 12).Draw(t, "requests") {
		reqID++
		switch rapid.IntRange(0, 8).Draw(t, "request") {
		case 0:
			add(wire.ReqAccountSummary, &protobuf.AccountSummaryRequest{
				ReqId: &reqID, Group: proto.String("All"), Tags: proto.String("NetLiquidation,TotalCashValue,AccountType"),
			})
		case 1:
			add(wire.ReqPositions, &protobuf.PositionsRequest{})
		case 2:
			add(wire.ReqAccountUpdates, &protobuf.AccountDataRequest{Subscribe: proto.Bool(true), AcctCode: account()})
		case 3:
			add(wire.ReqExecutions, &protobuf.ExecutionRequest{ReqId: proto.Int32(reqID)})
		case 4:
			add(wire.ReqCompletedOrders, &protobuf.CompletedOrdersRequest{})
		case 5:
			add(wire.CancelOrder, &protobuf.CancelOrderRequest{OrderId: proto.Int32(orderID)})
		case 6:
			add(wire.ReqAllOpenOrders, &protobuf.AllOpenOrdersRequest{})
		default:
			orderID++
			kind := rapid.SampledFrom([]string{"MKT", "LMT"}).Draw(t, "type")
			order := &protobuf.Order{
				Action: proto.String("BUY"), TotalQuantity: proto.String("2"), OrderType: &kind,
				Tif: proto.String("DAY"), Account: account(), Transmit: proto.Bool(true),
				OrderRef: proto.String(fmt.Sprint(ref, "-", orderID)), OcaGroup: proto.String(ref + "_oca"),
			}
			if kind == "LMT" {
				order.LmtPrice = proto.Float64(1.5)
			}
			add(wire.PlaceOrder, &protobuf.PlaceOrderRequest{
				OrderId: proto.Int32(orderID), Contract: aapl, Order: order,
			})
		}
	}
	add(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{})
	return all
}

// recordSession lets a client say its lines to a fake through a Tap, and gives the file and all
// that the fake and the client have really said.
func recordSession(
	t *rapid.T, v wire.Version, accounts []string, lines []wire.Message,
) (file []byte, truth []fakegateway.Frame) {
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	fake, err := fakegateway.Start(fakegateway.Config{MaxServerVersion: int(v), Accounts: accounts})
	must(err)
	var out bytes.Buffer
	tap, err := NewTap(TapConfig{Upstream: fake.Addr(), Out: &out})
	must(err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	served := make(chan error, 1)
	go func() { served <- tap.Serve(ln) }()
	c := testkit.Dial(t, ln.Addr().String(), v).Hello().StartAPI(3)
	for _, m := range lines {
		c.Send(m.Kind, m.Body)
	}
	c.Until(wire.CurrentTime)
	must(c.Conn.Close())
	truth = fake.Transcript()
	must(fake.Close())
	must(tap.Close())
	must(<-served)
	return out.Bytes(), truth
}

// privateWords are the values of private fields that were really said.
func privateWords(t *rapid.T, truth []fakegateway.Frame, v wire.Version) map[string]bool {
	words := make(map[string]bool)
	for _, f := range truth {
		if f.Kind == fakegateway.KindPreamble || f.Kind == fakegateway.KindVersionReply || len(f.Raw) < 5 {
			continue
		}
		d := wire.FromServer
		if f.Direction == FromClient {
			d = wire.FromClient
		}
		m, err := wire.Decode(d, f.Raw[4:], v)
		if err != nil {
			t.Fatalf("%s: %v", f.Kind, err)
		}
		collectPrivate(m.Body.ProtoReflect(), words)
	}
	return words
}

// fewer lets a property of whole sessions be checked less often than rapid would by default: each
// takes a Gateway of its own. -rapid.checks is obeyed.
func fewer(t *testing.T) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	if f.Value.String() != f.DefValue {
		return
	}
	if err := f.Value.Set("20"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Value.Set(f.DefValue); err != nil {
			t.Fatal(err)
		}
	})
}

func TestNoOriginalOfASessionSurvives(t *testing.T) {
	fewer(t)
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SampledFrom([]wire.Version{178, 200, 225}).Draw(t, "version")
		accounts := rapid.SliceOfNDistinct(rapid.StringMatching(`DU[1-9][0-9]{6}`), 1, 2, rapid.ID).Draw(t, "accounts")
		ref := rapid.StringMatching(`[a-z]{8}`).Draw(t, "ref")
		file, truth := recordSession(t, v, accounts, drawRequests(t, accounts, ref))
		r, everything := wholly(t, file)
		if left := len(r.Entries); left < 5 {
			t.Fatalf("only %d entries", left)
		}
		for _, e := range r.Entries {
			if e.Bytes > 0 {
				t.Fatalf("%s was left out: %s", e.Kind, e.Note)
			}
		}
		words := privateWords(t, truth, v)
		if len(words) == 0 {
			t.Fatalf("nothing private was said: %v", words)
		}
		for word := range words {
			if at := strings.Index(everything, word); at >= 0 {
				t.Fatalf("%q survives: …%s…", word, everything[max(0, at-80):min(len(everything), at+80)])
			}
		}
	})
}

// collectPrivate gathers what must not survive. Short words and round numbers are left out: they
// stand in every text.
func collectPrivate(m protoreflect.Message, words map[string]bool) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsMap():
		case f.Message() != nil && f.IsList():
			for i := range v.List().Len() {
				collectPrivate(v.List().Get(i).Message(), words)
			}
		case f.Message() != nil:
			collectPrivate(v.Message(), words)
		case f.IsList():
		default:
			word := fmt.Sprint(v.Interface())
			switch classOf(f) {
			case account, accountList, name, mixed, permID, execID:
				if len(word) >= 6 && !neverReplaced[word] {
					words[word] = true
				}
			case money, keyed:
				if n := strings.IndexByte(word, '.'); n >= 4 && strings.Trim(word, "-0123456789.") == "" {
					words[word] = true
				}
			case unlisted, public, text, options, faXML:
			}
		}
		return true
	})
}
