// Command pictures makes the pictures of reports in docs/pictures: it runs the scenarios, or takes the
// records that are in a directory already, and photographs their pages.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"ibsoak/harness"
	"ibsoak/harness/report"
	"ibsoak/internal/browser"
)

// shown are the runs whose pages are in docs/.
var shown = []struct {
	name string
	args []string
}{
	{"consecutive-10-leaky", []string{"--scenario", "consecutive-10-leaky", "--mutant", "naive"}},
	{"restart-recovery", []string{"--scenario", "restart-recovery"}},
	{"consecutive-300", []string{"--scenario", "consecutive-300"}},
}

// looks are the widths of a desk, a tablet and a telephone.
var looks = map[string]browser.Look{
	"1280": {Width: 1280}, "820": {Width: 820}, "500": {Width: 500}, "dark": {Width: 1280, Dark: true},
}

func main() {
	soak := flag.String("soak", "go run ./cmd/soak", "command of soak")
	runs := flag.String("runs", filepath.Join("runs", "pictures"),
		"`DIR` of the records; those that are there are not made again")
	out := flag.String("out", filepath.Join("docs", "pictures"), "`DIR` of the pictures")
	only := flag.String("looks", "1280", "which of 1280, 820, 500 and dark, with commas")
	tall := flag.Int("height", 3000, "height of a picture at most, in pixels; 0: the whole page")
	flag.Parse()
	if err := run(os.Stdout, *soak, *runs, *out, strings.Split(*only, ","), *tall); err != nil {
		fmt.Fprintf(os.Stderr, "pictures: %v\n", err)
		os.Exit(1)
	}
}

func run(w io.Writer, soak, runs, out string, only []string, tall int) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, s := range shown {
		dir := filepath.Join(runs, s.name)
		if err := record(soak, dir, s.args); err != nil {
			return err
		}
		for _, name := range only {
			look, known := looks[name]
			if !known {
				return fmt.Errorf("-looks %q: want 1280, 820, 500 or dark", name)
			}
			look.Height = tall
			to := filepath.Join(out, s.name+"-"+name+".png")
			if err := look.Photograph(context.Background(), filepath.Join(dir, report.File), to); err != nil {
				return err
			}
			if _, err := fmt.Fprintln(w, to); err != nil {
				return err
			}
		}
	}
	return nil
}

// record makes the run unless it is there, and draws its page by this program in any case. That a run
// fails is what is to be seen.
func record(soak, dir string, args []string) error {
	if _, err := os.Stat(filepath.Join(dir, harness.RecordFile)); err != nil {
		words := append(strings.Fields(soak), append([]string{"run", "--out", dir}, args...)...)
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Stderr = os.Stderr
		err := cmd.Run()
		if _, there := os.Stat(filepath.Join(dir, harness.RecordFile)); there != nil {
			return fmt.Errorf("run %s: %w: there is no record", strings.Join(words, " "), err)
		}
	}
	r, err := harness.LoadRun(dir)
	if err != nil {
		return err
	}
	r.Header.Command[0] = "soak" // the subject is a part of it: where this machine has it says nothing
	return report.Write(dir, r, harness.Judge(r))
}
