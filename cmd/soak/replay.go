package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
)

func newReplay() *cobra.Command {
	var f runFlags
	var duration, interval time.Duration
	cmd := &cobra.Command{
		Use:   "replay SCHEDULE",
		Short: "Run a trader under a fault schedule",
		Long: `replay runs a trader continuously against a Gateway that goes wrong as the schedule says,
and judges what must always hold: no zombies, one connection at a time, no duplicate
orders, and every planned fault delivered. SCHEDULE is a YAML or JSON file, such as the
schedule.yaml of any record.

    soak replay runs/rst-mid-session/20260302T153000.000Z-1/schedule.yaml --for 2m`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("read schedule: %w", err)
			}
			schedule, err := fault.Parse(args[0], data)
			if err != nil {
				return err
			}
			if duration <= 0 || interval <= 0 {
				return errors.New("--for and --interval must be above 0")
			}
			return f.run(cmd, replayed(schedule, duration, interval))
		},
	}
	cmd.Flags().DurationVar(&duration, "for", time.Minute, "how long to run, at time scale 1")
	cmd.Flags().DurationVar(&interval, "interval", 5*time.Second, "pause between cycles, at time scale 1")
	f.add(cmd)
	return cmd
}

// replayed is the scenario around a schedule: what must hold for every trader at every moment.
func replayed(schedule fault.Schedule, duration, interval time.Duration) harness.Scenario {
	names := []string{
		"oracles-agree", "no-zombies-at-gateway", "no-zombies-at-trader", "one-connection-per-client",
		"complete-preambles", "first-bytes", "no-duplicate-orders", "no-blind-resend", "exposure",
		"orders-after-ready", "order-ids-rise", "reconciled-before-orders", "no-orders-in-outage",
		"right-account", "message-rate", "no-order-beyond-intent", "no-orders-after-end", "books-add-up", "gateway-unharmed",
		"sigterm",
	}
	if len(schedule.Faults) > 0 {
		names = append(names, "faults-delivered")
	}
	s := harness.Scenario{
		Name: "replay",
		Summary: fmt.Sprintf("Under a schedule of %d faults the trader leaves no zombie and sends no "+
			"order twice.", len(schedule.Faults)),
		Gateway: harness.Gateway{Faults: schedule.Faults},
		Subject: harness.Subject{Mode: harness.Continuous, Interval: interval, For: duration},
	}
	for _, name := range names {
		s.Checks = append(s.Checks, harness.Check{Name: name})
	}
	return s
}
