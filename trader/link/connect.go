package link

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

const (
	readBufferBytes = 64 << 10

	// maxBootstrapFrames bounds what is held back before the accounts and the next valid id came.
	// A Gateway sends two frames for each open order of the client id, and a few farm notices.
	maxBootstrapFrames = 8192
)

// generations counts the links that this process has made ready.
var generations atomic.Uint64

// Connect dials, shakes hands, starts the API and verifies the account. Each phase has its own
// deadline, and ctx bounds them all. On failure the socket is closed before Connect returns and
// the error is an *Error; a FIN or RST at any byte of the stream is reported when it arrives.
//
// What the Gateway sent meanwhile is kept for the API client: call Attach next.
func Connect(ctx context.Context, cfg Config) (*Link, error) {
	began := time.Now()
	checked, err := cfg.withDefaults()
	if err != nil {
		return nil, &Error{Reason: BadConfig, Phase: PhaseConfig, Addr: cfg.Addr, Err: err}
	}
	h := &handshake{cfg: checked, began: began, phase: PhaseDial, ctx: ctx}
	if err := h.dial(ctx); err != nil {
		return nil, h.fail(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = h.conn.SetDeadline(time.Unix(1, 0)) })
	err = h.run()
	if !stop() && err == nil {
		err = context.Cause(ctx) // its deadline on the connection is unrecoverable
	}
	if err != nil {
		failure := h.fail(err)
		h.hangUp(failure.Reason)
		return nil, failure
	}
	l := newLink(h)
	l.start()
	return l, nil
}

// handshake is Connect's state.
type handshake struct {
	cfg   Config
	ctx   context.Context // Connect's own; the handshake lives no longer than that call
	began time.Time

	phase Phase
	took  []PhaseTook

	conn     net.Conn
	in       *bufio.Reader
	frames   *wire.FrameReader
	hello    wire.Hello
	held     [][]byte // bootstrap frames for the API client, in order
	accounts []string
	account  string
	nextID   int64
	hasID    bool
}

func (h *handshake) dial(ctx context.Context) error {
	dialCtx, cancel := context.WithTimeout(ctx, h.cfg.DialTimeout)
	defer cancel()
	network, addr := "tcp", h.cfg.Addr
	if path, ok := strings.CutPrefix(addr, UnixPrefix); ok {
		network, addr = "unix", path
	}
	conn, err := h.cfg.Dial(dialCtx, network, addr)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case isRefused(err), network == "unix" && errors.Is(err, fs.ErrNotExist):
		return &Error{Reason: Refused, Err: err}
	case errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
		isTimeout(err):
		return &Error{Reason: DialTimeout, Err: err}
	default:
		return &Error{Reason: Unreachable, Err: err}
	}
	if armed, ok := conn.(interface{ SetLinger(sec int) error }); ok {
		if err := armed.SetLinger(0); err != nil {
			_ = conn.Close() // nothing was written on it yet
			return &Error{Reason: Unreachable, Err: fmt.Errorf("arm SO_LINGER: %w", err)}
		}
	}
	h.conn = conn
	h.in = bufio.NewReaderSize(conn, readBufferBytes)
	h.frames = wire.NewFrameReader(h.in)
	return nil
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

func (h *handshake) run() error {
	if err := h.version(); err != nil {
		return err
	}
	if err := h.startAPI(); err != nil {
		return err
	}
	if err := h.ready(); err != nil {
		return err
	}
	h.leave()
	return h.conn.SetDeadline(time.Time{})
}

// enter begins a phase and arms its deadline.
func (h *handshake) enter(p Phase, limit time.Duration) error {
	h.leave()
	h.phase = p
	if err := h.conn.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	if h.ctx.Err() != nil { // it may have been canceled just before the deadline was replaced
		return context.Cause(h.ctx)
	}
	return nil
}

func (h *handshake) version() error {
	if err := h.enter(PhaseVersion, h.cfg.VersionTimeout); err != nil {
		return err
	}
	preamble := wire.AppendPreamble(nil, wire.Preamble{
		Min: wire.MinVersion, Max: wire.Version(h.cfg.MaxServerVersion), Options: h.cfg.Options,
	})
	if _, err := h.conn.Write(preamble); err != nil {
		return err
	}
	payload, err := h.frames.Next()
	if errors.Is(err, wire.ErrFrameLength) {
		return &Error{Reason: BadHello, Err: err}
	}
	if err != nil {
		return err
	}
	if h.hello, err = wire.ParseHello(payload); err != nil {
		return &Error{Reason: BadHello, Err: err}
	}
	if v := h.hello.Version; v < wire.MinVersion || int(v) > h.cfg.MaxServerVersion {
		return &Error{
			Reason: UnsupportedVersion,
			Err: fmt.Errorf("server version %d, want %d..%d", v, wire.MinVersion,
				h.cfg.MaxServerVersion),
		}
	}
	if h.cfg.Greeted != nil {
		h.cfg.Greeted(h.hello)
	}
	return nil
}

func (h *handshake) startAPI() error {
	if err := h.enter(PhaseStartAPI, h.cfg.WriteTimeout); err != nil {
		return err
	}
	body := &pb.StartApiRequest{ClientId: proto.Int32(int32(h.cfg.ClientID))}
	if h.cfg.Capabilities != "" {
		body.OptionalCapabilities = proto.String(h.cfg.Capabilities)
	}
	m := wire.Message{Kind: wire.StartAPI, Body: body}
	payload, err := wire.Payload(m, h.hello.Version)
	if err != nil {
		return err
	}
	h.transcribe(wire.FromClient, wire.StartAPI, payload)
	if _, err := h.conn.Write(wire.AppendFrame(nil, payload)); err != nil {
		return err
	}
	return nil
}

// ready reads the bootstrap until the accounts and the next valid id have come. Everything read
// is held back for the API client, which may not be spoken to before it is connected.
func (h *handshake) ready() error {
	if err := h.enter(PhaseReady, h.cfg.ReadyTimeout); err != nil {
		return err
	}
	check := inspector{version: h.hello.Version, passUnknown: h.cfg.PassUnknown, relays: h.cfg.Relay != nil}
	for h.account == "" || !h.hasID {
		if len(h.held) >= maxBootstrapFrames {
			return &Error{
				Reason: Malformed,
				Err:    fmt.Errorf("%d frames without accounts and next valid id", len(h.held)),
			}
		}
		payload, err := h.frames.Next()
		if err != nil {
			return err
		}
		in, err := check.examine(payload)
		if err != nil {
			return &Error{Reason: Malformed, Err: err}
		}
		h.transcribe(wire.FromServer, in.message.Kind, payload)
		if h.cfg.Relay != nil {
			h.cfg.Relay(in.message.Kind, payload)
			in.deliver = nil
		}
		if err := h.bootstrap(in.message); err != nil {
			return err
		}
		if in.deliver != nil {
			h.held = append(h.held, in.deliver)
		}
	}
	return nil
}

func (h *handshake) bootstrap(m wire.Message) error {
	switch body := m.Body.(type) {
	case *pb.ManagedAccounts:
		h.accounts = parseAccounts(body.GetAccountsList())
		if len(h.accounts) == 0 {
			return nil // a Gateway that is still logging in: the list may follow
		}
		if h.cfg.Relay != nil && h.cfg.Account == "" {
			h.account = h.accounts[0] // whose accounts they are is for the clients to judge
			return nil
		}
		var err error
		if h.account, err = chooseAccount(h.accounts, h.cfg.Account); err != nil {
			return &Error{Reason: WrongAccount, Err: err}
		}
	case *pb.NextValidId:
		h.nextID, h.hasID = int64(body.GetOrderId()), true
	case *pb.ErrorMessage:
		code := int(body.GetErrorCode())
		if reason, ok := fatalCodes[code]; ok {
			return &Error{Reason: reason, Err: fmt.Errorf("%d %s", code, body.GetErrorMsg())}
		}
	}
	return nil
}

func (h *handshake) transcribe(d wire.Direction, k wire.Kind, payload []byte) {
	if h.cfg.Transcript != nil {
		h.cfg.Transcript(Frame{At: time.Now(), Direction: d, Kind: k, Payload: payload})
	}
}

// fail classifies an error of the current phase.
func (h *handshake) fail(err error) *Error {
	e := (*Error)(nil)
	if !errors.As(err, &e) {
		e = &Error{Reason: h.classify(err), Err: err}
	}
	if e.Reason == Canceled {
		e.Err = context.Cause(h.ctx)
	}
	e.Phase, e.Addr, e.After = h.phase, h.cfg.Addr, time.Since(h.began)
	return e
}

func (h *handshake) classify(err error) Reason {
	switch {
	case h.ctx.Err() != nil:
		return Canceled
	case errors.Is(err, os.ErrDeadlineExceeded):
		return h.overdue()
	default:
		return reasonOfIO(err)
	}
}

// overdue says what did not come within the phase's limit.
func (h *handshake) overdue() Reason {
	switch {
	case h.phase == PhaseVersion:
		return NoHandshakeReply
	case h.phase == PhaseStartAPI:
		return Stalled
	case h.account == "":
		return NoAccounts
	default:
		return NoNextValidID
	}
}

// reasonOfIO classifies the error of a read or a write on the Gateway's socket.
func reasonOfIO(err error) Reason {
	switch {
	case errors.Is(err, wire.ErrFrameLength):
		return Malformed
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return Closed
	case isReset(err):
		return Reset
	case errors.Is(err, os.ErrDeadlineExceeded):
		return Stalled
	default:
		return Unreachable
	}
}

// hangUp closes the socket of a failed handshake: gracefully where the Gateway did its part and we
// refuse, by RST where it is gone or mute.
func (h *handshake) hangUp(why Reason) {
	switch why {
	case WrongAccount, UnsupportedVersion, ClientIDInUse, PortMoved:
		hangUp(h.conn, h.cfg.CloseGrace)
	default:
		_ = h.conn.Close() // nobody is left to tell
	}
}
