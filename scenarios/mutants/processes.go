package mutants

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"time"
)

// processDefects are the traders that leave something of themselves behind.
var processDefects = []Mutant{
	{
		Name: "leaves-child", Defect: "leaves a child behind, in its own process group",
		run: leaves(child{role: "waits"}),
	},
	{
		Name: "leaves-daemon", Defect: "leaves a child behind, in a session of its own",
		run: leaves(child{role: "waits", apart: true}),
	},
	{
		Name: "leaves-grandchild", Defect: "leaves a daemon behind, by a double fork",
		run: leaves(child{role: "forks"}),
	},
	{
		Name: "leaves-deaf-child", Defect: "leaves a child behind that does not obey SIGTERM",
		run: leaves(child{role: "waits-deaf"}),
	},
	{
		Name: "leaves-listener", Defect: "leaves a child behind that listens on a port",
		run: leaves(child{role: "listens", apart: true}),
	},
	{
		Name: "leaves-session", Defect: "leaves a daemon behind that has inherited its socket",
		run: leavesSession,
	},
	{Name: "never-reaps", Defect: "starts a process each cycle and never waits for its end", run: neverReaps},
	{Name: "process-per-cycle", Defect: "has one process more after each cycle", run: processPerCycle},
	{
		Name: "daemon-trades-on", run: daemonTradesOn,
		Defect: "obeys SIGTERM and leaves a daemon behind that goes on buying",
	},
	{
		Name: "late-duplicate", run: lateDuplicate,
		Defect: "leaves a daemon behind that sends its order again when it has exited",
	},
}

// childLife bounds whatever a subject leaves behind, and one that hangs.
const childLife = 90 * time.Second

// lateBy is when a late duplicate comes: a harness that looks once has looked by then.
const lateBy = 3 * time.Second

// roles are what the children do. Each is this program again, run as the mutant of that name.
var roles = map[string]func(context.Context, params) int{
	"child-waits":      func(ctx context.Context, _ params) int { return waits(ctx) },
	"child-waits-deaf": func(ctx context.Context, _ params) int { return waits(context.WithoutCancel(ctx)) },
	"child-exits":      func(context.Context, params) int { return exitOK },
	"child-forks":      forks,
	"child-listens":    listens,
	"child-trades":     tradesAfterParent,
	"child-late":       ordersLate,
}

// child is how a process is left behind.
type child struct {
	role    string
	args    []string
	apart   bool // in a session of its own, as a daemon
	inherit []*os.File
}

// start starts this program again. Its first word is what made this process a subject.
func (c child) start() (*exec.Cmd, error) {
	cmd, err := c.command()
	if err != nil {
		return nil, err
	}
	return cmd, cmd.Start()
}

func (c child) command() (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start child: %w", err)
	}
	cmd := exec.Command(self, append([]string{os.Args[1], "child-" + c.role}, c.args...)...)
	cmd.ExtraFiles = c.inherit
	if c.apart {
		ownSession(cmd)
	}
	return cmd, nil
}

// waits stays until it is asked to go or its time is over.
func waits(ctx context.Context) int {
	pause(ctx, childLife)
	return exitOK
}

// forks is the first half of a double fork: it leaves a daemon and exits.
func forks(context.Context, params) int {
	if _, err := (child{role: "waits", apart: true}).start(); err != nil {
		return exitLost
	}
	return exitOK
}

func listens(ctx context.Context, _ params) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return exitLost
	}
	defer l.Close()
	return waits(ctx)
}

// leaves starts the child when the first cycle is done. The first half of a double fork is waited
// for, as a daemon's parent does.
func leaves(c child) func(context.Context, params) int {
	return func(ctx context.Context, p params) int {
		started := false
		t := right()
		t.work = func(_ context.Context, s *session) error {
			if !started { // before its first request: a life that is killed at that has left it too
				started = true
				cmd, err := c.start()
				if err == nil && c.role == "forks" {
					err = cmd.Wait()
				}
				if err != nil {
					return err
				}
			}
			return s.cycle()
		}
		return t.run(ctx, p)
	}
}

// leavesSession ends at once: a goodbye would end the connection for the daemon as well.
func leavesSession(ctx context.Context, p params) int {
	p.clientID = 100 + os.Getpid()%30000 // the one before is still connected
	conn, err := dialPlain(ctx, p)
	if err != nil {
		return exitCode(err)
	}
	s, err := shake(ctx, conn, p.clientID)
	if err != nil {
		return exitCode(err)
	}
	if err := s.cycle(); err != nil {
		return exitCode(err)
	}
	socket, err := conn.File()
	if err == nil {
		_, err = child{role: "waits", apart: true, inherit: []*os.File{socket}}.start()
	}
	return exitCode(err)
}

func neverReaps(ctx context.Context, p params) int {
	return thenDoes(ctx, p, func(*session) error {
		cmd, err := child{role: "exits"}.start()
		kept = append(kept, cmd)
		return err
	})
}

func processPerCycle(ctx context.Context, p params) int {
	return thenDoes(ctx, p, func(*session) error {
		cmd, err := child{role: "waits"}.start()
		kept = append(kept, cmd)
		return err
	})
}

// daemonTradesOn lets the daemon do all the work. The daemon knows by the end of its input that
// its parent has gone.
func daemonTradesOn(ctx context.Context, p params) int {
	cmd, err := child{role: "trades", args: p.args, apart: true}.command()
	if err != nil {
		return exitLost
	}
	if _, err := cmd.StdinPipe(); err != nil {
		return exitLost
	}
	if err := cmd.Start(); err != nil {
		return exitLost
	}
	return waits(ctx)
}

func tradesAfterParent(ctx context.Context, p params) int {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = io.Copy(io.Discard, os.Stdin) // until the parent has gone, however
	}()
	bought := 0
	return thenDoes(ctx, p, func(s *session) error {
		select {
		case <-gone:
			bought++
			return s.place(market("BUY", reference(bought)))
		default:
			return nil
		}
	})
}

func lateDuplicate(ctx context.Context, p params) int {
	return thenDoes(ctx, p, func(s *session) error {
		ref := reference(1)
		if err := s.place(market("BUY", ref)); err != nil {
			return err
		}
		_, err := child{role: "late", args: []string{"--ref", ref}, apart: true}.start()
		return err
	})
}

// ordersLate sends the order that its parent has sent, under another client id.
func ordersLate(ctx context.Context, p params) int {
	began := time.Now()
	if len(p.args) < 2 {
		return exitUsage
	}
	p.clientID += 9
	s, err := connect(ctx, p) // at once: on a busy machine that takes as long as the pause
	if err != nil {
		return exitCode(err)
	}
	defer s.leave()
	if !pause(ctx, lateBy-time.Since(began)) {
		return exitUsage
	}
	return exitCode(s.place(market("BUY", p.args[1])))
}
