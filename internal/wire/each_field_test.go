package wire_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/scmhub/ibapi"
	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/internal/wire"
)

// Fields to leave alone, for others hang on them: without them text leaves the others out, while
// protobuf does not.
var (
	hangingOn = []string{
		"deltaNeutralOrderType", "hedgeType", "algoStrategy", "scalePriceIncrement", "orderType",
		"conditions", "totalQuantity", // the last is spelled 0
	}
	clientHangingOn = []string{
		"DeltaNeutralOrderType", "HedgeType", "AlgoStrategy", "ScalePriceIncrement", "OrderType",
		"Conditions", "OrderComboLegs", "CompeteAgainstBestOffset",
	}
)

// TestEachFieldOfAnOpenOrder takes one field after the other out of a full order. Two flags that
// are both set could hide behind each other otherwise.
func TestEachFieldOfAnOpenOrder(t *testing.T) {
	newest := connect(t, 225)
	for _, v := range []wire.Version{178, 200} {
		client := connect(t, v)
		fields := reportedOrder().ProtoReflect().Descriptor().Fields()
		tried := 0
		for i := range fields.Len() {
			f := fields.Get(i)
			m := openOrder(v)
			if !m.Order.ProtoReflect().Has(f) || slices.Contains(hangingOn, f.JSONName()) {
				continue
			}
			m.Order.ProtoReflect().Clear(f)
			tried++
			message := wire.Message{Kind: wire.OpenOrder, Body: m}
			want, got := unspell(newest.tell(t, message)), unspell(client.tell(t, message))
			if len(want) != 1 || !slices.Equal(got, want) {
				t.Errorf("without %s at %d heard\n got %s\nwant %s", f.JSONName(), v, got, want)
			}
		}
		if tried < 90 {
			t.Errorf("tried %d fields, want 90 and more", tried)
		}
	}
}

// TestEachFieldOfAnOrder does the same for the orders that a client places.
func TestEachFieldOfAnOrder(t *testing.T) {
	newest := connect(t, 225)
	for _, v := range []wire.Version{178, 200} {
		client := connect(t, v)
		tried := 0
		for _, a := range askedOrders(v) {
			for _, name := range setFields(a.order) {
				o := *a.order
				reset(&o, name)
				place := func(c *ibapi.EClient) { c.PlaceOrder(600, a.contract, &o) }
				want := newest.ask(t, place).Body.(*pb.PlaceOrderRequest)
				textOnly(want)
				tried++
				if !sameBody(t, client.ask(t, place), want) {
					t.Errorf("that was %s without %s at %d", a.name, name, v)
				}
			}
		}
		if tried < 120 {
			t.Errorf("tried %d fields, want 120 and more", tried)
		}
	}
}

// setFields names the fields of an order that differ from a new one's.
func setFields(o *ibapi.Order) []string {
	var names []string
	got, unset := reflect.ValueOf(o).Elem(), reflect.ValueOf(ibapi.NewOrder()).Elem()
	for i := range got.NumField() {
		name := got.Type().Field(i).Name
		if !reflect.DeepEqual(got.Field(i).Interface(), unset.Field(i).Interface()) &&
			!slices.Contains(clientHangingOn, name) {
			names = append(names, name)
		}
	}
	return names
}

func reset(o *ibapi.Order, name string) {
	unset := reflect.ValueOf(ibapi.NewOrder()).Elem().FieldByName(name)
	reflect.ValueOf(o).Elem().FieldByName(name).Set(unset)
}

// TestEachFieldOfAnInstrument takes one detail after the other out of an instrument.
func TestEachFieldOfAnInstrument(t *testing.T) {
	newest, client := connect(t, 225), connect(t, 200)
	for _, of := range []func(*pb.ContractData) proto.Message{
		func(m *pb.ContractData) proto.Message { return m.Contract },
		func(m *pb.ContractData) proto.Message { return m.ContractDetails },
	} {
		of(lookedUp(200, "FUND")).ProtoReflect().Range(
			func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
				m := lookedUp(200, "FUND")
				if f.JSONName() == "secType" || f.JSONName() == "priceMagnifier" {
					return true // the one decides on the rest, the other is spelled 1
				}
				of(m).ProtoReflect().Clear(f)
				message := wire.Message{Kind: wire.ContractData, Body: m}
				want, got := newest.tell(t, message), client.tell(t, message)
				for i := range want {
					want[i] = clientsOwn.ReplaceAllString(want[i], "")
				}
				for i := range got {
					got[i] = clientsOwn.ReplaceAllString(got[i], "")
				}
				if !slices.Equal(got, want) {
					t.Errorf("without %s heard\n got %s\nwant %s", f.JSONName(), got, want)
				}
				return true
			})
	}
}
