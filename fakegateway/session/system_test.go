package session

import (
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/internal/wire"
)

func TestLogLevels(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		for level, want := range map[int][]string{
			0: {"errMsg:-1 319"}, 1: nil, 5: nil, 6: {"errMsg:-1 319"}, -1: {"errMsg:-1 319"},
		} {
			wantFlow(t, l.ask(wire.SetServerLogLevel,
				&protobuf.SetServerLogLevelRequest{LogLevel: num(level)}), want...)
		}
	})
}

func TestResearchNeedsASubscription(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		wantFlow(t, l.ask(wire.ReqWshMetaData, &protobuf.WshMetaDataRequest{ReqId: num(4)}),
			"errMsg:4 10276")
		wantFlow(t, l.ask(wire.CancelWshMetaData, &protobuf.CancelWshMetaData{ReqId: num(4)}))
		wantFlow(t, l.ask(wire.ReqWshEventData, &protobuf.WshEventDataRequest{
			ReqId: num(5), ConId: num(265598),
		}), "errMsg:5 10276")
		wantFlow(t, l.ask(wire.ReqFundamentalData, &wire.FundamentalsDataRequest{
			ReqId: num(6), Contract: stock("AAPL"), ReportType: proto.String("ReportsFinSummary"),
		}), "errMsg:6 10358")
	})
}

func TestNoProgramIsVerified(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		done := body[*protobuf.VerifyCompleted](t, l.ask(wire.VerifyRequest, &protobuf.VerifyRequest{
			ApiName: proto.String("ibsoak"), ApiVersion: proto.String("1"),
		}), wire.VerifyCompleted)
		if done.GetIsSuccessful() || done.GetErrorText() == "" {
			t.Errorf("verified: %v", done)
		}
		both := body[*wire.VerifyAndAuthCompletedBody](t, l.ask(wire.VerifyAndAuthRequest,
			&wire.VerifyAndAuthRequestBody{
				ApiName: proto.String("ibsoak"), ApiVersion: proto.String("1"),
				OpaqueIsvKey: proto.String("k"),
			}), wire.VerifyAndAuthCompleted)
		if both.GetIsSuccessful() || both.GetErrorText() == "" {
			t.Errorf("verified: %v", both)
		}
	})
}

func TestFamilyCodesAndSoftDollarTiers(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		codes := body[*protobuf.FamilyCodes](t,
			l.ask(wire.ReqFamilyCodes, &protobuf.FamilyCodesRequest{}), wire.FamilyCodes).GetFamilyCodes()
		if len(codes) != 1 || codes[0].GetAccountId() != "*" || codes[0].GetFamilyCode() != "" {
			t.Errorf("family codes %v", codes)
		}
		tiers := body[*protobuf.SoftDollarTiers](t, l.ask(wire.ReqSoftDollarTiers,
			&protobuf.SoftDollarTiersRequest{ReqId: num(3)}), wire.SoftDollarTiers)
		if tiers.GetReqId() != 3 || len(tiers.GetSoftDollarTiers()) != 0 {
			t.Errorf("soft dollar tiers %v", tiers)
		}
	})
}

// Every text request with an id is refused under that id when one of its fields cannot be read.
func TestMalformedRequestsAreRefusedUnderTheirIDs(t *testing.T) {
	const version = 200
	l := login(t, testLogin(t, Semantics{}), version, 1)
	tried := 0
	for _, kind := range wire.Kinds() {
		if kind.Direction() != wire.FromClient || wire.Since(kind) > version {
			continue
		}
		m := wire.NewBody(kind)
		var id string
		for _, name := range idNames {
			if f := m.ProtoReflect().Descriptor().Fields().ByName(name); f != nil {
				m.ProtoReflect().Set(f, protoInt(77))
				id = "77"
			}
		}
		if id == "" {
			continue
		}
		tried++
		payload, err := wire.Payload(wire.Message{Kind: kind, Body: m}, version)
		if err != nil {
			t.Fatal(err)
		}
		payload = append(payload[:len(payload)-1], 0xff, 0) // the last field is not UTF-8
		if kind.ID() != 0 && string(payload[len(payload)-4:len(payload)-2]) == "77" {
			continue // the id itself is the last field
		}
		l.sent = nil
		if _, err = wire.Decode(wire.FromClient, payload, version); err == nil {
			t.Errorf("%s: a malformed request decodes", kind)
			continue
		}
		l.session.Malformed(payload, err)
		wantFlow(t, l.take(), "errMsg:77 320")
	}
	if tried < 50 {
		t.Errorf("tried %d kinds of requests with an id, want most of them", tried)
	}
}

func protoInt(n int32) protoreflect.Value { return protoreflect.ValueOfInt32(n) }
