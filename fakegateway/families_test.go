package fakegateway

import (
	"fmt"
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// connectAt is connect by a client that speaks no newer version.
func (r *rawClient) connectAt(v wire.Version, id int) *rawClient {
	r.t.Helper()
	r.write(wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: v}))
	if hello := r.versionReply(); hello.Version != v {
		r.t.Fatalf("negotiated %d, want %d", hello.Version, v)
	}
	r.startAPI(id)
	r.until(wire.NextValidID)
	return r
}

// Over a socket, in text and in protobuf, every family answers to its end.
func TestFamiliesOverASocket(t *testing.T) {
	account := proto.String(onlyAccount)
	future := &protobuf.Contract{SecType: new("FUT"), LocalSymbol: new("ESZ6"), Exchange: new("CME")}
	details := func(id int, c *protobuf.Contract) *protobuf.ContractDataRequest {
		return &protobuf.ContractDataRequest{ReqId: num(id), Contract: c}
	}
	bond := &protobuf.Contract{Symbol: proto.String("AAPL"), SecType: proto.String("BOND")}
	for _, v := range []wire.Version{178, 200, 225} {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			c := dial(t, startServer(t, Config{})).connectAt(v, 1)
			for _, step := range []struct {
				ask  wire.Kind
				body proto.Message
				end  wire.Kind
			}{
				{wire.PlaceOrder, order(1, 100, "MKT", 0), wire.CommissionReport},
				{wire.ReqAccountSummary, &protobuf.AccountSummaryRequest{
					ReqId: num(1), Group: new("All"), Tags: new("NetLiquidation,$LEDGER:ALL"),
				}, wire.AccountSummaryEnd},
				{
					wire.ReqAccountUpdates,
					&protobuf.AccountDataRequest{Subscribe: new(true), AcctCode: account},
					wire.AccountDownloadEnd,
				},
				{
					wire.ReqAccountUpdatesMulti,
					&protobuf.AccountUpdatesMultiRequest{ReqId: num(2)}, wire.AccountUpdateMultiEnd,
				},
				{wire.ReqPositions, &protobuf.PositionsRequest{}, wire.PositionEnd},
				{
					wire.ReqPositionsMulti,
					&protobuf.PositionsMultiRequest{ReqId: num(3), Account: account}, wire.PositionMultiEnd,
				},
				{wire.ReqPnL, &protobuf.PnLRequest{ReqId: num(4), Account: account}, wire.PnL},
				{
					wire.ReqPnLSingle,
					&protobuf.PnLSingleRequest{ReqId: num(5), Account: account, ConId: num(265598)},
					wire.PnLSingle,
				},
				{wire.ReqContractDetails, details(6, stock("AAPL")), wire.ContractDataEnd},
				{wire.ReqContractDetails, details(7, future), wire.ContractDataEnd},
				{wire.ReqContractDetails, details(8, bond), wire.BondContractData},
				{
					wire.ReqMatchingSymbols,
					&protobuf.MatchingSymbolsRequest{ReqId: num(9), Pattern: proto.String("AA")},
					wire.SymbolSamples,
				},
				{wire.ReqFamilyCodes, &protobuf.FamilyCodesRequest{}, wire.FamilyCodes},
				{
					wire.ReqSoftDollarTiers,
					&protobuf.SoftDollarTiersRequest{ReqId: num(10)}, wire.SoftDollarTiers,
				},
				{wire.SubscribeToGroupEvents, &protobuf.SubscribeToGroupEventsRequest{ReqId: num(11), GroupId: num(1)}, wire.DisplayGroupUpdated},
				{wire.ReqUserInfo, &protobuf.UserInfoRequest{ReqId: num(12)}, wire.UserInfo},
				{wire.ReqManagedAccts, &protobuf.ManagedAccountsRequest{}, wire.ManagedAccounts},
				{wire.ReqFA, &protobuf.FARequest{FaDataType: num(1)}, wire.ErrorMessage},
				{wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{}, wire.CurrentTime},
			} {
				c.send(step.ask, step.body)
				c.until(step.end)
			}
		})
	}
}

func TestConfigPort(t *testing.T) {
	s := startServer(t, Config{})
	c := dial(t, s).connect(1)
	c.send(wire.ReqConfig, &protobuf.ConfigRequest{ReqId: num(1)})
	answer := c.until(wire.ConfigResponse).Body.(*protobuf.ConfigResponse)
	if _, port := s.HostPort(); int(answer.GetApi().GetSettings().GetSocketPort()) != port {
		t.Errorf("socket port %v, want %d", answer.GetApi().GetSettings(), port)
	}
}
