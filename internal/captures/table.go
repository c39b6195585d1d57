package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"
)

// maxCell is how wide a cell of the table may get.
const maxCell = 70

// Write prints the results as a table, and below it what was tolerated and why.
func Write(w io.Writer, results []Result) error {
	t := tablewriter.NewTable(w,
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithAlignment(tw.Alignment{
			tw.AlignLeft, tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignLeft, tw.AlignLeft,
		}),
		tablewriter.WithRendition(tw.Rendition{Symbols: tw.NewSymbols(tw.StyleASCII)}),
		tablewriter.WithRowAutoWrap(tw.WrapNormal), tablewriter.WithRowMaxWidth(maxCell))
	t.Header([]string{"capture", "source", "requests", "messages", "result", "why"})
	for _, r := range results {
		row := []string{
			r.File, r.source(), strconv.Itoa(r.Requests), strconv.Itoa(r.Messages),
			string(r.Verdict), r.why(),
		}
		if err := t.Append(row); err != nil {
			return fmt.Errorf("write table: %w", err)
		}
	}
	if err := t.Render(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	_, err := io.WriteString(w, legend(results))
	return err
}

func (r Result) source() string {
	if r.Live {
		return "live"
	}
	return "publisher's reading"
}

func (r Result) why() string {
	parts := slices.Clone(r.Findings)
	if len(r.Tolerated) > 0 {
		parts = append(parts, "tolerated: "+strings.Join(r.Tolerated, ", "))
	}
	if len(r.Notes) > 0 {
		parts = append(parts, "set up: "+strings.Join(r.Notes, "; "))
	}
	return strings.Join(parts, "\n")
}

// legend sums up, and says what each tolerance that was used stands for.
func legend(results []Result) string {
	count := make(map[string]int)
	used := make(map[string]int)
	for _, r := range results {
		count[r.source()+" "+string(r.Verdict)]++
		for _, name := range r.Tolerated {
			used[name]++
		}
	}
	var text strings.Builder
	for _, live := range []bool{true, false} {
		source := Result{Live: live}.source()
		fmt.Fprintf(&text, "%s: %d matched, %d differing, %d not comparable\n", source,
			count[source+" "+string(Matched)], count[source+" "+string(Differing)],
			count[source+" "+string(NotComparable)])
	}
	text.WriteString("ids, times and prices are not compared; tolerated, where it is said:\n")
	for _, t := range Tolerances {
		if used[t.Name] > 0 {
			fmt.Fprintf(&text, "  %s (%d): %s\n", t.Name, used[t.Name], t.Why)
		}
	}
	return text.String()
}
