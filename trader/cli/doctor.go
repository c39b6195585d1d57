package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ibsoak/trader"
	"ibsoak/trader/config"
	"ibsoak/trader/doctor"
	"ibsoak/trader/exit"
)

// doctorCommand is the subcommand that examines the Gateway. It takes the trader's own settings.
func doctorCommand(stdout io.Writer) *cobra.Command {
	var settings func() (config.Config, error)
	var id string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "doctor", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := settings()
			if err != nil {
				return err
			}
			asked, err := patient(c, id)
			if err != nil {
				return exit.Because(exit.Usage, err)
			}
			report := doctor.Examine(cmd.Context(), asked)
			if err := printReport(stdout, report, asJSON); err != nil {
				return exit.Because(exit.State, err)
			}
			if worst := report.Worst(); report.Code != exit.OK {
				return &exit.Error{Code: report.Code, What: worst.Found, Do: worst.Do}
			}
			return nil
		},
	}
	settings = Settings(cmd.Flags())
	cmd.Flags().StringVar(&id, "doctor-client-id", strconv.Itoa(doctor.DefaultClientID), "the doctor's own client id")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	return cmd
}

// patient is the Gateway that the trader would dial, and what the trader wants of it.
func patient(c config.Config, id string) (doctor.Config, error) {
	symbols := c.Symbols
	if len(symbols) == 0 {
		symbols = []string{"AAPL"}
		c.Symbols, c.PerSymbol = symbols, nil
	}
	if _, err := c.Trader(); err != nil {
		return doctor.Config{}, err
	}
	symbol, err := trader.ParseSymbol(symbols[0], "SMART", "USD")
	if err != nil {
		return doctor.Config{}, err
	}
	number, err := strconv.ParseUint(id, 10, 31)
	if err != nil {
		return doctor.Config{}, fmt.Errorf("doctor-client-id %q is not within 0 to %d", id, 1<<31-1)
	}
	host, port := c.Gateway.HostPort()
	if port == 0 {
		return doctor.Config{}, fmt.Errorf("%s is a keeper's socket: "+
			"give the doctor the Gateway itself, by --gateway HOST:PORT", c.Gateway.Addr())
	}
	return doctor.Config{
		Host: host, Port: port, ClientID: int(number), Account: c.Account, Live: c.Live,
		Symbol: symbol, MaxSkew: c.Order.MaxSkew.Duration, DialTimeout: c.Gateway.DialTimeout.Duration,
		VersionTimeout: c.Gateway.HandshakeTimeout.Duration, ReadyTimeout: c.Gateway.ReadyTimeout.Duration,
		Answer: c.Order.Timeout.Duration,
	}, nil
}

func printReport(w io.Writer, r doctor.Report, asJSON bool) error {
	if asJSON {
		return printJSON(w, r)
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) // two blanks between columns
	for _, c := range r.Checks {
		_, _ = fmt.Fprintf(out, "%s\t%s\t%s\n", c.Verdict, c.Name, c.Found) // Flush has the error
		if c.Do != "" {
			_, _ = fmt.Fprintf(out, "\t\tdo: %s\n", c.Do)
		}
	}
	return out.Flush()
}

func printJSON(w io.Writer, v any) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(v)
}
