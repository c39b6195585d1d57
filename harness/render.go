package harness

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// maxCell is the width at which a cell of a terminal's table wraps.
const maxCell = 64

// WriteText writes the report for a terminal. dir is where the record is; "" leaves it out.
func WriteText(w io.Writer, v Verdict, dir string) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s: %s\n\n", strings.ToUpper(string(v.Outcome)), v.Scenario, v.Sentence)
	for _, line := range conditions(v) {
		fmt.Fprintln(&text, line)
	}
	for _, b := range report(v) {
		fmt.Fprintf(&text, "\n%s\n", b.heading)
		if err := b.table(&text, false); err != nil {
			return err
		}
		for _, note := range b.notes {
			fmt.Fprintln(&text, note)
		}
	}
	if dir != "" {
		fmt.Fprintf(&text, "\nThe record is in %s; judge it again with: soak judge %s\n", dir, dir)
	}
	return write(w, text.String())
}

// WriteMarkdown writes the report as Markdown, for files and for GitHub's job summary.
func WriteMarkdown(w io.Writer, v Verdict, dir string) error {
	var text strings.Builder
	fmt.Fprintf(&text, "# %s %s\n\n**%s**\n\n",
		strings.ToUpper(string(v.Outcome)), v.Scenario, plainMarkdown(v.Sentence))
	for _, line := range conditions(v) {
		fmt.Fprintf(&text, "- %s\n", plainMarkdown(line))
	}
	for _, b := range report(v) {
		fmt.Fprintf(&text, "\n## %s\n\n", b.heading)
		if err := b.table(&text, true); err != nil {
			return err
		}
		for _, note := range b.notes {
			fmt.Fprintf(&text, "\n%s\n", plainMarkdown(note))
		}
	}
	if dir != "" {
		fmt.Fprintf(&text, "\nThe record is in `%s`; judge it again with `soak judge %s`.\n", dir, dir)
	}
	return write(w, text.String())
}

// WriteJSON writes the verdict as JSON.
func WriteJSON(w io.Writer, v Verdict) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write verdict: %w", err)
	}
	return write(w, string(data)+"\n")
}

func write(w io.Writer, text string) error {
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// plainMarkdown keeps text from being read as markup.
func plainMarkdown(s string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "<", "&lt;", "`", "\\`").Replace(s)
}

// table renders the block's rows. The Markdown renderer escapes nothing: cells are escaped here.
func (b block) table(w io.Writer, markdown bool) error {
	align := make(tw.Alignment, len(b.header))
	for i := range align {
		align[i] = tw.AlignLeft
	}
	for _, i := range b.right {
		align[i] = tw.AlignRight
	}
	options := []tablewriter.Option{
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithAlignment(align),
	}
	clean := func(cell string) string { return strings.Join(strings.Fields(cell), " ") }
	if markdown {
		options = append(options, tablewriter.WithRenderer(renderer.NewMarkdown()),
			tablewriter.WithRowAutoWrap(tw.WrapNone))
		fields := clean
		clean = func(cell string) string { return plainMarkdown(fields(cell)) }
	} else {
		options = append(options, tablewriter.WithRendition(tw.Rendition{Symbols: tw.NewSymbols(tw.StyleASCII)}),
			tablewriter.WithRowAutoWrap(tw.WrapNormal), tablewriter.WithRowMaxWidth(maxCell))
	}
	t := tablewriter.NewTable(w, options...)
	t.Header(b.header)
	for _, row := range b.rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = clean(cell)
		}
		if err := t.Append(cells); err != nil {
			return fmt.Errorf("write table %q: %w", b.heading, err)
		}
	}
	if err := t.Render(); err != nil {
		return fmt.Errorf("write table %q: %w", b.heading, err)
	}
	return nil
}

// Publish writes the verdict and its reports beside the record in dir.
func Publish(dir string, v Verdict) error {
	files := map[string]func(io.Writer) error{
		VerdictFile: func(w io.Writer) error { return WriteJSON(w, v) },
		ReportFile:  func(w io.Writer) error { return WriteMarkdown(w, v, dir) },
		JUnitFile:   func(w io.Writer) error { return WriteJUnit(w, v) },
	}
	var errs []error
	for name, content := range files {
		errs = append(errs, writeFile(filepath.Join(dir, name), content))
	}
	return errors.Join(errs...)
}

// AppendSummary appends the Markdown report to the file that GitHub shows as a job's summary,
// whose path is in GITHUB_STEP_SUMMARY.
func AppendSummary(path string, v Verdict, dir string) (err error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("append job summary: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return WriteMarkdown(f, v, dir)
}
