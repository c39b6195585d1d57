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
		210: "scannerParameters scannerData pnl pnlSingle",
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
	golden := "\x00\x00\x00\xcc\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\xd3\x96\xd4\xab\x83\x34" +
		"\x18\xb8\x10\x22\x28Market data farm connection is OK:usfarm"
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

func TestDecodeErrors(t *testing.T) {
	for _, c := range []struct {
		name      string
		direction wire.Direction
		version   wire.Version
		payload   string
		want      string
	}{
		{"no bytes", wire.FromClient, 200, "", `decode client message 0: field 1 "": want a message id of 1..199`},
		{"no NUL", wire.FromClient, 200, "49", `decode client message 0: field 1 "49": want a message id of 1..199`},
		{"id 0", wire.FromServer, 178, "0|", `decode server message 0: field 1 "0": want a message id of 1..199`},
		{"negative id", wire.FromServer, 178, "-1|", `decode server message 0: field 1 "-1": want a message id of 1..199`},
		{"long id", wire.FromClient, 200, "000000000049|1|", `want a message id of 1..199`},
		{"unknown id", wire.FromClient, 200, "199|1|", `decode client message 199 "199\x001\x00": no such message`},
		{"short raw id", wire.FromClient, 225, "\x01\x02", `decode client message 0 "\x01\x02": 2 bytes, too short for a message id`},
		{"wild raw id", wire.FromClient, 225, "\xff\xff\xff\xff", `message id 4294967295 out of range`},
		{"raw id of no message", wire.FromServer, 225, "\x00\x00\x01\x8f", `decode server message 199 "\x00\x00\x01\x8f": no such message`},
		{"bad protobuf", wire.FromServer, 225, "\x00\x00\x00\xd1\x08", `decode nextValidId "\x00\x00\x00\xd1\b": proto`},
		{"word for a number", wire.FromServer, 200, "9|1|one|", `decode nextValidId: field 2 "one": want a 32-bit integer`},
		{"number too wide", wire.FromServer, 200, "9|1|4294967296|", `field 2 "4294967296": want a 32-bit integer`},
		{"word for a price", wire.FromServer, 200, "46|6|1|45|x|2|1|6|1|1|dear|1|0|", ``},
		{"hexadecimal price", wire.FromServer, 200, "1|6|1|1|0x1p-2|1|0|", `field 4 "0x1p-2": want a number`},
		{"word for a flag", wire.FromClient, 200, "15|1|yes|", `decode reqAutoOpenOrders: field 2 "yes": want 0 or 1`},
		{"unterminated", wire.FromServer, 200, "9|1|600", `field 2 "600": field without its NUL`},
		{"not UTF-8", wire.FromServer, 200, "15|1|\xff|", `field 2 "\xff": not UTF-8`},
		{"ends early", wire.FromServer, 200, "9|1|", `decode nextValidId: field 1 "1": message ends before its required fields`},
		{"executions without days", wire.FromClient, 200, "7|3|1|0|||||||", `message ends before its required fields`},
		{"count too high", wire.FromServer, 200, "17|1|999999999|x|", `999999999 entries do not fit in the 2 bytes left`},
		{"count below zero", wire.FromServer, 200, "17|1|-1|x|", `want a count`},
		{"protobuf only", wire.FromClient, 200, "84|1|x|y|", `decode reqNewsArticle "84\x001\x00x\x00y\x00": no text form`},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := wire.Decode(c.direction, textMessage(c.payload), c.version)
			if c.want == "" {
				if err != nil {
					t.Errorf("trailing fields: %v", err)
				}
				return
			}
			var decodeError *wire.DecodeError
			if !errors.As(err, &decodeError) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("decoded %v, error %v\nwant %s", m.Body, err, c.want)
			}
		})
	}
}

func TestPayloadErrors(t *testing.T) {
	var none *pb.CurrentTime
	for _, c := range []struct {
		name    string
		message wire.Message
		version wire.Version
		want    string
	}{
		{"no body", wire.Message{Kind: wire.CurrentTime}, 200, "body is <nil>, want a *protobuf.CurrentTime"},
		{"nil body", wire.Message{Kind: wire.CurrentTime, Body: none}, 225, "want a *protobuf.CurrentTime"},
		{
			"other body",
			wire.Message{Kind: wire.CurrentTime, Body: &pb.NextValidId{}},
			225,
			"encode currentTime: body is *protobuf.NextValidId, want a *protobuf.CurrentTime",
		},
		{
			"unknown kind",
			wire.Message{Kind: wire.KindOf(wire.FromServer, 199), Body: &pb.NextValidId{}},
			225, "encode server message 199: the codec has no such message",
		},
		{
			"NUL in a field",
			wire.Message{
				Kind: wire.ManagedAccounts, Body: &pb.ManagedAccounts{AccountsList: p.s("DU1\x00DU2")},
			},
			200, `encode managedAccounts: field 2 "DU1\x00DU2": a NUL inside`,
		},
		{
			"not UTF-8",
			wire.Message{
				Kind: wire.ManagedAccounts, Body: &pb.ManagedAccounts{AccountsList: p.s("\xff")},
			},
			225, "encode managedAccounts: ",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dst := []byte("before")
			got, err := wire.Append(dst, c.message, c.version)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %s", err, c.want)
			}
			if string(got) != "before" {
				t.Errorf("a failed append left %q", got)
			}
		})
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
	payload, err := with("|3|1|a|1|231.5|265598|SMART|4|6|o|0|1000|265598|ISLAND|7|a|1|2.5|8314|NYSE|1|0|")
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

	// scmhub/ibapi writes the contract first, which a Gateway cannot read either.
	payload, err = with("|1|1|a|1|265598|SMART|231.5|last|0|0|")
	if err != nil {
		t.Fatal(err)
	}
	if m, err := wire.Decode(wire.FromClient, payload, 178); err == nil {
		t.Errorf("a price condition with the contract first decoded to %v", m.Body)
	}
}

// openOrderAt200 was published by a third party: an option order as a Gateway at 200 reported it.
var openOrderAt200 = "5|0|853200900|OBDC|OPT|20261120|10|P|100|SMART|USD|OBDC  261120P00010000|OBDC|" +
	"SELL|1|LMT|1.2|0.0|GTC||DU9000001||0||0|1518189976|0|0|0||1518189976.1/DU9000001/100||||||0|" +
	"||0||-1|0||||||2147483647|0|0|0||3|0|0||0|0||0|None||0||||?|0|0||0|0||||||0|0|0|" +
	"2147483647|2147483647|||0||IB|0|0||0|0|PreSubmitted|" + unset9 + "|||||" + unset9 +
	"-9223372036854775808||0||0|0|0|None|" + unset6 + "0||||0|1|0|0|0|||0|||||||0||0||2147483647||0|"

var (
	unset6 = strings.Repeat("1.7976931348623157E308|", 6)
	unset9 = strings.Repeat("1.7976931348623157E308|", 9)
)

func TestPublishedOpenOrder(t *testing.T) {
	m, err := wire.Decode(wire.FromServer, textMessage(openOrderAt200), 200)
	if err != nil {
		t.Fatal(err)
	}
	want := &pb.OpenOrder{
		OrderId: p.i(0), Contract: &pb.Contract{
			ConId: p.i(853200900), Symbol: p.s("OBDC"), SecType: p.s("OPT"), Strike: p.d(10),
			LastTradeDateOrContractMonth: p.s("20261120"), Right: p.s("P"), Multiplier: p.d(100),
			Exchange: p.s("SMART"), Currency: p.s("USD"), LocalSymbol: p.s("OBDC  261120P00010000"),
			TradingClass: p.s("OBDC"),
		},
		Order: &pb.Order{
			ClientId: p.i(0), PermId: p.l(1518189976), ParentId: p.i(0), Action: p.s("SELL"),
			TotalQuantity: p.s("1"), OrderType: p.s("LMT"), LmtPrice: p.d(1.2), AuxPrice: p.d(0),
			Tif: p.s("GTC"), Account: p.s("DU9000001"), Origin: p.i(0), DiscretionaryAmt: p.d(0),
			ShortSaleSlot: p.i(0), ExemptCode: p.i(-1), OcaType: p.i(3), TriggerMethod: p.i(0),
			VolatilityType: p.i(0), DeltaNeutralOrderType: p.s("None"), DeltaNeutralConId: p.i(0),
			DeltaNeutralShortSaleSlot: p.i(0), ReferencePriceType: p.i(0), ClearingIntent: p.s("IB"),
			AdjustedOrderType: p.s("None"), AdjustableTrailingUnit: p.i(0), CashQty: p.d(0),
			DontUseAutoPriceForHedge: p.b(true), UsePriceMgmtAlgo: p.i(0),
		},
		OrderState: &pb.OrderState{Status: p.s("PreSubmitted")},
	}
	sameBody(t, m, want)

	// Only the deprecated shares allocation has no place in the protobuf order.
	again, err := wire.Payload(m, 200)
	if err != nil {
		t.Fatal(err)
	}
	golden := strings.Replace(openOrderAt200, "1518189976.1/DU9000001/100", "", 1)
	if string(again) != string(textMessage(golden)) {
		t.Errorf("encodes to\n%q, the Gateway's is\n%q", again, textMessage(golden))
	}
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
