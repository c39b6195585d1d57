package wire_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/scmhub/ibapi"
	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// textMessage writes fields as the documentation does: "49|1|".
func textMessage(fields string) []byte {
	return []byte(strings.ReplaceAll(fields, "|", "\x00"))
}

// TestRequestGates compares the requests' gates with the client's table, which was written by
// others.
func TestRequestGates(t *testing.T) {
	checked := 0
	for id, from := range ibapi.PROTOBUF_MSG_IDS {
		k := wire.KindOf(wire.FromClient, int(id))
		if !k.Known() {
			t.Errorf("no row for %s, which clients send in protobuf from %d on", k, from)
			continue
		}
		checked++
		for v := wire.MinVersion; v <= wire.MaxVersion; v++ {
			want := wire.Text
			switch {
			case v >= wire.Version(from):
				want = wire.Protobuf
			case v >= wire.RawIDVersion:
				want = wire.RawIDText
			}
			if got := wire.FormAt(k, v); got != want {
				t.Errorf("%s at %d is %s, want %s", k, v, got, want)
			}
		}
	}
	if checked < 70 {
		t.Errorf("checked %d gates, want those of all 70 requests", checked)
	}
}

// TestAnswerGates spells the Gateway's gates out, by the first version of each release.
func TestAnswerGates(t *testing.T) {
	for from, names := range map[wire.Version]string{
		201: "execDetails execDetailsEnd errMsg",
		203: "orderStatus openOrder openOrderEnd",
		204: "completedOrder completedOrdersEnd orderBound",
		205: "contractData bondContractData contractDataEnd",
		206: "tickPrice tickSize tickOptionComputation tickGeneric tickString tickSnapshotEnd " +
			"updateMktDepth updateMktDepthL2 marketDataType tickReqParams",
		207: "acctValue portfolioValue acctUpdateTime acctDownloadEnd managedAccounts position " +
			"positionEnd accountSummary accountSummaryEnd positionMulti positionMultiEnd " +
			"accountUpdateMulti accountUpdateMultiEnd",
		208: "historicalData historicalDataUpdate historicalDataEnd realTimeBars headTimestamp " +
			"histogramData historicalTicks historicalTicksBidAsk historicalTicksLast tickByTick",
		209: "newsBulletins newsArticle newsProviders historicalNews historicalNewsEnd " +
			"wshMetaData wshEventData tickNews",
		210: "scannerParameters scannerData pnl pnlSingle fundamentalData",
		211: "receiveFA replaceFAEnd commissionReport historicalSchedule rerouteMktDataReq " +
			"rerouteMktDepthReq",
		212: "securityDefinitionOptionParameter securityDefinitionOptionParameterEnd " +
			"softDollarTiers familyCodes symbolSamples smartComponents marketRule userInfo",
		213: "nextValidId currentTime currentTimeInMillis verifyMessageAPI verifyCompleted " +
			"displayGroupList displayGroupUpdated mktDepthExchanges",
		219: "configResponse",
		221: "updateConfigResponse",
	} {
		for name := range strings.FieldsSeq(names) {
			k, ok := wire.ParseKind(name)
			if !ok || k.Direction() != wire.FromServer {
				t.Errorf("no server message %s", name)
				continue
			}
			if wire.FormAt(k, from-1) == wire.Protobuf || wire.FormAt(k, from) != wire.Protobuf {
				t.Errorf("%s is not protobuf from %d on exactly", name, from)
			}
		}
	}
}

func TestMixedForms(t *testing.T) {
	// managedAccounts as captured: in text under a raw id at 206, in protobuf at 225. Clients go
	// by the id, so either may come at either version.
	const text, protobuf = "\x00\x00\x00\x0f1\x00DU9000001\x00", "\x00\x00\x00\xd7\x0a\x09DU9000001"
	want := &pb.ManagedAccounts{AccountsList: p.s("DU9000001")}
	for _, v := range []wire.Version{206, 225} {
		for _, payload := range []string{text, protobuf} {
			m, err := wire.Decode(wire.FromServer, []byte(payload), v)
			if err != nil {
				t.Fatal(err)
			}
			sameBody(t, m, want)
		}
	}
	m := wire.Message{Kind: wire.ManagedAccounts, Body: want}
	for v, payload := range map[wire.Version]string{206: text, 225: protobuf} {
		if got, err := wire.Payload(m, v); err != nil || string(got) != payload {
			t.Errorf("at %d %q, %v, want %q", v, got, err, payload)
		}
	}
	farm := wire.Message{Kind: wire.ErrorMessage, Body: &pb.ErrorMessage{
		Id: p.i(-1), ErrorTime: p.l(1787603258195), ErrorCode: p.i(2104),
		ErrorMsg: p.s("Market data farm connection is OK:usfarm"),
	}}
	golden := "\x00\x00\x00\xcc\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" +
		"\x10\xd3\x96\xd4\xab\x83\x34\x18\xb8\x10\x22\x28Market data farm connection is OK:usfarm"
	if got, err := wire.Payload(farm, 225); err != nil || string(got) != golden {
		t.Errorf("errMsg at 225 is\n%x, %v, want\n%x", got, err, golden)
	}
}

func TestErrorMessageLayouts(t *testing.T) {
	m := wire.Message{Kind: wire.ErrorMessage, Body: &pb.ErrorMessage{
		Id: p.i(-1), ErrorTime: p.l(1775929932492), ErrorCode: p.i(2104),
		ErrorMsg: p.s("Données"), AdvancedOrderRejectJson: p.s("{}"),
	}}
	for v, want := range map[wire.Version]string{
		157: `4|2|-1|2104|Donn\u00e9es|`,
		165: `4|2|-1|2104|Donn\u00e9es|`,
		166: `4|2|-1|2104|Donn\u00e9es|{}|`,
		193: `4|2|-1|2104|Donn\u00e9es|{}|`,
		194: `4|-1|2104|Donn\u00e9es|{}|1775929932492|`,
		200: `4|-1|2104|Donn\u00e9es|{}|1775929932492|`,
	} {
		got, err := wire.Payload(m, v)
		if err != nil || string(got) != string(textMessage(want)) {
			t.Errorf("at %d %q, %v, want %q", v, got, err, want)
		}
		again, err := wire.Decode(wire.FromServer, got, v)
		if err != nil || again.Body.(*pb.ErrorMessage).GetErrorMsg() != "Données" {
			t.Errorf("at %d decoded %v, %v", v, again.Body, err)
		}
	}
}

// Positions of fields in placeOrder, the message id being the first.
const (
	quantityField = 18
	limitField    = 20
	stopField     = 21
	parentField   = 29
)

// TestUnsetSpellings reads every way in which clients leave a field of an order unset.
func TestUnsetSpellings(t *testing.T) {
	const digits = "17976931348623157"
	widest := digits + strings.Repeat("0", 309-len(digits)) // Double.MAX_VALUE without exponent
	for _, spelling := range []string{
		"", "1.7976931348623157E308", "1.7976931348623157e+308", widest,
	} {
		o := placed(t, map[int]string{limitField: spelling, stopField: spelling})
		if o.LmtPrice != nil || o.AuxPrice != nil {
			t.Errorf("price %.20q decoded to %v", spelling, o)
		}
	}
	for _, spelling := range []string{
		"", "NaN", "2147483647", "-9223372036854775808", "9223372036854775807",
		"1.7976931348623157E308", widest,
	} {
		if o := placed(t, map[int]string{quantityField: spelling}); o.TotalQuantity != nil {
			t.Errorf("quantity %.20q decoded to %q", spelling, o.GetTotalQuantity())
		}
	}
	for _, spelling := range []string{"", "2147483647"} {
		if o := placed(t, map[int]string{parentField: spelling}); o.ParentId != nil {
			t.Errorf("parent %q decoded to %d", spelling, o.GetParentId())
		}
	}
	if o := placed(t, map[int]string{limitField: "0", parentField: "0"}); o.LmtPrice == nil ||
		o.ParentId == nil {
		t.Error("zero decoded to unset")
	}
	for _, spelling := range []string{"Infinity", "Infinite", "+Inf"} {
		if o := placed(t, map[int]string{limitField: spelling}); !math.IsInf(o.GetLmtPrice(), 1) {
			t.Errorf("%q decoded to %v", spelling, o.GetLmtPrice())
		}
	}
}

// placed decodes the market order that @stoqey/ib sends at 178, with fields replaced.
func placed(t *testing.T, replace map[int]string) *pb.Order {
	t.Helper()
	payload := stoqeyFrames(t, 178)["placeOrder_MKT"][4:]
	fields := strings.Split(string(payload), "\x00")
	for position, field := range replace {
		fields[position-1] = field
	}
	m, err := wire.Decode(wire.FromClient, []byte(strings.Join(fields, "\x00")), 178)
	if err != nil {
		t.Fatal(err)
	}
	body := m.Body.(*pb.PlaceOrderRequest)
	if body.Contract.GetSymbol() != "AAPL" || body.Order.GetOrderRef() != "ref 1" {
		t.Fatalf("the order is not what the test means: %v", body)
	}
	return body.Order
}

// TestOfficialConditions reads conditions in the order of the official clients and ib_async.
func TestOfficialConditions(t *testing.T) {
	with := func(conditions string) ([]byte, error) {
		o := wire.Message{Kind: wire.PlaceOrder, Body: &pb.PlaceOrderRequest{
			OrderId: p.i(1), Order: &pb.Order{Conditions: []*pb.OrderCondition{
				{Type: p.i(3), Time: p.s("marker")},
			}},
		}}
		payload, err := wire.Payload(o, 178)
		return slices.Concat([]byte{}, textMessage(strings.Replace(
			strings.ReplaceAll(string(payload), "\x00", "|"), "|1|3|a|0|marker|0|0|", conditions, 1))), err
	}
	payload, err := with("|3|1|a|1|231.5|265598|SMART|4|6|o|0|1000|265598|ISLAND|" +
		"7|a|1|2.5|8314|NYSE|1|0|")
	if err != nil {
		t.Fatal(err)
	}
	m, err := wire.Decode(wire.FromClient, payload, 178)
	if err != nil {
		t.Fatal(err)
	}
	want := &pb.Order{ConditionsIgnoreRth: p.b(true), Conditions: []*pb.OrderCondition{
		{
			Type: p.i(1), IsConjunctionConnection: p.b(true), IsMore: p.b(true), Price: p.d(231.5),
			ConId: p.i(265598), Exchange: p.s("SMART"), TriggerMethod: p.i(4),
		},
		{Type: p.i(6), Volume: p.i(1000), ConId: p.i(265598), Exchange: p.s("ISLAND")},
		{
			Type: p.i(7), IsConjunctionConnection: p.b(true), IsMore: p.b(true),
			ChangePercent: p.d(2.5), ConId: p.i(8314), Exchange: p.s("NYSE"),
		},
	}}
	got := m.Body.(*pb.PlaceOrderRequest).Order
	sameBody(t, wire.Message{Kind: m.Kind, Body: &pb.Order{
		Conditions: got.Conditions, ConditionsIgnoreRth: got.ConditionsIgnoreRth,
	}}, want)
}

// TestPayloadKeepsBody encodes a body twice: walking it must not change it.
func TestPayloadKeepsBody(t *testing.T) {
	for _, k := range wire.Kinds() {
		for _, v := range []wire.Version{157, 178, 200, 206, 226} {
			body := emptyBody(t, k)
			before := proto.Clone(body)
			_, err := wire.Payload(wire.Message{Kind: k, Body: body}, v)
			var versionError *wire.VersionError
			if err != nil && !errors.As(err, &versionError) {
				t.Errorf("%s at %d: %v", k, v, err)
			}
			if !proto.Equal(before, body) {
				t.Errorf("encoding %s at %d changed its body to %v", k, v, body)
			}
		}
	}
}

func TestStrings(t *testing.T) {
	for want, got := range map[string]fmt.Stringer{
		"client": wire.FromClient, "server": wire.FromServer,
		"text": wire.Text, "raw-id text": wire.RawIDText, "protobuf": wire.Protobuf,
		"placeOrder": wire.PlaceOrder, "errMsg": wire.ErrorMessage,
		"client message 999": wire.KindOf(wire.FromClient, 999),
		"server message 199": wire.KindOf(wire.FromServer, 199),
	} {
		if got.String() != want {
			t.Errorf("%#v is %q, want %q", got, got.String(), want)
		}
	}
}
