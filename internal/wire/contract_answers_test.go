package wire_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
	"ibsoak/internal/witness"
)

// lookedUp is an instrument with all details that text carries for its security type at v.
func lookedUp(v wire.Version, secType string) *pb.ContractData {
	m := &pb.ContractData{
		ReqId: p.i(21),
		Contract: &pb.Contract{
			ConId: p.i(265598), Symbol: p.s("AAPL"), SecType: p.s(secType), Strike: p.d(10.5),
			LastTradeDateOrContractMonth: p.s("20261120"), Right: p.s("C"), Multiplier: p.d(100),
			Exchange: p.s("SMART"), PrimaryExch: p.s("NASDAQ"), Currency: p.s("USD"),
			LocalSymbol: p.s("AAPL"), TradingClass: p.s("NMS"),
		},
		ContractDetails: &pb.ContractDetails{
			MarketName: p.s("NMS"), MinTick: p.s("0.01"), OrderTypes: p.s("LMT,MKT"),
			ValidExchanges: p.s("SMART,NASDAQ"), PriceMagnifier: p.i(1), UnderConId: p.i(42),
			ContractMonth: p.s("202611"), Industry: p.s("Technology"),
			Category: p.s("Computers"), Subcategory: p.s("Computers"), TimeZoneId: p.s("US/Eastern"),
			TradingHours: p.s("20260824:0400-20260824:2000"),
			LiquidHours:  p.s("20260824:0930-20260824:1600"), EvRule: p.s("e"), EvMultiplier: p.d(3),
			SecIdList: map[string]string{"ISIN": "US0378331005"}, AggGroup: p.i(1),
			UnderSymbol: p.s("U"), UnderSecType: p.s("STK"), MarketRuleIds: p.s("26,26"),
			RealExpirationDate: p.s("20261120"), StockType: p.s("COMMON"),
		},
	}
	d := m.ContractDetails
	if v >= 164 {
		d.MinSize, d.SizeIncrement, d.SuggestedSizeIncrement = p.s("1"), p.s("2"), p.s("100")
	}
	if v >= 182 {
		m.Contract.LastTradeDate = p.s("20261119")
	}
	if v >= 179 && secType == "FUND" {
		fund(d)
	}
	return m
}

func fund(d *pb.ContractDetails) {
	d.FundName, d.FundFamily, d.FundType = p.s("n"), p.s("f"), p.s("t")
	d.FundFrontLoad, d.FundBackLoad, d.FundBackLoadTimeInterval = p.s("1"), p.s("2"), p.s("3")
	d.FundManagementFee, d.FundClosed = p.s("4"), p.b(true)
	d.FundClosedForNewInvestors, d.FundClosedForNewMoney = p.b(true), p.b(true)
	d.FundNotifyAmount, d.FundMinimumInitialPurchase = p.s("5"), p.s("6")
	d.FundMinimumSubsequentPurchase = p.s("7")
	d.FundBlueSkyStates, d.FundBlueSkyTerritories = p.s("all"), p.s("some")
	d.FundDistributionPolicyIndicator, d.FundAssetType = p.s("Y"), p.s("001")
}

// clientsOwn is what the stock client makes of absent details: in text it prints the bytes of an
// empty long name, in protobuf a size of zero.
var clientsOwn = regexp.MustCompile(` LongName:"\[\]"|` +
	` (MinSize|SizeIncrement|SuggestedSizeIncrement|MinAlgoSize|Last\w+Precision):0`)

// TestStockClientContractAnswers compares what the stock client hears of an instrument in text
// and in protobuf.
func TestStockClientContractAnswers(t *testing.T) {
	newest := connect(t, 225)
	for _, v := range stockVersions {
		client := connect(t, v)
		for _, secType := range []string{"OPT", "FUND"} {
			m := wire.Message{Kind: wire.ContractData, Body: lookedUp(v, secType)}
			want, got := newest.tell(t, m), client.tell(t, m)
			for _, heard := range [][]string{got, want} {
				for i := range heard {
					heard[i] = clientsOwn.ReplaceAllString(heard[i], "")
				}
			}
			if len(want) != 1 || !slices.Equal(got, want) {
				t.Errorf("%s at %d heard\n got %s\nwant %s", secType, v, got, want)
				continue
			}
			witness.Saw(m.Kind.String(), int(v), witness.IBAPI)
		}
	}
}

func TestContractDataAt200(t *testing.T) {
	m := lookedUp(200, "STK")
	m.ContractDetails.LongName = p.s("Nestlé SA")
	m.ContractDetails.IneligibilityReasonList = []*pb.IneligibilityReason{
		{Id: p.s("1"), Description: p.s("why")},
	}
	payload, err := wire.Payload(wire.Message{Kind: wire.ContractData, Body: m}, 200)
	if err != nil {
		t.Fatal(err)
	}
	// The layout at 200 as documented, 43 fields after the id for a stock, and here two more for
	// the reason; the long name is escaped.
	want := "10|21|AAPL|STK|20261120|20261119|10.5|C|SMART|USD|AAPL|NMS|NMS|265598|0.01|100|" +
		"LMT,MKT|SMART,NASDAQ|1|42|Nestl\\u00e9 SA|NASDAQ|202611|Technology|Computers|Computers|" +
		"US/Eastern|20260824:0400-20260824:2000|20260824:0930-20260824:1600|e|3|" +
		"1|ISIN|US0378331005|1|U|STK|26,26|20261120|COMMON|1|2|100|1|1|why|"
	if got := strings.ReplaceAll(string(payload), "\x00", "|"); got != want {
		t.Errorf("contractData at 200 is\n got %s\nwant %s", got, want)
	}
	again, err := wire.Decode(wire.FromServer, payload, 200)
	if err != nil {
		t.Fatal(err)
	}
	sameBody(t, again, m)
}

// TestVersionErrors asks for messages before they existed.
func TestVersionErrors(t *testing.T) {
	for kind, since := range map[wire.Kind]wire.Version{
		wire.CurrentTimeInMillis: 197, wire.ReqCurrentTimeInMillis: 197,
		wire.HistoricalDataEnd: 196, wire.UserInfo: 167, wire.ReqUserInfo: 167,
		wire.HistoricalSchedule: 165, wire.ReqWshMetaData: 161, wire.WshEventData: 161,
		wire.CancelContractData: 215, wire.ReqConfig: 219, wire.UpdateConfigResponse: 221,
	} {
		t.Run(kind.String(), func(t *testing.T) {
			if got := wire.Since(kind); got != since {
				t.Errorf("since %d, want %d", got, since)
			}
			m := wire.Message{Kind: kind, Body: emptyBody(t, kind)}
			want := fmt.Sprintf("encode %s: it has no form at version %d, only from %d on",
				kind, since-1, since)
			if _, err := wire.Payload(m, since-1); err == nil || err.Error() != want {
				t.Errorf("error %v, want %s", err, want)
			}
			if _, err := wire.Payload(m, since); err != nil {
				t.Error(err)
			}
		})
	}
}
