package wire_test

import (
	"strings"
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// openOrderAt200 was published by a third party: an option order as a Gateway at 200 reported it.
var openOrderAt200 = "5|0|853200900|OBDC|OPT|20261120|10|P|100|SMART|USD|" +
	"OBDC  261120P00010000|OBDC|SELL|1|LMT|1.2|0.0|GTC||DU9000001||0||0|1518189976|0|0|0||" +
	"1518189976.1/DU9000001/100||||||0|||0||-1|0||||||2147483647|0|0|0||3|0|0||0|0||0|None||0||" +
	"||?|0|0||0|0||||||0|0|0|2147483647|2147483647|||0||IB|0|0||0|0|PreSubmitted|" + unset9 + "|||||" + unset9 +
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
