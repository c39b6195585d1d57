package harness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/clock"
	"ibsoak/fakegateway/fault"
)

// Options are how a scenario is run, as opposed to what it claims.
type Options struct {
	// Keeper is the command of a keeper of sessions between the subject and the Gateway; it takes the
	// flags of trader keeper. nil: none.
	Keeper []string
	// Command is the subject's command template, with Placeholders. nil: the scenario's.
	Command []string
	// GatewayCommand is the command of the Gateway's process, a program that calls GatewayMain. nil: this
	// very program with the argument GatewayWord.
	GatewayCommand []string
	// Bundled says that the subject takes the flags of the bundled trader: then {args} holds the
	// scenario's Subject.Args as well.
	Bundled bool
	// ClientID fills {client_id} and IB_CLIENT_ID. 0: 1.
	ClientID int
	// Seed makes the market and noise on the wire. 0: the Gateway's settings', else 1.
	Seed uint64
	// TimeScale is how many times faster than real time the Gateway's clock and the subject's
	// interval run. 0: the Gateway's settings', else 1.
	TimeScale float64
	// ClockStart is what the Gateway's clock shows at the start. Zero: the Gateway's settings', else
	// Monday, 2 March 2026, 10:30 in New York, so that a run means the same on a Sunday.
	ClockStart time.Time
	// OutDir gets the record. "": runs/<scenario>/<time>-<seed>.
	OutDir string
	// Log gets what is unusual. nil: nothing is logged.
	Log *slog.Logger
	// Progress is called by Run's goroutine; it must not block. nil: nobody is told.
	Progress func(Progress)
	// Live can be asked how far the run is, from any goroutine. nil: nobody asks.
	Live *Live
	// Sabotage breaks the harness on purpose, to show that it notices. "": it is whole.
	Sabotage Sabotage
	// Part is which part of a plan the run is. nil: it stands alone.
	Part *Part

	config     fakegateway.Config // what the scenario's Gateway comes to
	dialWithin time.Duration      // 0: the trader's, or DialWithin
	termGrace  time.Duration      // 0: TermGrace, or as much beyond the trader's grace
	margin     time.Duration      // of patience; 0: patienceMargin
}

// Progress is how far a run has come.
type Progress struct {
	Elapsed     time.Duration
	Life, Lives int // the newest one, of how many; Lives is 0 for a continuous subject
	Done        int // lives that are over
	Cycles      int
	Of          int           // cycles wanted; 0 when only time ends the run
	For         time.Duration // in real time: how long the run goes on; 0 when only its lives or cycles end it
	Event       string        // what has just happened, in words; "" for a mere step
}

// defaultClock is a trading day without anything special, an hour after the open.
func defaultClock() time.Time {
	const newYork = -5 * 60 * 60 // before the change to summer time on 8 March
	return time.Date(2026, time.March, 2, 10, 30, 0, 0, time.FixedZone("EST", newYork))
}

// withDefaults checks the scenario and the options, and fills in what is left open.
func (o Options) withDefaults(s Scenario, now time.Time) (Options, error) {
	var err error
	if o.config, err = s.Gateway.Config(); err != nil {
		return o, err
	}
	if len(o.Command) == 0 {
		o.Command = s.Subject.Command
	}
	o.ClientID = cmp.Or(o.ClientID, 1)
	o.Seed = cmp.Or(o.Seed, o.config.Seed, 1)
	o.TimeScale = cmp.Or(o.TimeScale, o.config.Clock.Scale, 1)
	o.dialWithin = cmp.Or(o.dialWithin, s.Subject.ConnectWithin, DialWithin)
	o.termGrace = cmp.Or(o.termGrace, max(TermGrace, s.Subject.Grace+TermGrace-TermWithin))
	o.margin = cmp.Or(o.margin, patienceMargin)
	if o.ClockStart.IsZero() {
		o.ClockStart = o.config.Clock.Start
	}
	if o.ClockStart.IsZero() {
		o.ClockStart = defaultClock()
	}
	if len(o.GatewayCommand) == 0 {
		self, err := os.Executable()
		if err != nil {
			return o, fmt.Errorf("find the Gateway's program: %w", err)
		}
		o.GatewayCommand = []string{self, GatewayWord}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.OutDir == "" {
		name := fmt.Sprintf("%s-%d", now.UTC().Format("20060102T150405.000Z"), o.Seed)
		o.OutDir = filepath.Join("runs", s.Name, name)
	}
	return o, errors.Join(s.Validate(), o.validate())
}

func (o Options) validate() error {
	var errs []error
	if len(o.Command) == 0 {
		errs = append(errs, errors.New("no command: there is nothing to run"))
	}
	if !(o.TimeScale >= 0 && o.TimeScale <= clock.MaxScale) { // NaN is neither
		errs = append(errs, fmt.Errorf("time scale %v: want above 0, and %v at the most",
			o.TimeScale, clock.MaxScale))
	}
	if o.ClientID < 0 {
		errs = append(errs, fmt.Errorf("client id %d: want 0 or more", o.ClientID))
	}
	return errors.Join(append(errs, o.Sabotage.validate())...)
}

// Run runs the subject under the scenario and returns when everything that it started has
// stopped and the record is saved. The error is about getting that far; what goes wrong while
// the subject runs is in the record's footer, and makes its verdict a harness error.
func Run(ctx context.Context, s Scenario, o Options) (*Record, error) {
	now := time.Now()
	o, err := o.withDefaults(s, now)
	if err != nil {
		return nil, fmt.Errorf("run scenario %q: %w", s.Name, err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r, err := prepare(s, o, now)
	if err != nil {
		return nil, fmt.Errorf("run scenario %q: %w", s.Name, err)
	}
	defer r.interrupted(ctx)()
	o.Live.begin(r)
	// An interrupt while the Gateway starts is one of the run: it leaves a record, and a verdict.
	if err := r.open(context.WithoutCancel(ctx), cancel); err != nil {
		r.stopSampling()
		return nil, fmt.Errorf("run scenario %q: %w", s.Name,
			errors.Join(err, r.close(), r.journal.remove()))
	}
	r.driveWithin(ctx)
	r.collect()
	if err := r.close(); err != nil {
		r.fault("stop the Gateway: %v", err)
	}
	if err := r.journal.close(); err != nil {
		r.fault("%v", err)
	}
	if err := r.rec.Save(r.dir); err != nil {
		return nil, fmt.Errorf("run scenario %q: %w", s.Name, err)
	}
	return r.rec, r.journal.remove()
}

// driveWithin drives the subject within the scenario's limit. What the harness takes to start is not the
// subject's: on a busy machine it once took the whole limit.
func (r *run) driveWithin(ctx context.Context) {
	if r.Limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, r.Limit, errLimit)
		defer cancel()
	}
	r.drive(ctx)
}

// errLimit ends a run that reaches Scenario.Limit.
var errLimit = errors.New("the scenario's limit was reached")

// run is a run in progress. The goroutine of Run owns it; the kernel's sampler has its own.
type run struct {
	Scenario
	Options
	dir   string
	began time.Time
	rec   *Record

	gateway  *gateway
	keeper   *keeper // nil: the subject connects to the Gateway
	watcher  *observer
	kernel   *kernel
	ends     *ends
	control  *control
	knocks   *attempts
	follower *follower
	journal  *journal

	interruptedAt atomic.Int64 // a Moment; 0: it was not
}

// prepare makes the directory and the record's header.
func prepare(s Scenario, o Options, now time.Time) (*run, error) {
	dir, err := filepath.Abs(o.OutDir)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{RecordFile, JournalFile} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return nil, fmt.Errorf("%s holds a record already: choose another directory", dir)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, stateDir), 0o755); err != nil {
		return nil, fmt.Errorf("make the record's directory: %w: choose another with --out", err)
	}
	if s.Gateway, err = s.Gateway.Resolve(); err != nil {
		return nil, err
	}
	r := &run{Scenario: s, Options: o, dir: dir, began: now}
	r.rec = &Record{Dir: dir, Header: Header{
		Version: RecordVersion, Scenario: s, Seed: o.Seed, TimeScale: o.TimeScale,
		Command: o.Command, Started: now.UTC().Round(0), Schedule: named(o.config.Schedule),
		Host:     Host{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Go: runtime.Version()},
		Sabotage: o.Sabotage, Part: o.Part,
	}}
	r.watcher = newObserver(r.Subject.Cycle, r.scaled(r.Subject.pace()), r.moment)
	r.watcher.sabotage = r.Sabotage
	if err := saveSchedule(dir, r.rec.Header.Schedule); err != nil {
		return nil, err
	}
	r.rec.Header.Run = fmt.Sprintf("%08x", rand.Uint32())
	r.follower, r.rec.Header.Unfollowed = newFollower(r.rec.Header.Run, r.now)
	r.rec.Header.Host.Owners = r.follower.table != nil
	for _, note := range r.rec.Header.Unfollowed {
		r.Log.Warn("the subject's processes are followed without it", "reason", note)
	}
	r.journal, err = newJournal(dir)
	r.follower.journal = r.journal
	return r, err
}

// GatewayWord is the argument by which soak, and the tests of this module, are the Gateway.
const GatewayWord = "gateway"

// stateDir is the directory under the run's own that fills {state}. All lives share it, as the
// lives of a real trader do.
const stateDir = "state"

// named gives faults without an ID the one that the Gateway gives them.
func named(s fault.Schedule) fault.Schedule {
	s.Faults = slices.Clone(s.Faults)
	for i := range s.Faults {
		if s.Faults[i].ID == "" {
			s.Faults[i].ID = fmt.Sprintf("f%d", i+1)
		}
	}
	return s
}

// open starts the Gateway, plants the zombies and starts both oracles. When the Gateway ends
// without having been asked to, cancel is called.
func (r *run) open(ctx context.Context, cancel context.CancelCauseFunc) error {
	if err := r.startGateway(ctx, cancel); err != nil {
		return fmt.Errorf("start the Gateway: %w", err)
	}
	planted, err := r.plant(ctx)
	if err != nil {
		return err
	}
	if r.control, err = watchLoad(r.now, r.journal); err != nil {
		return err
	}
	r.kernel, err = watchKernel(r.rec.Header.Gateway, planted, r.now,
		func(s Sighting) { r.journal.add("sighting", s) }, r.Sabotage)
	if err != nil {
		r.rec.Header.Kernel = err.Error()
		r.Log.Warn("one oracle only", "error", err)
	}
	if r.ends, err = watchEnds(r.rec.Header.Gateway, r.now); err != nil {
		r.rec.Header.UnreadUnseen = err.Error()
		r.Log.Warn("answers that are never read count as work", "error", err)
	}
	r.knocks, r.rec.Header.Unseen = watchAttempts(r.rec.Header.Gateway, r.now, r.journal)
	if err := r.startKeeper(ctx, cancel); err != nil {
		return err
	}
	r.journal.add("header", r.rec.Header)
	return nil
}

// now is the time since the run began, never 0.
func (r *run) now() Moment { return r.moment(time.Now()) }

// moment puts a time on the run's clock, 0 for the zero time.
func (r *run) moment(t time.Time) Moment {
	if t.IsZero() {
		return 0
	}
	return Moment(max(t.Sub(r.began), 1))
}

// fault notes an error of the harness; the run goes on as far as it can.
func (r *run) fault(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.Log.Error("harness error", "error", text)
	r.rec.Footer.Errors = append(r.rec.Footer.Errors, text)
	r.journal.add("error", text)
}

// close stops the Gateway. That it has ended already is no error here: see noticeGateway.
func (r *run) close() error {
	r.follower.close()
	if r.gateway == nil {
		return nil
	}
	err := errors.Join(r.keeper.close(), r.gateway.close())
	state := r.gateway.cmd.ProcessState
	if state != nil && state.ExitCode() == gatewayMeddled && len(r.rec.Lives) > 0 {
		r.noticeGateway() // it was told too late to cut anything short
	}
	if r.rec.Footer.GatewayEnd == nil && state != nil && !state.Success() {
		err = errors.Join(err, fmt.Errorf("%s%s", state, r.gateway.lastWords()))
	}
	return err
}

// scaled is how long d of the scenario's time takes in this run.
func (r *run) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) / r.TimeScale)
}
