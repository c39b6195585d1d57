// Package mutants holds broken traders: small API clients, each wrong in one way that has been
// seen in the field. A harness is worth what it catches, so every detector is shown to catch at
// least one of them, by its name. The control has no defect: what it passes and a mutant fails
// is the mutant's defect.
//
// A mutant runs as a child process like any other subject. A program that carries them calls
// Main with the arguments after its own word for it; the Ginkgo suite's test binary does.
package mutants

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Exit codes. Where the bundled trader has a code for the same thing, it is the same number.
const (
	exitOK        = 0
	exitRefused   = 10
	exitTimeout   = 11
	exitNoReply   = 12
	exitClosed    = 13
	exitReset     = 14
	exitNoAccount = 17
	exitNoID      = 18
	exitZombies   = 20
	exitLost      = 22
	exitUsage     = 64
	exitStuck     = 70 // the stock client never came back: the process had to end itself
)

// Exits is what the exit codes mean, by the names of the harness's classes.
func Exits() map[string][]int {
	return map[string][]int{
		"ok": {exitOK}, "refused": {exitRefused}, "dial-timeout": {exitTimeout},
		"no-handshake-reply": {exitNoReply}, "handshake-closed": {exitClosed},
		"handshake-reset": {exitReset}, "no-account": {exitNoAccount},
		"no-next-valid-id": {exitNoID}, "zombies": {exitZombies}, "session-lost": {exitLost},
	}
}

// Mutant is a trader with one defect, or a good one of an unusual kind.
type Mutant struct {
	Name   string
	Defect string // a sentence: what it does wrong; of a good one, what is unusual in it
	Good   bool   // it has no defect: a check that fails it raises a false alarm
	run    func(context.Context, params) int
}

// Control is the name of the mutant without a defect.
const Control = "control"

// All is every mutant: the good ones, the control first, then each kind of defect.
func All() []Mutant {
	return slices.Concat(good, keptStops, workDefects, lifeDefects, processDefects, orderDefects, toldDefects,
		protectionDefects,
		socketDefects, recoveryDefects, leakDefects)
}

// Main runs one mutant until its work is done or SIGTERM, and returns its exit code.
//
//	NAME [--once] [--interval 30s] [anything that the bundled trader takes]
//
// The address and the client id come from IB_HOST, IB_PORT and IB_CLIENT_ID.
func Main(ctx context.Context, args []string, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprintln(stderr, "mutant: no name; want one of "+strings.Join(Names(), ", "))
		return exitUsage
	}
	p, err := parse(args[1:], os.Getenv, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "mutant:", err)
		return exitUsage
	}
	run, isChild := roles[args[0]]
	if !isChild {
		m, err := Named(args[0])
		if err != nil {
			fmt.Fprintln(stderr, "mutant:", err)
			return exitUsage
		}
		run = m.run
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer stop()
	if isChild { // whatever happens to those that should end it
		time.AfterFunc(childLife, func() { os.Exit(exitOK) })
	}
	return run(ctx, p)
}

// Named is the mutant of that name.
func Named(name string) (Mutant, error) {
	for _, m := range All() {
		if m.Name == name {
			return m, nil
		}
	}
	return Mutant{}, fmt.Errorf("find mutant %q: no such name; without one they are listed", name)
}

// Names are the mutants' names, the control's first.
func Names() []string {
	var names []string
	for _, m := range All() {
		names = append(names, m.Name)
	}
	return names
}

// params is how a mutant is run.
type params struct {
	host     string
	port     int
	clientID int
	once     bool
	interval time.Duration
	stderr   io.Writer
	args     []string // as they came, for a child that trades as well
}

func (p params) addr() string { return net.JoinHostPort(p.host, strconv.Itoa(p.port)) }

// say writes one line about what happened; it is what a failed spec shows of the subject.
func (p params) say(format string, a ...any) { fmt.Fprintf(p.stderr, format+"\n", a...) }

// parse takes what a mutant heeds and passes over what the bundled trader takes besides.
func parse(args []string, getenv func(string) string, stderr io.Writer) (params, error) {
	p := params{host: getenv("IB_HOST"), stderr: stderr, interval: 30 * time.Second, args: args}
	var err error
	if p.port, err = strconv.Atoi(getenv("IB_PORT")); err != nil || p.host == "" {
		return p, fmt.Errorf("read IB_HOST %q and IB_PORT %q: want the Gateway's address",
			p.host, getenv("IB_PORT"))
	}
	if p.clientID, err = strconv.Atoi(getenv("IB_CLIENT_ID")); err != nil {
		return p, fmt.Errorf("read IB_CLIENT_ID: %w", err)
	}
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--once":
			p.once = true
		case args[i] == "--interval" && i+1 < len(args):
			i++
			if p.interval, err = time.ParseDuration(args[i]); err != nil {
				return p, fmt.Errorf("read --interval: %w", err)
			}
		}
	}
	return p, nil
}
