// Package commandline refuses what the flags of a program cannot mean. It knows no program.
package commandline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// RefuseEmpty is an error about the first flag of text, or of a list, that was given without a value, or with
// an empty one in the list: an unset variable must not mean that the flag was left out. The flags of except
// may be empty.
func RefuseEmpty(cmd *cobra.Command, except ...string) (err error) {
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if err == nil && !slices.Contains(except, flag.Name) && empty(flag.Value) {
			err = fmt.Errorf("--%s is empty: leave it out, or say which", flag.Name)
		}
	})
	return err
}

func empty(v pflag.Value) bool {
	values := []string{v.String()}
	if list, ok := v.(pflag.SliceValue); ok {
		values = list.GetSlice()
	}
	blank := func(value string) bool { return strings.TrimSpace(value) == "" }
	return len(values) == 0 || slices.ContainsFunc(values, blank)
}
