package keeper_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
	"ibsoak/trader/cli"
)

// The words by which the test binary is another program.
const (
	keeperWord = "be-keeper"
	clientWord = "be-client"
)

// TestMain lets the test binary be a keeper, and a client, that can be killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case keeperWord:
			os.Exit(cli.Main(context.Background(), append([]string{"keeper"}, os.Args[2:]...), os.Stdout, os.Stderr)) //nolint:forbidigo // a process
		case clientWord:
			os.Exit(beClient(os.Stdout, os.Args[2]))
		}
	}
	os.Exit(m.Run())
}

// beClient places orders one after the other, each with the next id, until it is killed. It prints
// the first id that it was given, each id that it is about to write, and each that it has written.
func beClient(out io.Writer, addr string) int {
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		fmt.Fprintln(out, "error", err)
		return 1
	}
	w := &worker{
		conn: conn, frames: wire.NewFrameReader(conn),
		say: func(word string, id int64) { fmt.Fprintln(out, word, id) },
	}
	fmt.Fprintln(out, "error", w.work())
	return 1
}

// worker is a client that goes on placing orders.
type worker struct {
	conn   net.Conn
	frames *wire.FrameReader
	say    func(word string, id int64)
}

const workerVersion wire.Version = 225

func (w *worker) send(k wire.Kind, m wire.Message) error {
	m.Kind = k
	frame, err := wire.Append(nil, m, workerVersion)
	if err == nil {
		_, err = w.conn.Write(frame)
	}
	return err
}

// work returns why it could not go on.
func (w *worker) work() error {
	if _, err := w.conn.Write(wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: workerVersion})); err != nil {
		return err
	}
	if _, err := w.frames.Next(); err != nil {
		return err
	}
	one := int32(1)
	if err := w.send(wire.StartAPI, wire.Message{Body: &pb.StartApiRequest{ClientId: &one}}); err != nil {
		return err
	}
	next, err := w.firstID()
	if err != nil {
		return err
	}
	w.say("first", next)
	for ; ; next++ {
		w.say("writing", next)
		if err := w.send(wire.PlaceOrder, wire.Message{Body: limit(int32(next), 1)}); err != nil {
			return err
		}
		w.say("written", next)
		if err := w.acknowledged(next); err != nil {
			return err
		}
		w.say("acknowledged", next)
	}
}

func (w *worker) firstID() (int64, error) {
	for {
		m, err := w.next()
		if err != nil {
			return 0, err
		}
		if id, ok := m.Body.(*pb.NextValidId); ok {
			return int64(id.GetOrderId()), nil
		}
	}
}

func (w *worker) acknowledged(id int64) error {
	for {
		m, err := w.next()
		if err != nil {
			return err
		}
		if status, ok := m.Body.(*pb.OrderStatus); ok && int64(status.GetOrderId()) == id {
			return nil
		}
	}
}

func (w *worker) next() (wire.Message, error) {
	payload, err := w.frames.Next()
	if err != nil {
		return wire.Message{}, err
	}
	return wire.Decode(wire.FromServer, payload, workerVersion)
}
