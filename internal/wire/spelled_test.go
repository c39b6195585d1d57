package wire_test

import (
	"bytes"
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
	"ibsoak/internal/witness"
)

// spelled are frames' payloads that no client at hand sends or reads in that form: written down
// by the official clients' layouts.
var spelled = []struct {
	kind    wire.Kind
	version wire.Version
	payload string
	body    proto.Message
}{
	{
		wire.VerifyAndAuthMessage, 178, "73\x001\x00data\x00because\x00",
		&wire.VerifyAndAuthMessageBody{ApiData: p.s("data"), XyzResponse: p.s("because")},
	},
	{
		wire.VerifyAndAuthMessage, 225, "\x00\x00\x00\x491\x00data\x00because\x00",
		&wire.VerifyAndAuthMessageBody{ApiData: p.s("data"), XyzResponse: p.s("because")},
	},
	{
		wire.ReqFundamentalData, 225,
		"\x00\x00\x00\xfc\x08\x47\x12\x0c\x08\xfe\x9a\x10\x12\x04AAPL\x5a\x00\x1a\x08snapshot",
		&wire.FundamentalsDataRequest{
			ReqId: p.i(71), Contract: &pb.Contract{
				ConId: p.i(265598), Symbol: p.s("AAPL"), LocalSymbol: p.s(""),
			},
			ReportType: p.s("snapshot"),
		},
	},
	{
		wire.CancelFundamentalData, 225, "\x00\x00\x00\xfd\x08\x47",
		&wire.CancelFundamentalsData{ReqId: p.i(71)},
	},
	{
		wire.FundamentalData, 225, "\x00\x00\x00\xfb\x08\x47\x12\x03<x>",
		&wire.FundamentalsData{ReqId: p.i(71), Data: p.s("<x>")},
	},
}

func TestSpelledFrames(t *testing.T) {
	for _, c := range spelled {
		got, err := wire.Payload(wire.Message{Kind: c.kind, Body: c.body}, c.version)
		if err != nil || !bytes.Equal(got, []byte(c.payload)) {
			t.Errorf("%s at %d is\n%q, %v, want\n%q", c.kind, c.version, got, err, c.payload)
		}
		m, err := wire.Decode(c.kind.Direction(), []byte(c.payload), c.version)
		if err != nil {
			t.Error(err)
			continue
		}
		if sameBody(t, m, c.body) {
			witness.Saw(c.kind.String(), int(c.version), witness.Hand)
		}
	}
}

// TestCountedOptions reads the older official Python client's options, whose number comes first.
func TestCountedOptions(t *testing.T) {
	const contract = "265598\x00AAPL\x00STK\x00\x000.0\x00\x00\x00SMART\x00\x00USD\x00\x00\x00"
	head := "54\x003\x0047\x00" + contract + "1.25\x0012.5\x00"
	for tail, want := range map[string]map[string]string{
		"":                     nil,
		"\x00":                 nil,
		"0\x00\x00":            nil,
		"2\x00a=1;b=2;\x00":    stoqeyMap,
		"a=1;b=2;\x00":         stoqeyMap,
		"a=1;b=2;\x00more\x00": stoqeyMap,
	} {
		m, err := wire.Decode(wire.FromClient, []byte(head+tail), 178)
		if err != nil {
			t.Errorf("%q: %v", tail, err)
			continue
		}
		body := m.Body.(*pb.CalculateImpliedVolatilityRequest)
		options := &pb.CalculateImpliedVolatilityRequest{
			ImpliedVolatilityOptions: body.ImpliedVolatilityOptions,
		}
		if !proto.Equal(options, &pb.CalculateImpliedVolatilityRequest{ImpliedVolatilityOptions: want}) {
			t.Errorf("%q has options %v, want %v", tail, body.ImpliedVolatilityOptions, want)
		}
	}
}
