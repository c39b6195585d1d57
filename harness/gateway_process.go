package harness

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/fault"
)

// gatewayLog is what the Gateway's process says, beside the record.
const gatewayLog = "gateway.log"

// errGatewayEnded ends a run whose Gateway has ended without the harness's doing.
var errGatewayEnded = errors.New("the Gateway has ended")

// gateway is the fake Gateway's process and the mirror of what it tells. Its goroutines end with
// the process; close waits for them.
type gateway struct {
	*mirror
	events chan fakegateway.Event // as they were told, behind what the mirror knows
	// exited is closed when the process was waited for, over when nothing more is told.
	exited, over chan struct{}

	pid     int
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	logPath string
	control string // HOST:PORT
	token   string
	addr    string
	http    *http.Client
	unwatch context.CancelFunc
	asked   atomic.Bool   // to stop: whatever happens then is no finding
	woken   atomic.Bool   // by the harness
	stirred chan struct{} // somebody else has continued it, so it had been stopped

	// The fields below are set when exited is closed.
	at   time.Time
	wait error
}

// startGateway starts the Gateway's process, waits until it serves, and follows it. onEnd is called
// once when it ends or was stopped by anybody else.
func startGateway(ctx context.Context, command []string, start GatewayStart, onEnd func()) (*gateway, error) {
	start.Token = rand.Text()
	log, err := os.Create(filepath.Join(start.Dir, gatewayLog))
	if err != nil {
		return nil, err
	}
	g := &gateway{
		mirror: newMirror(), events: make(chan fakegateway.Event, gatewayEvents),
		exited: make(chan struct{}), over: make(chan struct{}), stirred: make(chan struct{}, 1),
		token: start.Token, logPath: log.Name(), http: &http.Client{Transport: &http.Transport{}},
	}
	said := make(chan string, 1)
	g.cmd = exec.Command(command[0], command[1:]...)
	g.cmd.Stderr = log
	g.cmd.Stdout = &lines{each: func(line string) { g.said(line, said, onEnd) }}
	g.cmd.WaitDelay = gatewayWithin // or whoever opens its output by way of /proc would keep it from ending
	ownGroup(g.cmd)                 // so that neither a terminal's Ctrl-C nor the end of a subject's group reaches it
	if g.stdin, err = g.cmd.StdinPipe(); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	started := make(chan error)
	go g.reap(started, log, onEnd)
	if err := <-started; err != nil {
		return nil, err
	}
	g.pid = g.cmd.Process.Pid
	if err := g.greet(ctx, start, said); err != nil {
		return nil, errors.Join(err, g.close())
	}
	return g, nil
}

// reap starts the process and waits for it, on one thread: see ownGroup.
func (g *gateway) reap(started chan<- error, log *os.File, onEnd func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := g.cmd.Start()
	started <- err
	if err != nil {
		_ = log.Close() // nothing is in it
		return
	}
	g.wait = g.cmd.Wait()
	g.at = time.Now()
	_ = log.Close() // the process wrote to its own descriptor: nothing of ours is buffered
	close(g.exited)
	if !g.asked.Load() {
		onEnd()
	}
}

// said takes a line of the process's stdout.
func (g *gateway) said(line string, ready chan<- string, onEnd func()) {
	if line != continuedLine {
		select {
		case ready <- line:
		default: // it was ready already
		}
		return
	}
	if g.woken.Load() || g.asked.Load() {
		return
	}
	select {
	case g.stirred <- struct{}{}:
	default:
	}
	onEnd()
}

// greet gives the process its settings, waits for its ready line and begins to follow it.
func (g *gateway) greet(ctx context.Context, start GatewayStart, said <-chan string) error {
	ctx, cancel := context.WithTimeout(ctx, gatewayWithin)
	defer cancel()
	if err := json.NewEncoder(g.stdin).Encode(start); err != nil {
		return fmt.Errorf("give the Gateway its settings: %w%s", err, g.lastWords())
	}
	select {
	case line := <-said:
		if _, err := fmt.Sscanf(line+"\n", readyLine, &g.addr, &g.control); err != nil {
			return fmt.Errorf("read the Gateway's ready line %q: %w", line, err)
		}
	case <-g.exited:
		return fmt.Errorf("%w before it was ready%s", errGatewayEnded, g.lastWords())
	case <-ctx.Done():
		return fmt.Errorf("wait for the Gateway to be ready: %w", context.Cause(ctx))
	}
	following, stop := context.WithCancel(context.Background())
	answer, err := g.request(following, http.MethodGet, "/watch", nil)
	if err != nil {
		stop()
		return fmt.Errorf("follow the Gateway: %w%s", err, g.lastWords())
	}
	g.unwatch = stop
	go g.follow(following, answer)
	return g.await(ctx, g.over, "the Gateway's first word", func(m *mirror) bool {
		return m.hello.Gateway != ""
	})
}

// follow applies the lines to the mirror and hands their events on. When the harness is slow it
// waits, and the Gateway counts what it could not tell.
func (g *gateway) follow(ctx context.Context, answer io.ReadCloser) {
	defer close(g.over)
	defer answer.Close()
	in := json.NewDecoder(answer)
	for {
		var l fakegateway.Line
		if err := in.Decode(&l); err != nil {
			return // it has ended, or was ended: exited says which
		}
		e, ok := g.apply(l)
		if !ok {
			continue
		}
		select {
		case g.events <- e:
		case <-ctx.Done():
			return
		}
	}
}

// request makes one control request; the caller closes the answer.
func (g *gateway) request(ctx context.Context, method, path string, body any) (io.ReadCloser, error) {
	var text io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		text = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+g.control+path, text)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+g.token)
	answer, err := g.http.Do(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode == http.StatusOK {
		return answer.Body, nil
	}
	defer answer.Body.Close()
	problem, err := io.ReadAll(io.LimitReader(answer.Body, maxProblemBytes))
	return nil, errors.Join(fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, problem), err)
}

// ask makes a request and decodes its answer.
func (g *gateway) ask(ctx context.Context, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, gatewayWithin)
	defer cancel()
	answer, err := g.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer answer.Close()
	return json.NewDecoder(answer).Decode(into)
}

// catchUp waits until the mirror knows everything that has happened at the Gateway by now.
func (g *gateway) catchUp(ctx context.Context) error {
	var health fakegateway.Health
	if err := g.ask(ctx, http.MethodGet, "/healthz", nil, &health); err != nil {
		return err
	}
	return g.await(ctx, g.over, "what the Gateway has to tell", func(m *mirror) bool {
		return m.seen >= health.Events
	})
}

// quiet waits until the Gateway has no socket of the subject any more.
func (g *gateway) quiet(ctx context.Context) error {
	if err := g.catchUp(ctx); err != nil {
		return err
	}
	return g.await(ctx, g.over, "the end of every connection", allClosed)
}

// plantZombies makes n zombies on the Gateway's port.
func (g *gateway) plantZombies(ctx context.Context, n int) error {
	var health fakegateway.Health
	err := g.ask(ctx, http.MethodPost, "/zombies", map[string]int{"count": n}, &health)
	if err != nil {
		return fmt.Errorf("plant zombies: %w", err)
	}
	return g.catchUp(ctx)
}

// clearZombies ends the planted sockets.
func (g *gateway) clearZombies(ctx context.Context) error {
	var health fakegateway.Health
	if err := g.ask(ctx, http.MethodDelete, "/zombies", nil, &health); err != nil {
		return fmt.Errorf("clear zombies: %w", err)
	}
	return g.catchUp(ctx)
}

// refresh reads everything once more, byte counts included, which no event tells of.
func (g *gateway) refresh(ctx context.Context) error {
	var rows []fakegateway.Connection
	var receipts []fault.Receipt
	var books exchange.Books
	err := errors.Join(
		g.ask(ctx, http.MethodGet, "/connections", nil, &rows),
		g.ask(ctx, http.MethodGet, "/receipts", nil, &receipts),
		g.ask(ctx, http.MethodGet, "/books", nil, &books),
	)
	if err == nil {
		g.replace(rows, receipts, books)
	}
	return err
}

// close ends the process in good order and waits for it. The error says what it could not keep.
func (g *gateway) close() error {
	g.asked.Store(true)
	limit := time.NewTimer(gatewayStops)
	defer limit.Stop()
	_, err := io.WriteString(g.stdin, g.token+"\n")
	if err = errors.Join(err, g.stdin.Close()); errors.Is(err, os.ErrClosed) || isBrokenPipe(err) {
		err = nil // it has ended already
	}
	select {
	case <-g.exited:
	case <-limit.C:
		err = errors.Join(err, fmt.Errorf("the Gateway is still there %s after it was asked to stop",
			gatewayStops), g.cmd.Process.Kill())
		<-g.exited
	}
	if g.unwatch != nil {
		g.unwatch()
		<-g.over
	}
	g.http.CloseIdleConnections()
	return err
}

// lastWords is the end of what the process has said about itself, for error messages.
func (g *gateway) lastWords() string {
	const shown = 5
	if tail := tailLines(g.logPath, shown); len(tail) > 0 {
		return ": " + strings.Join(tail, " / ")
	}
	return ""
}

// lines cuts what is written to it into lines. exec has one goroutine write to it.
type lines struct {
	mu   sync.Mutex
	rest []byte
	each func(string)
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found {
			return len(p), nil
		}
		l.each(string(line))
		l.rest = rest
	}
}
