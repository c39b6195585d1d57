package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"ibsoak/trader/journal"
	"ibsoak/trader/link"
	"ibsoak/trader/monitor"
	"ibsoak/trader/status"
)

const watchEvery = 2 * time.Second

// statusCommand is the subcommand that shows what a trader does: the one that runs on a state directory, or
// what the last one left there.
func statusCommand(stdout io.Writer) *cobra.Command {
	var watch, asJSON bool
	cmd := &cobra.Command{Use: "status", Args: cobra.NoArgs}
	state := stateFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		dir, err := state()
		if err != nil {
			return err
		}
		for {
			if err := showStatus(cmd.Context(), stdout, dir, asJSON, watch); err != nil {
				return stateError(err)
			}
			if !watch || !waitFor(cmd.Context(), watchEvery) {
				return nil
			}
		}
	}
	cmd.Flags().BoolVar(&watch, "watch", false, "go on every two seconds")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func waitFor(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func showStatus(ctx context.Context, w io.Writer, dir string, asJSON, watch bool) error {
	view, err := askTrader(ctx, dir)
	if err != nil && !errors.Is(err, errNotRunning) {
		return err
	}
	if err == nil {
		if asJSON {
			return printJSON(w, view)
		}
		if f, ok := w.(*os.File); watch && ok && isTerminal(f) {
			_, _ = io.WriteString(w, "\x1b[H\x1b[2J") // the write below has the error
		}
		return printView(w, view)
	}
	last, err := readRecord(dir)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(w, last)
	}
	return printRecord(ctx, w, dir, last)
}

var errNotRunning = errors.New("no trader runs on this state directory")

// askTrader asks over the socket file. errNotRunning says that nobody is there.
func askTrader(ctx context.Context, dir string) (v monitor.View, err error) {
	code, said, err := ask(ctx, http.MethodGet, link.UnixPrefix+filepath.Join(dir, SocketName), "/status")
	if opErr, ok := errors.AsType[*net.OpError](err); ok && opErr.Op == "dial" {
		return v, errNotRunning
	}
	if err == nil && code != http.StatusOK {
		err = fmt.Errorf("%d %s", code, http.StatusText(code))
	}
	if err == nil {
		err = json.Unmarshal(said, &v)
	}
	if err != nil {
		return v, fmt.Errorf("ask the trader in %s: %w", dir, err)
	}
	return v, nil
}

func readRecord(dir string) (r Record, err error) {
	data, err := os.ReadFile(filepath.Join(dir, RecordName))
	if errors.Is(err, fs.ErrNotExist) {
		return r, fmt.Errorf("no trader has run in %s: give the --state that it was started with", dir)
	}
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	return r, err
}

// printView is a running trader for people.
func printView(w io.Writer, v monitor.View) error {
	s, now := v.Snapshot, v.Now
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) // two blanks between columns
	// line leaves errors to Flush, which has them.
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	line("%s", headline(v.Ready, v.Why))
	line("session\t%s for %s, session %d, server version %d, round trip %s",
		s.Session.State, age(now, s.Session.Since), s.Session.Generation, s.Session.ServerVersion,
		s.Session.RoundTrip.Round(time.Microsecond))
	line("gateway\t%s, client id %d, account %s", s.Gateway, s.ClientID, s.Account)
	line("life\tpid %d for %s, %s%s", s.PID, age(now, s.Begun), s.Version, map[bool]string{true: ", DRY RUN"}[s.DryRun])
	line("cycles\t%d complete, %d failed, the last %s ago", s.Cycle.Completed, s.Cycle.Failed, age(now, s.Cycle.Last))
	unpriced := ""
	if len(s.Money.Unpriced) > 0 {
		unpriced = "; no price for " + strings.Join(s.Money.Unpriced, ", ")
	}
	line("equity\t%s: cash %s, shares %s%s", // in cents
		s.Money.Equity.Rescale(2), s.Money.Cash.Rescale(2), s.Money.Value.Rescale(2), unpriced)
	line("alerts\t%d active, %d raised, %d failed deliveries", s.Alerts.Active, s.Alerts.Raised, s.Alerts.Failed)
	if s.Halted != "" {
		line("HALTED\t%s", s.Halted)
	}
	for _, l := range s.Limits {
		line("limit\t%s: %s of %s used", l.Name, l.Used, l.Bound)
	}
	for _, p := range s.Positions {
		line("holds\t%s %s, worth %s (the account has %s)", p.Own, p.Symbol, p.Value.Rescale(2), p.Account)
	}
	for _, o := range s.Orders {
		line("order\t%s: %s %s %s, %s executed, %s: %s",
			o.Intent, o.Action, o.Quantity, o.Symbol, o.Executed, o.State, o.Reason)
	}
	for _, x := range s.Symbols {
		line("symbol\t%s", describe(s, x, now))
	}
	return out.Flush()
}

func describe(s *status.Snapshot, x status.Symbol, now time.Time) string {
	if since, blind := s.BlindFor(x, now); blind {
		return fmt.Sprintf("%s: blind for %s: %s", x.Symbol, since.Round(time.Second), x.Why)
	}
	text := fmt.Sprintf("%s: %s", x.Symbol, x.Outcome)
	if x.Reason != "" {
		text += ", " + x.Reason
	}
	return fmt.Sprintf("%s; held %s, wanted %s, close %s of %s",
		text, x.Held, x.Target, x.Close, x.BarEnd.Local().Format(time.TimeOnly))
}

func age(now, since time.Time) time.Duration {
	if since.IsZero() {
		return 0
	}
	return now.Sub(since).Round(time.Second)
}

// printRecord is what the last life left, or what is known of a trader that cannot be asked.
func printRecord(ctx context.Context, w io.Writer, dir string, r Record) error {
	b, err := journal.ReadBooks(ctx, dir)
	if err != nil {
		return err
	}
	held, err := journal.Held(dir)
	if err != nil {
		return err
	}
	last := r.Time.Local().Format(time.DateTime)
	said := fmt.Sprintf("not running: the last trader, pid %d, ended at %s with exit %d, %s",
		r.PID, last, r.Code, r.Name)
	switch {
	case held:
		said = fmt.Sprintf("running: a trader has %s, but %s in it cannot be asked; its log says why", dir, SocketName)
	case r.Code == Running:
		said = fmt.Sprintf("not running: the last trader, pid %d, was killed after %s: its record says running, "+
			"and nobody answers", r.PID, last)
	}
	if _, err := fmt.Fprintln(w, said); err != nil {
		return err
	}
	for _, a := range b.Accounts {
		for _, p := range a.Positions {
			if !p.Own.IsZero() {
				_, err = fmt.Fprintf(w, "holds %s %s (the account has %s)\n", p.Own, p.Symbol, p.Total)
			}
		}
	}
	for _, in := range b.Intents {
		if !in.State.Closed() {
			_, err = fmt.Fprintf(w, "order %s: %s %s %s, %s executed, %s: %s\n",
				in.ID, in.Action, in.Quantity, in.Symbol, in.Executed, in.State, in.Reason)
		}
	}
	return err
}
