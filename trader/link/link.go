package link

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"ibsoak/internal/wire"
)

// requestQueue bounds the requests that wait to be written; Submit waits for a place.
const requestQueue = 256

// urgentQueue bounds the orders and cancels that wait, beside the requests.
const urgentQueue = 64

// allPlaces is what either queue can hold. A request that waits has a place in slots or in orderSlots,
// whatever its kind, so that none of them ever finds its queue full.
const allPlaces = requestQueue + urgentQueue

// Link is one connection to a Gateway, from a finished handshake to a closed socket. Its methods
// may be called from any goroutine.
//
// Four goroutines run it: one reads the Gateway, one writes to it, one serves the API client, one
// reads the client. A fifth, supervise, probes for liveness and takes all of it down; done is
// closed when they have stopped and both sockets are gone.
type Link struct {
	cfg        Config
	log        *slog.Logger
	began      time.Time
	generation uint64
	hello      wire.Hello
	account    string
	nextID     int64
	took       []PhaseTook

	conn   net.Conn // to the Gateway
	frames *wire.FrameReader
	check  inspector

	toClient  *frameQueue
	toGateway chan *Request // never full: see allPlaces
	slots     chan struct{}
	urgent    chan *Request // orders and cancels of an API client, likewise

	orderSlots chan struct{}
	probes     chan *Request

	ending     chan struct{} // closed when the end begins: no more requests
	readerDone chan struct{} // nothing more comes from the Gateway
	writerDone chan struct{} // nothing more goes to it
	done       chan struct{}
	hurried    chan struct{} // closed when nobody waits any more: cut everything short

	closeCalled chan struct{} // closed by the first Close
	closeOnce   sync.Once

	client clientSide

	transcript sync.Mutex // serializes Config.Transcript

	inbound  atomic.Int64 // time of the last frame from the Gateway, as time since began
	closeBy  atomic.Int64 // when to stop reading, as time since began; 0 while the link lives
	waiting  atomic.Bool  // the reader waits for the API client, not for the Gateway
	answered chan struct{}
	counters counters
	epoch    atomic.Uint64

	mu           sync.Mutex
	ended        bool
	cause        *Error
	incomplete   error // what the end could not do
	connectivity Connectivity
	askers       []asker // who asked for the current time, in order
	taken        []*Request
	reserved     chan struct{} // whose slot the submission under way has not used yet; nil: it has
	permit       func() error  // of the submission under way
	hurry        sync.Once
}

// asker says who sent a reqCurrentTime.
type asker uint8

const (
	askedByClient asker = iota
	askedByLink
)

type counters struct {
	framesIn, framesOut, bytesIn, bytesOut, probes, refused atomic.Uint64
}

// Stats counts what went over the Gateway's socket since the handshake.
type Stats struct {
	FramesIn, FramesOut uint64
	BytesIn, BytesOut   uint64 // with length prefixes
	Probes              uint64 // liveness probes sent
	UnknownKinds        uint64 // messages that the codec has no row for
	RefusedOrders       uint64 // orders held back because the link was degraded
}

func newLink(h *handshake) *Link {
	l := &Link{
		cfg: h.cfg, log: h.cfg.Log, began: h.began, generation: generations.Add(1),
		hello: h.hello, account: h.account, nextID: h.nextID, took: h.took,
		conn: h.conn, frames: h.frames,
		toClient:  newFrameQueue(h.held),
		toGateway: make(chan *Request, allPlaces),
		slots:     make(chan struct{}, requestQueue),
		urgent:    make(chan *Request, allPlaces),

		orderSlots: make(chan struct{}, urgentQueue),
		probes:     make(chan *Request, 1),

		ending: make(chan struct{}), readerDone: make(chan struct{}),
		writerDone: make(chan struct{}), done: make(chan struct{}), hurried: make(chan struct{}),
		closeCalled: make(chan struct{}),
		answered:    make(chan struct{}, 1),
		client:      newClientSide(),
	}
	l.check.version, l.check.passUnknown = h.hello.Version, h.cfg.PassUnknown
	l.check.relays = h.cfg.Relay != nil
	for _, payload := range h.held {
		l.noteState(payload)
	}
	return l
}

// start runs the goroutines of the Gateway's side.
func (l *Link) start() {
	l.inbound.Store(int64(time.Since(l.began)))
	l.log.Info("link ready", "addr", l.cfg.Addr, "generation", l.generation,
		"server_version", int(l.hello.Version), "account", MaskAccount(l.account))
	go l.readGateway()
	go l.writeGateway()
	go l.supervise()
}

// Generation is this link's number in the process: rising, from 1.
func (l *Link) Generation() uint64 { return l.generation }

// ServerVersion is the negotiated version.
func (l *Link) ServerVersion() int { return int(l.hello.Version) }

// Hello is the Gateway's version reply.
func (l *Link) Hello() wire.Hello { return l.hello }

// Account is the one to trade.
func (l *Link) Account() string { return l.account }

// NextValidID is the first order id that the Gateway would accept, at the time of the handshake.
func (l *Link) NextValidID() int64 { return l.nextID }

// State says whether orders can be sent.
func (l *Link) State() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.connectivity.State
}

// Epoch rises with every message that the Gateway has lost or regained IBKR, also one that repeats it. It
// is new before the message is delivered.
func (l *Link) Epoch() uint64 { return l.epoch.Load() }

// Stats counts what went over the socket.
func (l *Link) Stats() Stats {
	return Stats{
		FramesIn: l.counters.framesIn.Load(), FramesOut: l.counters.framesOut.Load(),
		BytesIn: l.counters.bytesIn.Load(), BytesOut: l.counters.bytesOut.Load(),
		Probes: l.counters.probes.Load(), UnknownKinds: l.check.unknown.Load(),
		RefusedOrders: l.counters.refused.Load(),
	}
}

// Ending is closed when the link begins to end: requests are refused, frames that have arrived are
// still being delivered.
func (l *Link) Ending() <-chan struct{} { return l.ending }

// Done is closed when everything is over: both sockets closed, the API client down.
func (l *Link) Done() <-chan struct{} { return l.done }

// Err says why the link ends, as an *Error; nil before Ending.
func (l *Link) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause == nil {
		return nil
	}
	return l.cause
}

// transcribe hands a frame to the configured transcript.
func (l *Link) transcribe(d wire.Direction, k wire.Kind, payload []byte, note string) {
	if l.cfg.Transcript == nil {
		return
	}
	l.transcript.Lock()
	defer l.transcript.Unlock()
	l.cfg.Transcript(Frame{At: time.Now(), Direction: d, Kind: k, Payload: payload, Note: note})
}

// newNonce makes a string that nobody else can know.
func newNonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails
	return hex.EncodeToString(b[:])
}

// newMarkerLevel makes a server log level that no program asks for: real ones are 1 to 5.
func newMarkerLevel() int64 {
	const low, span = 1 << 20, 1 << 30
	n, err := rand.Int(rand.Reader, big.NewInt(span))
	if err != nil {
		panic(fmt.Sprintf("link: %v", err)) // crypto/rand never fails
	}
	return low + n.Int64()
}
