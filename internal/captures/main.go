// Command captures compares the fake Gateway with what real ones said. It plays the client's part of
// published transcripts to a fake that is set up as each transcript implies, and compares the
// answers message by message:
//
//	go run ./internal/captures --strict ../shared/captures
//
// The transcripts are not part of this repository, so this is a tool for maintainers and no part of
// the programs. Two conversations of the same kind are never the same to the byte. What may differ
// is named: ids, times and prices always, and a short list of Tolerances, each with its reason. A
// file that needed one says so in its Result.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

const usage = `captures plays the client's lines of published transcripts to the fake, and compares its answers
with those of the transcripts' Gateways: the same messages in the same order, with the same fields
apart from ids, times and prices.

  captures [--strict] DIR

DIR is searched for .txt and .yaml files. The exit code is 0 when every file was compared, whatever
the result; with --strict it is 1 unless all match.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "captures:", err)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("captures", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	strict := flags.Bool("strict", false, "fail unless every capture matches")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return fmt.Errorf("want one DIR, got %d", flags.NArg())
	}
	dir := flags.Arg(0)
	files, err := Files(dir)
	if err != nil {
		return err
	}
	var results []Result
	matched := 0
	for _, file := range files {
		capture, err := Read(dir, file)
		if err != nil {
			return err
		}
		r := Reproduce(ctx, capture)
		if r.Verdict == Matched {
			matched++
		}
		results = append(results, r)
	}
	err = Write(stdout, results)
	if *strict && matched < len(results) {
		err = errors.Join(err, fmt.Errorf("%d of %d captures do not match", len(results)-matched, len(results)))
	}
	return err
}
