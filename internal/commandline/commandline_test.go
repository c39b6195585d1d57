package commandline_test

import (
	"testing"

	"github.com/spf13/cobra"

	"ibsoak/internal/commandline"
)

func TestRefuseEmpty(t *testing.T) {
	for _, c := range []struct {
		arguments []string
		want      string
	}{
		{nil, ""},
		{[]string{"--word", "a", "--list", "a,b", "--each", "a,", "--on", "--number", "0", "--may", ""}, ""},
		{[]string{"--word", ""}, "--word is empty: leave it out, or say which"},
		{[]string{"--word= "}, "--word is empty: leave it out, or say which"},
		{[]string{"--list", ""}, "--list is empty: leave it out, or say which"},
		{[]string{"--list", "a,,b"}, "--list is empty: leave it out, or say which"},
		{[]string{"--each", "a", "--each", ""}, "--each is empty: leave it out, or say which"},
	} {
		cmd := &cobra.Command{
			Use: "tool", SilenceErrors: true, SilenceUsage: true,
			RunE: func(cmd *cobra.Command, _ []string) error { return commandline.RefuseEmpty(cmd, "may") },
		}
		cmd.Flags().String("word", "preset", "")
		cmd.Flags().String("may", "preset", "")
		cmd.Flags().StringSlice("list", nil, "")
		cmd.Flags().StringArray("each", nil, "")
		cmd.Flags().Bool("on", false, "")
		cmd.Flags().Int("number", 1, "")
		cmd.SetArgs(append([]string{}, c.arguments...))
		got := ""
		if err := cmd.Execute(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.arguments, got, c.want)
		}
	}
}
