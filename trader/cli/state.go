package cli

import (
	"os"

	"github.com/spf13/cobra"

	"ibsoak/trader/config"
	"ibsoak/trader/exit"
)

// stateFlags gives a command on a state directory the flags that name it. What it returns finds the directory
// as the trader does: --state, TRADER_STATE, the file's, the default. A file that does not decide is not read:
// a mistake in it must not keep anybody from the kill switch.
func stateFlags(cmd *cobra.Command) func() (string, error) {
	const flag, env = "state", "TRADER_STATE"
	flags := cmd.Flags()
	flags.Var(&value{kind: "DIR"}, flag, "where the journal is")
	file := flags.String("config", os.Getenv(configEnv), "whose state is where the journal is")
	only := func(name string) (string, bool) { return os.Getenv(name), name == env }
	return func() (string, error) {
		if flags.Changed(flag) || os.Getenv(env) != "" {
			*file = ""
		}
		c, err := config.Load(*file, only, given(flags))
		if err != nil {
			return "", &exit.Error{Code: exit.Usage, Err: err, Do: "mend it, or give --state"}
		}
		dir, err := c.StateDir()
		if err != nil {
			return "", stateError(err)
		}
		return dir, nil
	}
}

// stateError is exit.State.
func stateError(err error) error { return exit.Because(exit.State, err) }
