package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"ibsoak/fakegateway/recording/captures"
)

const capturesUsage = `captures plays the client's lines of published transcripts to the fake, and compares its answers
with those of the transcripts' Gateways: the same messages in the same order, with the same fields
apart from ids, times and prices.

DIR is searched for .txt and .yaml files. The exit code is 0 when every file was compared, however
it compares; with --strict it is 1 unless all match.`

// capturesCommand holds the fake against real Gateways.
func capturesCommand() *cobra.Command {
	var strict bool
	c := &cobra.Command{
		Use:     "captures DIR",
		Short:   "Compare the fake with captures of real Gateways",
		Long:    capturesUsage,
		Example: "  fakegateway captures ../shared/captures",
		Args:    oneArgument("captures", "DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			files, err := captures.Files(args[0])
			if err != nil {
				return usageError{err}
			}
			var results []captures.Result
			matched := 0
			for _, file := range files {
				capture, err := captures.Read(args[0], file)
				if err != nil {
					return usageError{err}
				}
				r := captures.Reproduce(c.Context(), capture)
				if r.Verdict == captures.Matched {
					matched++
				}
				results = append(results, r)
			}
			err = captures.Write(c.OutOrStdout(), results)
			if strict && matched < len(results) {
				err = errors.Join(err, fmt.Errorf("%d of %d captures do not match",
					len(results)-matched, len(results)))
			}
			return err
		},
	}
	c.Flags().BoolVar(&strict, "strict", false, "fail unless every capture matches")
	return c
}

// oneArgument wants exactly one.
func oneArgument(command, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usageError{fmt.Errorf("%s wants one %s, got %d", command, what, len(args))}
		}
		return nil
	}
}
