package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
	"ibsoak/scenarios"
)

func newReplay() *cobra.Command {
	var f runFlags
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
			s := replayed(schedule, f.vary.duration, f.vary.interval)
			return f.run(cmd, []harness.Scenario{s})
		},
	}
	f.add(cmd, time.Minute, 5*time.Second)
	return cmd
}

// replayed is the scenario around a schedule: what must hold for every trader at every moment.
func replayed(schedule fault.Schedule, duration, interval time.Duration) harness.Scenario {
	names := []string{"sigterm"}
	if len(schedule.Faults) > 0 {
		names = append(names, "faults-delivered")
	}
	s := harness.Scenario{
		Name: "replay",
		Summary: fmt.Sprintf("Under a schedule (faults: %d) the trader leaves no zombie and sends no "+
			"order twice.", len(schedule.Faults)),
		Gateway: harness.Gateway{Faults: schedule.Faults},
		Subject: harness.Subject{Mode: harness.Continuous, Interval: interval, For: duration},
	}
	if schedule.Hook != "" {
		s.Gateway.Settings = &harness.Settings{Schedule: fault.Schedule{Hook: schedule.Hook}}
	}
	s.Checks = scenarios.Always()
	for _, name := range names {
		s.Checks = append(s.Checks, harness.Check{Name: name})
	}
	return s
}
