package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const gatewayUnharmedName = "gateway-unharmed"

// gatewayDetectors are the checks of what a subject does to the Gateway itself.
var gatewayDetectors = []Detector{
	{
		Name: gatewayUnharmedName, Group: GroupProcesses, judge: gatewayUnharmed, Unconnected: true,
		Doc: "The Gateway's process was ended or stopped by a signal during a life, and the harness " +
			"had not sent it; or something was written into its input, which is a pipe of the harness's; " +
			"or a process of the trader listened on its port when it ended. A life counts until the " +
			"next one starts.",
		Least: "one life that either connected or gave an exit code that the scenario asks for",
		Do: "Signal only processes that you have started, by their ids: whoever holds a socket on the " +
			"Gateway's port may be the Gateway.",
		Page: "your-trader.md#processes",
	},
}

// GatewayEnd is how the Gateway's process ended, or was stopped, without the harness's doing.
type GatewayEnd struct {
	At   Moment `json:"at"`
	Life int    `json:"life"` // the newest that had started; 0: none had
	// Signal is the one that ended it, or SIGSTOP; "" when none did.
	Signal   string `json:"signal,omitempty"`
	ExitCode int    `json:"exitCode"`
	// Meddled tells that something had been written into its input, and not by the harness.
	Meddled bool `json:"meddled,omitempty"`
	// PortTaker is the process of the subject that listened on its port when it had ended.
	PortTaker string `json:"portTaker,omitempty"`
	// Said is the end of its log when it ended by itself.
	Said []string `json:"said,omitempty"`
}

// outside reports an end that something outside of the Gateway and of the harness is known to have
// brought about.
func (e GatewayEnd) outside() bool { return e.Signal != "" || e.Meddled || e.PortTaker != "" }

// unasked reports a stop in good order. The Gateway stops so when the harness asks for it, or when
// its input has ended: something else has done that, and nothing tells what.
func (e GatewayEnd) unasked() bool { return !e.outside() && e.ExitCode == gatewayDone }

// harness reports an end that is no doing of any life.
func (e GatewayEnd) harness() bool { return e.Life == 0 || !e.outside() && !e.unasked() }

// String is a sentence without its full stop.
func (e GatewayEnd) String() string {
	switch {
	case e.Signal == "SIGSTOP":
		return "the Gateway's process was stopped by a signal that the harness had not sent"
	case e.Signal != "":
		return fmt.Sprintf("the Gateway's process was ended by %s, which the harness had not sent", e.Signal)
	case e.Meddled:
		return "something was written into the standard input of the Gateway's process, and not by the harness"
	case e.PortTaker != "":
		return fmt.Sprintf("the Gateway ended because %s had taken its port", e.PortTaker)
	case e.unasked():
		return "the Gateway's process has stopped, and the harness had not asked for it: who did is not known"
	}
	said := ""
	if len(e.Said) > 0 {
		said = ": " + strings.Join(e.Said, " / ")
	}
	return fmt.Sprintf("the Gateway ended by itself with exit code %d%s", e.ExitCode, said)
}

func gatewayUnharmed(r *Record, c Check) Finding {
	f := open(c, "lives", 1)
	exits := allExits(r.Header.Scenario)
	for _, l := range r.Lives {
		if speaks(r, l, exits) {
			f.Evidence++
		}
	}
	end := r.Footer.GatewayEnd
	if end == nil {
		return f.conclude("the Gateway served until the harness stopped it")
	}
	if end.harness() {
		return f.broken("%s", end)
	}
	if end.unasked() {
		return f.undecided("%s, at %s", end, round(time.Duration(end.At)))
	}
	f.violated(Example{
		Life: end.Life, At: end.At,
		What: fmt.Sprintf("%s; life %d was the newest", end, end.Life),
	})
	return f.conclude("%s, at %s", end, round(time.Duration(end.At)))
}

// noticeGateway notes when the Gateway has ended, or has been stopped, without the harness's doing.
func (r *run) noticeGateway() {
	g := r.gateway
	if r.rec.Footer.GatewayEnd != nil {
		return
	}
	select {
	case <-g.over: // it is ending, or has closed its control port: both are told apart by waiting
		limit := time.NewTimer(gatewayWithin)
		defer limit.Stop()
		select {
		case <-g.exited:
		case <-limit.C:
		}
	default:
	}
	select {
	case <-g.exited:
		r.gatewayExited()
	case <-g.stirred:
		r.gatewayStopped()
	default:
		if stoppedBySignal(g.pid) {
			g.woken.Store(true)
			if err := wake(g.pid); err != nil {
				r.fault("continue the Gateway: %v", err)
			}
			r.gatewayStopped()
		}
	}
}

func (r *run) gatewayExited() {
	g := r.gateway
	state := g.cmd.ProcessState
	end := GatewayEnd{At: r.moment(g.at), ExitCode: state.ExitCode(), Signal: endSignal(state)}
	end.Meddled = end.ExitCode == gatewayMeddled
	if n := end.ExitCode - gatewaySignalled; end.Signal == "" && n > 0 {
		end.Signal = signalNumbered(n)
	}
	if end.ExitCode == gatewayFailed {
		end.PortTaker = r.portTaker()
	}
	if !end.outside() {
		end.Said = tailLines(g.logPath, StderrTailLines)
	}
	r.gatewayEnded(end, end.At)
}

// portTaker names the process of the subject that listens on the Gateway's port; "" when none does. A
// closed port is kept bound, so that none gets it who does not ask for this very one.
func (r *run) portTaker() string {
	if err := r.follower.look(); err != nil {
		return ""
	}
	port := fmt.Sprintf(":%d", r.rec.Header.Gateway.Port())
	for _, p := range r.follower.running(everyLife) {
		if slices.ContainsFunc(listensOn(p.PID), func(addr string) bool { return strings.HasSuffix(addr, port) }) {
			return p.String()
		}
	}
	return ""
}

// gatewayStopped notes a SIGSTOP. What the Gateway timed since it last spoke says nothing.
func (r *run) gatewayStopped() {
	heard := r.moment(r.gateway.lastHeard())
	r.gatewayEnded(GatewayEnd{At: r.now(), Signal: "SIGSTOP"}, heard)
}

func (r *run) gatewayEnded(end GatewayEnd, cut Moment) {
	end.Life = r.rec.lifeAt(end.At, false)
	if end.harness() {
		r.fault("%s", end)
	}
	r.rec.Footer.GatewayEnd, r.rec.Footer.Cut = &end, cut
}

// gatewayHarmed reports that the Gateway has ended or was stopped.
func (r *run) gatewayHarmed() bool {
	r.noticeGateway()
	return r.rec.Footer.GatewayEnd != nil
}

// interrupted notes when ctx ends for a reason that lies outside the run.
func (r *run) interrupted(ctx context.Context) (release func() bool) {
	return context.AfterFunc(ctx, func() {
		if !errors.Is(context.Cause(ctx), errLimit) {
			r.interruptedAt.CompareAndSwap(0, int64(r.now()))
		}
	})
}
