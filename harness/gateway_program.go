package harness

import (
	"bufio"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/market"
	"ibsoak/internal/sockets"
)

// GatewayFile is what the Gateway writes beside its transcript while it runs: the lines of GET
// /watch, so that a kill -9 of it, or of the harness, leaves its ledger, receipts and books.
const GatewayFile = "gateway.jsonl"

// GatewayStart is what the Gateway's process reads from its stdin, in one line of JSON. Stdin then
// stays open for as long as the Gateway is wanted: a line with the token ends it in good order, an end
// of input means that the harness has died, and anything else was written by somebody who has opened
// the pipe by way of /proc.
type GatewayStart struct {
	Config fakegateway.Config `json:"config"`
	Market *MarketFile        `json:"market,omitempty"`
	Dir    string             `json:"dir"` // for the transcript and GatewayFile
	// Token is what control requests and the stop line must carry, so that a subject cannot make them.
	Token string `json:"token"`
}

// MarketFile is a CSV file of prices to trade; see market.Replay.
type MarketFile struct {
	Path  string    `json:"path"`
	Speed int       `json:"speed,omitempty"`
	From  time.Time `json:"from,omitzero"`
	Once  bool      `json:"once,omitempty"`
}

// The exit codes of the Gateway's process. One that a signal ended in spite of its handler gives
// gatewaySignalled and the signal's number, as a shell does.
const (
	gatewayDone      = 0
	gatewayFailed    = 70
	gatewayMeddled   = 71 // its stdin had something that is not the harness's
	gatewaySignalled = 128
)

// The lines of the Gateway's process on its stdout.
const (
	readyLine     = "listening gateway=%s control=%s\n"
	continuedLine = "continued"
)

// How the input of the Gateway's process can end, besides its stop line.
var (
	errMeddled   = errors.New("somebody other than the harness has written into the Gateway's input")
	errAbandoned = errors.New("the input has ended")
)

// controlHeaderLimit bounds a control client that sends its headers slowly.
const controlHeaderLimit = 5 * time.Second

// GatewayMain is the Gateway's process; Options.GatewayCommand is how to start it. It returns the exit
// code.
func GatewayMain(stdin io.Reader, stdout, stderr io.Writer) int {
	err := serveGateway(stdin, stdout, stderr)
	var signalled gatewaySignal
	switch {
	case err == nil:
		return gatewayDone
	case errors.Is(err, errMeddled):
		return gatewayMeddled
	case errors.As(err, &signalled):
		return gatewaySignalled + int(signalled)
	}
	fmt.Fprintf(stderr, "gateway: %v\n", err)
	return gatewayFailed
}

// gatewaySignal is the number of the signal that the process was sent.
type gatewaySignal int

func (s gatewaySignal) Error() string { return fmt.Sprintf("signal %d", int(s)) }

func serveGateway(stdin io.Reader, stdout, stderr io.Writer) (err error) {
	ended, continued, release := gatewaySignals()
	defer release()
	lines := bufio.NewReader(stdin)
	start, err := readStart(lines)
	if err != nil {
		return err
	}
	cfg := start.Config
	cfg.Log = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	g, err := fakegateway.New(cfg)
	if err != nil {
		return err
	}
	p := &gatewayProgram{Server: g, serving: make(chan error, 2)}
	if err := p.serve(start); err != nil {
		return errors.Join(err, g.Close())
	}
	fmt.Fprintf(stdout, readyLine, p.api.Addr(), p.control.Addr())
	stopped := make(chan error, 1)
	// It ends with the process: a read of stdin cannot be interrupted.
	go func() { stopped <- awaitStop(lines, start.Token) }()
	for {
		select {
		case err := <-stopped:
			closed := p.close(err == nil)
			if errors.Is(err, errAbandoned) {
				err = nil // nobody is there to be told
			}
			return errors.Join(err, closed)
		case signal := <-ended:
			return errors.Join(p.close(false), gatewaySignal(signal))
		case err := <-p.serving:
			return errors.Join(err, p.close(false))
		case <-continued:
			fmt.Fprintln(stdout, continuedLine)
		}
	}
}

// awaitStop reads the stop line. It tells at the first byte that the harness would not have written.
func awaitStop(in io.ByteReader, token string) error {
	for _, want := range []byte(token + "\n") {
		switch got, err := in.ReadByte(); {
		case err != nil:
			return errAbandoned
		case got != want:
			return errMeddled
		}
	}
	return nil
}

// readStart reads the first line and makes the settings whole.
func readStart(lines *bufio.Reader) (GatewayStart, error) {
	var start GatewayStart
	text, err := lines.ReadBytes('\n')
	if err == nil {
		err = strict(text, &start)
	}
	if err != nil {
		return start, fmt.Errorf("read settings: %w", err)
	}
	start.Config.RecordDir = start.Dir
	if start.Config.TranscriptFrames == 0 {
		start.Config.TranscriptFrames = gatewayFrames
	}
	if start.Market == nil {
		return start, nil
	}
	start.Config.Replay, err = start.Market.load(start.Config.Clock.Start)
	return start, err
}

// load reads the file, which starts with the Gateway's clock.
func (m MarketFile) load(clock time.Time) (*market.Replay, error) {
	file, err := os.Open(m.Path)
	if err != nil {
		return nil, fmt.Errorf("read market: %w", err)
	}
	defer file.Close()
	replay, err := market.Load(m.Path, file)
	if err != nil {
		return nil, fmt.Errorf("read market: %w", err)
	}
	if m.Speed < 0 || m.Speed > market.MaxSpeed {
		return nil, fmt.Errorf("market speed %d: want 1 to %d", m.Speed, market.MaxSpeed)
	}
	replay.Speed, replay.From, replay.Once, replay.Start = m.Speed, m.From, m.Once, clock
	if replay.Start.IsZero() {
		replay.Start = time.Now()
	}
	return &replay, nil
}

// gatewayProgram is a Gateway with its control port and its file.
type gatewayProgram struct {
	*fakegateway.Server
	api, control net.Listener
	web          *http.Server
	serving      chan error // of both ports
	endFile      context.CancelFunc
	filed        chan error
}

// serve opens both ports of 127.0.0.1 and the file.
func (p *gatewayProgram) serve(start GatewayStart) (err error) {
	if p.api, err = sockets.Listen("tcp", "127.0.0.1:0"); err != nil {
		return fmt.Errorf("open the Gateway's port: %w", err)
	}
	if p.control, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return errors.Join(fmt.Errorf("open the control port: %w", err), p.api.Close())
	}
	file, err := os.Create(filepath.Join(start.Dir, GatewayFile))
	if err != nil {
		return errors.Join(err, p.api.Close(), p.control.Close())
	}
	p.web = &http.Server{
		Handler: guarded(p.Control(), start.Token), ReadHeaderTimeout: controlHeaderLimit,
	}
	go func() { p.serving <- p.Serve(p.api) }()
	go func() { p.serving <- p.web.Serve(p.control) }()
	<-p.Serving()
	ctx, cancel := context.WithCancel(context.Background())
	p.endFile, p.filed = cancel, make(chan error, 1)
	begun := make(chan struct{})
	go func() { p.filed <- p.write(ctx, file, sync.OnceFunc(func() { close(begun) })) }()
	select {
	case <-begun: // nothing that happens from now on is missing in it
		return nil
	case err := <-p.filed:
		p.filed <- err
		return errors.Join(fmt.Errorf("write %s: %w", GatewayFile, err), p.web.Close())
	}
}

// write files everything that happens, as it happens.
func (p *gatewayProgram) write(ctx context.Context, file *os.File, begun func()) error {
	buffered := bufio.NewWriter(file)
	out := json.NewEncoder(buffered)
	err := p.Follow(ctx, func(lines []fakegateway.Line) error {
		for _, l := range lines {
			if err := out.Encode(l); err != nil {
				return err
			}
		}
		defer begun()
		return buffered.Flush() // the kernel has it: it survives this process
	})
	return errors.Join(err, file.Close())
}

// close ends everything. When that is not in good order, the file ends first: what the end does to
// connections is nobody's finding.
func (p *gatewayProgram) close(orderly bool) error {
	var err error
	if !orderly {
		p.endFile()
		err = <-p.filed
	}
	err = errors.Join(err, p.web.Close(), p.Close())
	if orderly {
		err = errors.Join(err, <-p.filed)
	}
	p.endFile()
	return err
}

// guarded lets only requests with the token through.
func guarded(h http.Handler, token string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := r.Header.Get("Authorization")
		if subtle.ConstantTimeCompare([]byte(given), []byte("Bearer "+token)) != 1 {
			http.Error(w, "this Gateway is driven by its harness only", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
}
