package examples_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway"
	"ibsoak/internal/wire"
)

// rawPause is between two orders of a raw client.
const rawPause = 100 * time.Millisecond

// rawMember is a client that speaks the protocol by itself, at a version of its own.
type rawMember struct {
	id      int
	conn    net.Conn
	frames  *wire.FrameReader
	version wire.Version

	executions  map[string]*pb.Execution
	commissions map[string]float64
	done        map[int32]bool
}

// rawCrowd runs raw clients, each at another version of the protocol.
func rawCrowd(
	t *testing.T, gateway *fakegateway.Server, stop <-chan struct{}, first, clients int,
) ([]report, error) {
	versions := []wire.Version{178, 193, 200, 206, 213, 225}
	var all sync.WaitGroup
	reports := make([]report, clients)
	errs := make([]error, clients)
	for i := range clients {
		all.Go(func() {
			m := &rawMember{
				id: first + i, executions: make(map[string]*pb.Execution),
				commissions: make(map[string]float64), done: make(map[int32]bool),
			}
			reports[i], errs[i] = m.trade(t.Context(), gateway.Addr(), versions[i%len(versions)], stop)
			if errs[i] != nil {
				errs[i] = fmt.Errorf("raw client %d at %d: %w", m.id, versions[i%len(versions)], errs[i])
			}
		})
	}
	all.Wait()
	return reports, errors.Join(errs...)
}

func (m *rawMember) trade(
	ctx context.Context, addr string, v wire.Version, stop <-chan struct{},
) (report, error) {
	next, err := m.connect(ctx, addr, v)
	if err != nil {
		return report{}, err
	}
	defer func() { _ = m.conn.Close() }()
	for orders := 0; ; orders++ {
		select {
		case <-stop:
			return m.settle(orders)
		case <-time.After(rawPause):
		}
		if err := m.order(next+int32(orders), orders); err != nil {
			return report{}, err
		}
	}
}

// connect returns the next order id.
func (m *rawMember) connect(ctx context.Context, addr string, v wire.Version) (int32, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return 0, err
	}
	m.conn = conn
	m.frames = wire.NewFrameReader(bufio.NewReader(conn))
	if _, err := conn.Write(wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: v})); err != nil {
		return 0, err
	}
	reply, err := m.frames.Next()
	if err != nil {
		return 0, fmt.Errorf("read the version reply: %w", err)
	}
	hello, err := wire.ParseHello(reply)
	if err != nil {
		return 0, err
	}
	m.version = hello.Version
	if err := m.send(wire.StartAPI, &pb.StartApiRequest{ClientId: proto.Int32(int32(m.id))}); err != nil {
		return 0, err
	}
	var next int32
	err = m.await("the next order id", func(body proto.Message) bool {
		id, ok := body.(*pb.NextValidId)
		next = id.GetOrderId()
		return ok
	})
	return next, err
}

func (m *rawMember) send(k wire.Kind, body proto.Message) error {
	frame, err := wire.Append(nil, wire.Message{Kind: k, Body: body}, m.version)
	if err != nil {
		return err
	}
	_, err = m.conn.Write(frame)
	return err
}

// order does what the other kinds of client do.
func (m *rawMember) order(id int32, n int) error {
	action, orderType, limit := "BUY", "MKT", (*float64)(nil)
	rests := n%3 == 2
	if rests {
		orderType, limit = "LMT", proto.Float64(1)
	} else if (n+m.id)%2 == 1 {
		action = "SELL"
	}
	err := m.send(wire.PlaceOrder, &pb.PlaceOrderRequest{
		OrderId: proto.Int32(id),
		Contract: &pb.Contract{
			Symbol: proto.String("AAPL"), SecType: proto.String("STK"),
			Exchange: proto.String("SMART"), Currency: proto.String("USD"),
		},
		Order: &pb.Order{
			Action: &action, OrderType: &orderType, LmtPrice: limit, Tif: proto.String("GTC"),
			TotalQuantity: proto.String(strconv.Itoa(1 + n%5)), Transmit: proto.Bool(true),
		},
	})
	if err != nil {
		return err
	}
	if rests {
		if err := m.await("a resting order", func(body proto.Message) bool {
			s, ok := body.(*pb.OrderStatus)
			return ok && s.GetOrderId() == id && s.GetStatus() == "Submitted"
		}); err != nil {
			return err
		}
		if err := m.send(wire.CancelOrder, &pb.CancelOrderRequest{OrderId: proto.Int32(id)}); err != nil {
			return err
		}
	}
	return m.await("the end of an order", func(proto.Message) bool { return m.done[id] })
}

func (m *rawMember) settle(orders int) (report, error) {
	for len(m.commissions) < len(m.executions) {
		if err := m.await("a commission", func(proto.Message) bool { return true }); err != nil {
			return report{}, err
		}
	}
	r := report{ClientID: m.id, Orders: orders, Executions: len(m.executions)}
	for id, e := range m.executions {
		r.Commission += m.commissions[id]
		n, err := strconv.ParseInt(e.GetShares(), 10, 64)
		if err != nil {
			return r, fmt.Errorf("shares of %s: %w", id, err)
		}
		if e.GetSide() == "BOT" {
			r.Bought += n
		} else {
			r.Sold += n
		}
	}
	return r, nil
}

// await reads messages until one satisfies the test.
func (m *rawMember) await(what string, is func(proto.Message) bool) error {
	if err := m.conn.SetReadDeadline(time.Now().Add(settleWithin)); err != nil {
		return err
	}
	for {
		payload, err := m.frames.Next()
		if err != nil {
			return fmt.Errorf("%s did not come: %w", what, err)
		}
		message, err := wire.Decode(wire.FromServer, payload, m.version)
		if err != nil {
			return err
		}
		switch b := message.Body.(type) {
		case *pb.ExecutionDetails:
			m.executions[b.GetExecution().GetExecId()] = b.GetExecution()
		case *pb.CommissionAndFeesReport:
			m.commissions[b.GetExecId()] = b.GetCommissionAndFees()
		case *pb.OrderStatus:
			if s := b.GetStatus(); s == "Filled" || s == "Cancelled" {
				m.done[b.GetOrderId()] = true
			}
		case *pb.ErrorMessage:
			const canceled = 202
			if b.GetId() > 0 && b.GetErrorCode() != canceled {
				return fmt.Errorf("error %d: %s", b.GetErrorCode(), b.GetErrorMsg())
			}
		}
		if is(message.Body) {
			return nil
		}
	}
}
