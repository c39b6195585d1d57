// Package manual writes the manual pages of a program from what its --help says. It knows no program.
package manual

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// Command is "man DIR", which writes a page in troff for the program and one for each of its commands.
// It is hidden: packagers want it, users have --help.
func Command() *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write the manual pages into a directory", Args: cobra.ExactArgs(1), Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("manual pages: %w", err)
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true // pages of one source are the same bytes, with SOURCE_DATE_EPOCH
			return doc.GenManTree(root, &doc.GenManHeader{Source: "ibsoak", Manual: "ibsoak"}, args[0])
		},
	}
}
