package harness

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/internal/sockets"
)

// A keeper stands between the subject and the Gateway. The harness starts it as a process of its own:
// the sockets on the Gateway's port are the keeper's then, and the subject's are on the keeper's
// port. The first is the Gateway leg, with both oracles; the second the subject leg, which only the
// kernel's table sees.

// KeeperLeg is the keeper of a run.
type KeeperLeg struct {
	Addr    netip.AddrPort `json:"addr"` // where the subject connects
	PID     int            `json:"pid"`
	Command []string       `json:"command"`
	// Kernel is empty when the kernel's table could be read for the subject leg, else why not.
	Kernel string `json:"kernel,omitempty"`
	// Looks and LongestGap are those of the subject leg: see Footer.
	// Told is set when the keeper's own requests were taken out of the record's messages.
	Told       bool   `json:"told,omitempty"`
	Looks      int    `json:"looks,omitempty"`
	LongestGap Moment `json:"longestGap,omitempty"`
}

// OwnRequest is a request that the keeper has made by itself, as its --own-requests tells.
type OwnRequest struct {
	ID     int            `json:"id"`
	Local  netip.AddrPort `json:"local"`  // the keeper's end of the connection
	Number int            `json:"number"` // the n-th request on it, reqCurrentTime not counted
	Kind   string         `json:"kind"`
}

const (
	keeperLog  = "keeper.log"
	keeperOwn  = "keeper-requests.jsonl"
	keeperWord = "listening keeper="
	// KeeperWithin is how long the keeper may take to listen, and to end.
	KeeperWithin = 15 * time.Second
)

// keeper is the process while it runs.
type keeper struct {
	cmd    *exec.Cmd
	addr   netip.AddrPort
	own    string // the file of its own requests
	kernel *kernel
	asked  atomic.Bool
	exited chan struct{}
	wait   error
	free   func()
}

// startKeeper starts the keeper in front of the Gateway, if the run has one, and the sampler of its
// port. onEnd is called when it ends without having been asked to.
func (r *run) startKeeper(ctx context.Context, cancel context.CancelCauseFunc) error {
	if len(r.Keeper) == 0 {
		return nil
	}
	k := &keeper{own: filepath.Join(r.dir, keeperOwn), exited: make(chan struct{}), free: func() {}}
	command := slices.Concat(r.Keeper, []string{
		"--listen", "127.0.0.1:0", "--gateway", r.rec.Header.Gateway.String(),
		"--state", filepath.Join(r.dir, "keeper"), "--status", "127.0.0.1:0", "--own-requests", k.own,
		"--server-version", strconv.Itoa(r.serverVersion()),
	})
	log, err := os.Create(filepath.Join(r.dir, keeperLog))
	if err != nil {
		return err
	}
	said := make(chan string, 1)
	k.cmd = exec.Command(command[0], command[1:]...)
	k.cmd.Stderr = log
	k.cmd.Stdout = &lines{each: func(line string) {
		select {
		case said <- line:
		default: // it listens already
		}
	}}
	k.cmd.WaitDelay = KeeperWithin
	ownGroup(k.cmd)
	started := make(chan error)
	go k.reap(started, log, func() { cancel(errKeeperEnded) })
	if err := <-started; err != nil {
		return fmt.Errorf("start the keeper: %w", err)
	}
	r.keeper = k
	leg := &KeeperLeg{PID: k.cmd.Process.Pid, Command: command}
	r.rec.Header.Keeper = leg
	if leg.Addr, err = k.listens(ctx, said); err != nil {
		return err
	}
	k.addr = leg.Addr
	k.kernel, err = watchKernel(k.addr, nil, r.now, func(Sighting) {}, r.Sabotage)
	if err != nil {
		return fmt.Errorf("a run through a keeper needs the kernel's table, for the subject leg: %w", err)
	}
	r.watcher.messages.through = true
	return nil
}

// serverVersion is the newest version that the run's Gateway speaks.
func (r *run) serverVersion() int {
	if v := r.config.MaxServerVersion; v != 0 {
		return v
	}
	return fakegateway.DefaultServerVersion
}

var errKeeperEnded = errors.New("the keeper ended")

// reap starts the process and waits for it, on one thread: see ownGroup.
func (k *keeper) reap(started chan<- error, log *os.File, onEnd func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(k.exited)
	defer log.Close() // the process wrote to its own descriptor: nothing of ours is buffered
	err := k.cmd.Start()
	if err == nil {
		k.free = ownChild(k.cmd.Process.Pid)
	}
	started <- err
	if err != nil {
		return
	}
	k.wait = k.cmd.Wait()
	k.free()
	if !k.asked.Load() {
		onEnd()
	}
}

// listens waits for the keeper's line.
func (k *keeper) listens(ctx context.Context, said <-chan string) (netip.AddrPort, error) {
	ctx, cancel := context.WithTimeout(ctx, KeeperWithin)
	defer cancel()
	select {
	case line := <-said:
		word, _, _ := strings.Cut(strings.TrimPrefix(line, keeperWord), " ")
		addr, err := netip.ParseAddrPort(word)
		if err != nil || !strings.HasPrefix(line, keeperWord) {
			return addr, fmt.Errorf("the keeper's first line is %q, want %sADDRESS", line, keeperWord)
		}
		return plain(addr), nil
	case <-k.exited:
		return netip.AddrPort{}, k.ended("before it listened")
	case <-ctx.Done():
		return netip.AddrPort{}, fmt.Errorf("wait for the keeper: %w", context.Cause(ctx))
	}
}

// ended is the error of a keeper that has exited without having been asked to.
func (k *keeper) ended(when string) error {
	if k.wait == nil {
		return fmt.Errorf("%w %s, with exit status 0; see %s", errKeeperEnded, when, keeperLog)
	}
	return fmt.Errorf("%w %s: %w; see %s", errKeeperEnded, when, k.wait, keeperLog)
}

// close ends the keeper, if there is one. That it has ended already is an error.
func (k *keeper) close() error {
	if k == nil || k.cmd.Process == nil {
		return nil
	}
	select {
	case <-k.exited:
		return k.ended("by itself")
	default:
	}
	k.asked.Store(true)
	err := (&process{cmd: k.cmd}).terminate()
	t := time.NewTimer(KeeperWithin)
	defer t.Stop()
	select {
	case <-k.exited:
		if k.wait != nil {
			err = errors.Join(err, fmt.Errorf("the keeper did not end in good order: %w", k.wait))
		}
		return err
	case <-t.C:
		err = errors.Join(err, fmt.Errorf("the keeper did not end within %s", KeeperWithin), k.cmd.Process.Kill())
		<-k.exited
		return err
	}
}

// front is where the subject connects: to the keeper, if there is one.
func (r *run) front() netip.AddrPort {
	if r.keeper != nil {
		return r.keeper.addr
	}
	return r.rec.Header.Gateway
}

// quiet waits until everything of a life has come to its end: at the Gateway, whose events must have
// been taken, and with a keeper on the subject leg, where no socket is left but those that wait for
// TIME_WAIT. The keeper's own sessions stay.
func (r *run) quiet(ctx context.Context) error {
	if r.keeper == nil {
		return r.gateway.quiet(ctx)
	}
	again := time.NewTicker(closeWaitEvery)
	defer again.Stop()
	for {
		open, err := r.keeper.open()
		if err != nil {
			return err
		}
		if len(open) == 0 {
			return r.settleKeeper(ctx)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// settleKeeper gives the keeper time to cancel what the life has left, at its rate, until the
// Gateway has heard nothing more for a while.
func (r *run) settleKeeper(ctx context.Context) error {
	const still = 200 * time.Millisecond
	heard := -1
	for {
		if err := r.gateway.catchUp(ctx); err != nil {
			return err
		}
		n := 0
		for _, c := range r.gateway.connections() {
			for _, times := range c.MessagesIn {
				n += times
			}
		}
		if n == heard {
			return nil
		}
		heard = n
		t := time.NewTimer(still)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return context.Cause(ctx)
		}
	}
}

// open are the subject's ends on the keeper's port that some process still has.
func (k *keeper) open() ([]sockets.Socket, error) {
	rows, err := k.kernel.table.Port(k.addr.Port())
	if err != nil {
		return nil, fmt.Errorf("read the kernel's table: %w", err)
	}
	return slices.DeleteFunc(rows, func(s sockets.Socket) bool {
		return s.Remote != k.addr || s.State == sockets.StateTimeWait || s.Inode == 0 && s.PID == 0
	}), nil
}

// openTowards are the subject's ends towards the keeper that were not over at quiescence.
func (r *run) openTowards() []OpenSession {
	rows, err := r.keeper.open()
	if err != nil {
		r.Log.Warn("no state of sessions", "error", err)
		return nil
	}
	var open []OpenSession
	for _, s := range rows {
		open = append(open, OpenSession{Client: s.Local, State: s.State.String(), Holder: r.holderOf(s)})
	}
	return open
}

// ownerTowards tells whether a process of the life has a socket towards the keeper open, or else a
// connection of the Gateway's, the newest, when it is known that none of them has.
func (r *run) ownerTowards(n int) (own bool, foreign int) {
	own, stranger := r.ownsTowards(n)
	if own || stranger == 0 || r.follower.look() != nil {
		return own, 0
	}
	// A process may have come since, and have it; or the socket's own end was under way.
	own, again := r.ownsTowards(n)
	if !own && again == stranger {
		foreign = max(1, len(r.gateway.connections()))
	}
	return own, foreign
}

// ownsTowards is one look: stranger is the inode of an established socket that no process of the
// life has open, where that is known.
func (r *run) ownsTowards(n int) (own bool, stranger uint64) {
	rows, err := r.keeper.open()
	if err != nil {
		return false, 0
	}
	for _, s := range rows {
		own, known := r.follower.owns(n, -int(s.Local.Port()), s)
		if own {
			return true, 0
		}
		if known && s.State == sockets.StateEstablished {
			stranger = s.Inode
		}
	}
	return false, stranger
}

// collectKeeper ends the keeper's part of the record: what the kernel saw of the subject leg, and
// which requests were the keeper's own.
func (r *run) collectKeeper() {
	if r.keeper == nil {
		return
	}
	k, leg := r.keeper, r.rec.Header.Keeper
	k.kernel.stop()
	var seen Record
	k.kernel.report(&seen)
	r.rec.KeeperSightings = seen.Sightings
	leg.Looks, leg.LongestGap, leg.Kernel = seen.Footer.Looks, Moment(seen.Footer.LongestGap), seen.Header.Kernel
	r.rec.Footer.Errors = append(r.rec.Footer.Errors, seen.Footer.Errors...)
	own, err := readOwn(k.own)
	if err != nil {
		r.fault("read the keeper's own requests: %v", err)
		return
	}
	if r.rec.Footer.Dropped > 0 || r.rec.Footer.MessagesLost > 0 {
		return // then they cannot be told apart, and Told says so
	}
	if err := r.rec.takeOut(own); err != nil {
		r.fault("tell the keeper's requests from the subject's: %v", err)
		return
	}
	leg.Told = true
}

func readOwn(path string) ([]OwnRequest, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var own []OwnRequest
	in := bufio.NewScanner(bytes.NewReader(data))
	for in.Scan() {
		var o OwnRequest
		if err := json.Unmarshal(in.Bytes(), &o); err != nil {
			return nil, fmt.Errorf("line %q: %w", in.Text(), err)
		}
		own = append(own, o)
	}
	return own, in.Err()
}

// takeOut moves the keeper's own requests from the messages to KeeperMessages: what is left is what
// clients have asked for. A request that is told of and did not reach the Gateway is none; one whose
// kind differs from what the Gateway read is an error, for then nothing can be told apart.
func (r *Record) takeOut(own []OwnRequest) error {
	kinds, err := r.ownKinds(own)
	if err != nil {
		return err
	}
	numbers := map[int]int{}
	var kept, taken []Message
	for _, m := range r.Messages {
		mine := m.FromClient && m.Kind == currentTime // the link's probes; a client's own are no work
		if m.FromClient && m.Kind != startAPI && m.Kind != currentTime {
			numbers[m.Connection]++
			var kind string
			kind, mine = kinds[request{m.Connection, numbers[m.Connection]}]
			if mine && kind != m.Kind {
				return fmt.Errorf("request %d on connection %d is %s, and the keeper's own is %s",
					numbers[m.Connection], m.Connection, m.Kind, kind)
			}
		}
		if mine {
			taken = append(taken, m)
		} else {
			kept = append(kept, m)
		}
	}
	r.Messages, r.KeeperMessages = kept, append(r.KeeperMessages, taken...)
	return nil
}

// request is the n-th on a connection.
type request struct{ connection, number int }

// ownKinds finds the keeper's requests by its sockets. A port may come again: the numbers on a connection
// rise, so that a number which does not belongs to the next connection from there.
func (r *Record) ownKinds(own []OwnRequest) (map[request]string, error) {
	made := map[netip.AddrPort][]int{} // connections by the keeper's end, in their order
	for _, c := range r.Connections {
		made[plain(c.Remote)] = append(made[plain(c.Remote)], c.ID)
	}
	kinds, last := map[request]string{}, map[netip.AddrPort]int{}
	for _, o := range own {
		from := plain(o.Local)
		if o.Number <= last[from] && len(made[from]) > 0 {
			made[from] = made[from][1:]
		}
		last[from] = o.Number
		if len(made[from]) == 0 {
			return nil, fmt.Errorf("a connection from %s with client id %d: the Gateway knows none", from, o.ID)
		}
		kinds[request{made[from][0], o.Number}] = o.Kind
	}
	return kinds, nil
}

const currentTime = "reqCurrentTime"
