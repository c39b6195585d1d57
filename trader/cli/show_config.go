package cli

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ibsoak/trader/config"
	"ibsoak/trader/exit"
)

// configCommand is the subcommand that prints what the settings come to, and where each comes from.
func configCommand(stdout io.Writer) *cobra.Command {
	var file string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "config", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, all, err := config.Explain(file, os.LookupEnv, given(cmd.Flags()))
			if err != nil {
				return exit.Because(exit.Usage, err)
			}
			if asJSON {
				err = printJSON(stdout, all)
			} else {
				err = printSettings(stdout, all)
			}
			if err != nil {
				return exit.Because(exit.State, err)
			}
			if _, err := c.Trader(); err != nil { // shown all the same: that is how to find the mistake
				return exit.Because(exit.Usage, err)
			}
			return nil
		},
	}
	settingFlags(cmd.Flags(), &file)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the settings as JSON")
	return cmd
}

func printSettings(w io.Writer, all []config.Effective) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) // two blanks between columns
	for _, e := range all {
		// Flush has the error.
		_, _ = fmt.Fprintf(out, "%s\t%s\t%s\n", cmp.Or(e.Key, "--"+e.Flag), cmp.Or(e.Value, "-"), e.Source)
	}
	return out.Flush()
}
