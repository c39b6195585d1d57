package wire

import (
	"google.golang.org/protobuf/encoding/protowire"

	pb "github.com/scmhub/ibapi/protobuf"
)

// OvernightConditionsVersion is the first version whose orders say whether their conditions are
// looked at in the overnight session too: UNIFIED_VERSION_COND_ORDER_WITH_OVERNIGHT_PARAM of IBKR's
// client 10.50.01.
const OvernightConditionsVersion Version = 226

// overnightConditions is the number of Order.conditionsIncludeOvernight in IBKR's Order.proto. The
// published Go type of an order does not have the field, so it is among the order's unknown ones.
const overnightConditions protowire.Number = 145

// ConditionsIncludeOvernight reports whether an order says that its conditions are looked at in the
// overnight session too. Of several values the last counts, as protobuf has it.
func ConditionsIncludeOvernight(o *pb.Order) (on bool) {
	if o == nil {
		return false
	}
	for rest := []byte(o.ProtoReflect().GetUnknown()); len(rest) > 0; {
		field, kind, n := protowire.ConsumeTag(rest)
		if n < 0 {
			return on
		}
		rest = rest[n:]
		if field == overnightConditions && kind == protowire.VarintType {
			value, _ := protowire.ConsumeVarint(rest)
			on = protowire.DecodeBool(value)
		}
		if n = protowire.ConsumeFieldValue(field, kind, rest); n < 0 {
			return on
		}
		rest = rest[n:]
	}
	return on
}

// IncludeOvernightConditions makes an order say so. It is for messages to clients of
// OvernightConditionsVersion or later.
func IncludeOvernightConditions(o *pb.Order) {
	m := o.ProtoReflect()
	raw := protowire.AppendTag(m.GetUnknown(), overnightConditions, protowire.VarintType)
	m.SetUnknown(protowire.AppendVarint(raw, protowire.EncodeBool(true)))
}
