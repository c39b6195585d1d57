package fakegateway

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/internal/wire"
)

// captureLines reads a capture of a real Gateway, or skips the test where there are none.
func captureLines(t *testing.T, name string) []string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
	}
	f, err := os.Open(filepath.Join(dir, "..", "shared", "captures", filepath.FromSlash(name)))
	if err != nil {
		t.Skipf("no captures of real Gateways here: %v", err)
	}
	defer f.Close()
	var lines []string
	for scanner := bufio.NewScanner(f); scanner.Scan(); {
		if text := scanner.Text(); text != "" && !strings.HasPrefix(text, "#") {
			lines = append(lines, text)
		}
	}
	return lines
}

// The bytes of a Gateway at 225: the same requests get the same kinds of messages here, with the
// same fields in each.
func TestFilledOrderIsTheCapturedOne(t *testing.T) {
	var want, got []wire.Message
	l := login(t, testServer(t, Semantics{}), 225, 1)
	for _, text := range captureLines(t, "v225-order-fill-aapl.txt") {
		fields := strings.Fields(text)
		if fields[0] != "raw" {
			continue
		}
		frame, err := base64.StdEncoding.DecodeString(fields[2])
		if err != nil {
			t.Fatal(err)
		}
		direction := wire.FromServer
		if fields[1] == "client" {
			direction = wire.FromClient
		}
		m, err := wire.Decode(direction, frame[4:], 225)
		if err != nil {
			t.Fatal(err)
		}
		if direction == wire.FromClient {
			got = append(got, l.ask(m.Kind, m.Body)...)
		} else {
			want = append(want, m)
		}
	}
	want = want[2:] // managedAccounts, nextValidId
	if len(want) < 10 || len(got) < 10 {
		t.Fatalf("captured %d messages, sent %d", len(want), len(got))
	}
	const buy = 7 // messages of the buy, and currentTime; of the sale the capture leaves some out
	if g, w := summary(got[:buy]), summary(want[:buy]); g != w {
		t.Errorf("flow\n got %s\nwant %s", g, w)
	}
	for i := range buy {
		sameFields(t, fmt.Sprintf("%s of the buy", want[i].Kind), got[i].Body, want[i].Body)
	}
	report := all[*protobuf.CommissionAndFeesReport]
	sold, captured := report(got, wire.CommissionReport), report(want, wire.CommissionReport)
	sameFields(t, "commissionReport of the sale", sold[1], captured[1])
}

// sameFields compares which fields two messages set, through all levels.
func sameFields(t *testing.T, what string, got, want proto.Message) {
	t.Helper()
	g, w := fieldPaths("", got.ProtoReflect()), fieldPaths("", want.ProtoReflect())
	for _, path := range w {
		if !slices.Contains(g, path) {
			t.Errorf("%s: no %s", what, path)
		}
	}
	for _, path := range g {
		if !slices.Contains(w, path) {
			t.Errorf("%s: %s, which a Gateway does not send", what, path)
		}
	}
}

func fieldPaths(prefix string, m protoreflect.Message) (paths []string) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		path := prefix + string(f.Name())
		if f.Message() != nil && !f.IsList() && !f.IsMap() {
			paths = append(paths, fieldPaths(path+".", v.Message())...)
			return true
		}
		paths = append(paths, path)
		return true
	})
	return paths
}

// The order flows of a Gateway at 200, request by request. Captures differ among themselves in
// whether a Gateway says PreSubmitted before Submitted, PendingCancel before Cancelled, and things
// twice; neither they nor the statuses within a list of orders are compared.
func TestOrderFlowsAreTheCapturedOnes(t *testing.T) {
	for _, name := range []string{
		"api_order_rest_cancel_aapl", "api_transmit_false_then_transmit_aapl",
		"api_reconnect_active_order_aapl", "api_cross_client_cancel_aapl",
		"api_client_id0_order_observation_aapl", "api_ioc_fok_aapl",
		"place_order_invalid_type_live_error", "place_order_fill_native_execution_time",
	} {
		t.Run(name, func(t *testing.T) {
			p := player{t: t, srv: testServer(t, Semantics{})}
			for _, text := range captureLines(t, "v200/"+name+".txt") {
				p.play(text)
			}
			p.compare()
			if p.steps == 0 {
				t.Error("nothing was compared")
			}
		})
	}
}

// player plays the client's part of a capture and compares the Gateway's.
type player struct {
	t        *testing.T
	srv      *Server
	l        *line
	request  string
	want     []string
	got      []wire.Message
	sessions int
	steps    int
}

// captured is what the captures write of a message, as far as it is used here.
type captured struct {
	OrderID  json.Number `json:"order_id"`
	ReqID    json.Number `json:"req_id"`
	Action   string      `json:"action"`
	Quantity string      `json:"total_quantity"`
	Type     string      `json:"order_type"`
	Limit    string      `json:"lmt_price"`
	TIF      string      `json:"tif"`
	Transmit *bool       `json:"transmit"`
	Status   string      `json:"status"`
	Scope    string      `json:"scope"`
	Code     json.Number `json:"code"`
}

func (p *player) play(text string) {
	p.t.Helper()
	word, rest, _ := strings.Cut(text, " ")
	switch word {
	case "handshake":
		// The second session of a capture is another client's where its name says so.
		id := 1
		if p.sessions++; p.sessions == 2 {
			id = map[string]int{
				"api_cross_client_cancel_aapl": 2, "api_client_id0_order_observation_aapl": 0,
			}[filepath.Base(p.t.Name())]
			if strings.HasSuffix(p.t.Name(), "api_reconnect_active_order_aapl") {
				id = 1
			}
		}
		p.l = login(p.t, p.srv, 200, id)
		return
	case "disconnect":
		p.compare()
		p.l.session.end()
		return
	case "sleep":
		return
	}
	kind, data, _ := strings.Cut(rest, " ")
	var c captured
	if err := json.Unmarshal([]byte(data), &c); err != nil {
		p.t.Fatalf("%s: %v", text, err)
	}
	if word == "client" {
		p.compare()
		p.request = text
		p.got = p.perform(kind, c)
		return
	}
	if part, ok := p.normal(kind, c); ok {
		p.want = append(p.want, part)
	}
}

func (p *player) perform(kind string, c captured) []wire.Message {
	id, _ := strconv.Atoi(c.OrderID.String())
	switch kind {
	case "place_order":
		limit, _ := strconv.ParseFloat(c.Limit, 64)
		if c.TIF == "IOC" || c.TIF == "FOK" {
			limit = 10 // far from the market, as the captured one was from its own
		}
		r := order(id, c.Action, 1, c.Type, limit)
		r.Order.TotalQuantity, r.Order.Tif = &c.Quantity, &c.TIF
		if c.Transmit != nil {
			r.Order.Transmit = c.Transmit
		}
		if c.Type != "MKT" {
			r.Order.LmtPrice = &limit
		}
		return p.l.ask(wire.PlaceOrder, r)
	case "cancel_order":
		return p.l.ask(wire.CancelOrder, &protobuf.CancelOrderRequest{OrderId: num(id)})
	case "req_open_orders":
		if c.Scope == "all" {
			return p.l.ask(wire.ReqAllOpenOrders, &protobuf.AllOpenOrdersRequest{})
		}
		return p.l.ask(wire.ReqOpenOrders, &protobuf.OpenOrdersRequest{})
	}
	p.t.Fatalf("cannot perform %s", kind)
	return nil
}

// normal is a captured message in the words of summary.
func (p *player) normal(kind string, c captured) (string, bool) {
	switch kind {
	case "open_order":
		return "openOrder", true
	case "open_order_end":
		return "openOrderEnd", true
	case "order_status":
		return "orderStatus:" + c.Status, true
	case "execution_detail":
		return "execDetails", true
	case "commission_report":
		return "commissionReport", true
	case "api_error":
		return "errMsg:" + c.ReqID.String() + " " + c.Code.String(), c.ReqID.String() != "-1"
	}
	return kind, kind != "managed_accounts" && kind != "next_valid_id"
}

// brief says where the captures end what summary writes of a message.
var brief = map[wire.Kind]string{
	wire.OpenOrder: ":", wire.ExecutionDetails: ":", wire.OrderStatus: " ",
}

func (p *player) compare() {
	p.t.Helper()
	var got []string
	for _, m := range p.got {
		part := summary([]wire.Message{m})
		if end := brief[m.Kind]; end != "" {
			part, _, _ = strings.Cut(part, end)
		}
		got = append(got, part)
	}
	if p.request != "" {
		p.steps++
		if g, w := plainFlow(got), plainFlow(p.want); g != w {
			p.t.Errorf("%s\n got %s\nwant %s", p.request, g, w)
		}
	}
	p.request, p.want, p.got = "", nil, nil
}

// plainFlow leaves out what captures differ in.
func plainFlow(parts []string) string {
	listing := slices.Contains(parts, "openOrderEnd")
	var plain []string
	for _, part := range parts {
		part = strings.Replace(part, "PreSubmitted", "Submitted", 1)
		repeated := len(plain) > 0 && (part == plain[len(plain)-1] || part == "openOrder" &&
			plain[len(plain)-1] == "orderStatus:Submitted")
		if repeated && part == "openOrder" && slices.Contains(plain, "execDetails") {
			repeated = false
		}
		if repeated || part == "orderStatus:PendingCancel" ||
			listing && strings.HasPrefix(part, "orderStatus") {
			continue
		}
		plain = append(plain, part)
	}
	return strings.Join(plain, ", ")
}
