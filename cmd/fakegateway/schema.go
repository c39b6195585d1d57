package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/hook"
)

// scheduleCommands are those about the language of schedules.
func scheduleCommands() []*cobra.Command {
	return []*cobra.Command{checkCommand(), schemaCommand(), blocksCommand(), generateCommand()}
}

// checkCommand explains a schedule without running it.
func checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Check a schedule and its hook, and say in sentences what it does",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{fmt.Errorf("check wants one FILE, got %d", len(args))}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			schedule, err := readSchedule(args[0])
			if err != nil {
				return err
			}
			if schedule.Hook != "" {
				if err := checkHook(schedule.Hook); err != nil {
					return usageError{err}
				}
				fmt.Fprintf(c.OutOrStdout(), "hook: %s is asked about every message first.\n",
					schedule.Hook)
			}
			for i, f := range schedule.Faults {
				name := f.ID
				if name == "" {
					name = fmt.Sprintf("f%d", i+1)
				}
				fmt.Fprintf(c.OutOrStdout(), "%s: %s\n", name, f)
			}
			return nil
		},
	}
}

func checkHook(name string) error {
	source, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read hook: %w", err)
	}
	_, err = hook.Load(name, source, nil)
	return err
}

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of schedules, for editors",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := c.OutOrStdout().Write(fault.Schema())
			return err
		},
	}
}

func blocksCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "blocks",
		Short: "List the building blocks that schedules may use",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			table := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, b := range fault.Blocks() {
				fmt.Fprintf(table, "%s\t%s\t%s\n", b.Name, strings.Join(b.Parameters, ", "), b.Why)
			}
			return table.Flush()
		},
	}
}

func generateCommand() *cobra.Command {
	var seed uint64
	var like string
	c := &cobra.Command{
		Use:     "generate --like FILE [--seed N]",
		Short:   "Resolve a schedule with chances in it into a concrete one",
		Example: "  fakegateway generate --like storm.yaml --seed 7 > schedule.yaml",
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if like == "" {
				return usageError{fmt.Errorf("generate wants --like FILE")}
			}
			text, err := os.ReadFile(like)
			if err != nil {
				return usageError{fmt.Errorf("read generator: %w", err)}
			}
			schedule, err := fault.Generate(like, text, seed)
			if err != nil {
				return usageError{err}
			}
			if text, err = schedule.YAML(); err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 0, "`N` that decides every chance")
	c.Flags().StringVar(&like, "like", "", "`FILE` of a generator, in YAML or JSON")
	return c
}
