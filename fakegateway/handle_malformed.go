package fakegateway

import (
	"bytes"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"ibsoak/internal/wire"
)

// unserved refuses a request that IBKR has and this Gateway does not serve, under its own request
// id, because its client waits for that id.
func (s *session) unserved(m wire.Message) {
	id := noRequest
	body := m.Body.ProtoReflect()
	if f := body.Descriptor().Fields().ByName("reqId"); f != nil && body.Has(f) {
		id = int(body.Get(f).Int())
	}
	s.fail(id, codeValidating, validating("This Gateway does not serve "+m.Kind.String()))
}

// malformed answers a request that the codec does not know or cannot read, and the connection goes
// on: "Maintain connection upon receiving incorrectly formatted fields" is a Gateway's default.
func (s *session) malformed(payload []byte, err error) {
	kind, form, rest, idErr := wire.Identify(wire.FromClient, payload, s.version)
	switch {
	case idErr != nil:
		s.fail(noRequest, codeReading, "Error reading request. "+err.Error())
	case !kind.Known():
		s.fail(noRequest, 505, "Fatal Error: Unknown message id. "+kind.String())
	default:
		s.fail(requestID(form, rest, idField[kind]), codeReading,
			"Error reading request. "+err.Error())
	}
}

// idField is the text field after the message id that holds the request's id, or the order's.
var idField = map[wire.Kind]int{
	wire.PlaceOrder: 1, wire.ReqHistoricalData: 1, wire.ReqUserInfo: 1,
	wire.ReqMktData: 2, wire.CancelMktData: 2, wire.ReqExecutions: 2, wire.ReqContractDetails: 2,
	wire.CancelHistoricalData: 2, wire.ReqAccountSummary: 2, wire.CancelAccountSummary: 2,
	wire.ReqPositionsMulti: 2, wire.CancelPositionsMulti: 2, wire.ReqAccountUpdatesMulti: 2,
	wire.CancelAccountUpdatesMulti: 2,
}

// maxIDBytes is more than any number has.
const maxIDBytes = 12

// requestID finds the id in a body that was not decoded: field 1 of every protobuf request that
// has one, a given field of a text one (0: none).
func requestID(form wire.Form, body []byte, field int) int {
	if form == wire.Protobuf {
		number, kind, n := protowire.ConsumeTag(body)
		if n < 0 || number != 1 || kind != protowire.VarintType {
			return noRequest
		}
		v, n := protowire.ConsumeVarint(body[n:])
		if n < 0 {
			return noRequest
		}
		return int(int32(v))
	}
	text := []byte(nil)
	for range field {
		text, body, _ = bytes.Cut(body, []byte{0})
	}
	id, err := strconv.ParseInt(string(text[:min(len(text), maxIDBytes)]), 10, 32)
	if err != nil {
		return noRequest
	}
	return int(id)
}
