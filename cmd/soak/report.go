package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"ibsoak/harness"
	"ibsoak/harness/report"
)

func newReport() *cobra.Command {
	var open bool
	cmd := &cobra.Command{
		Use:   "report DIR",
		Short: "Draw the page of a saved record again",
		Long: `report judges the record in DIR and draws it as report.html beside it: one page without
scripts that needs no network. soak run draws it with every record; this one draws it again, with the
checks and pictures of this program, and prints where it is. docs/report.md says what each picture shows.

    soak report runs/consecutive-10/20260302T153000.000Z-1 --open`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			record, err := harness.LoadRun(args[0])
			if err != nil {
				return harnessError(err)
			}
			if err := report.Write(args[0], record, harness.Judge(record)); err != nil {
				return harnessError(err)
			}
			page := filepath.Join(args[0], report.File)
			fmt.Fprintln(cmd.OutOrStdout(), page)
			if open {
				openPage(cmd.Context(), cmd.ErrOrStderr(), page)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&open, "open", false, "open the page in this desktop's browser")
	return cmd
}

// openers are the commands that open a file with the program that the desktop has for it.
var openers = map[string][]string{
	"linux": {"xdg-open"}, "darwin": {"open"}, "windows": {"rundll32", "url.dll,FileProtocolHandler"},
}

// openPage opens a page. That it cannot is no error of the run: the page is there.
func openPage(ctx context.Context, stderr io.Writer, page string) {
	command := openers[runtime.GOOS]
	if len(command) == 0 {
		command = openers["linux"]
	}
	path, err := filepath.Abs(page)
	if err == nil {
		err = exec.CommandContext(ctx, command[0], append(command[1:], path)...).Run()
	}
	if err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			err = fmt.Errorf("there is no %s here", command[0])
		}
		fmt.Fprintf(stderr, "soak: could not open the page: %v; it is in %s\n", err, page)
	}
}
