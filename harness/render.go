package harness

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// WriteMarkdown writes the report as Markdown, for files and for GitHub's job summary.
func WriteMarkdown(w io.Writer, v Verdict, dir string) error {
	var text strings.Builder
	fmt.Fprintf(&text, "# %s %s\n\n**%s**\n\n",
		strings.ToUpper(string(v.Outcome)), v.Scenario, plainMarkdown(v.Sentence))
	for _, line := range conditions(v) {
		fmt.Fprintf(&text, "- %s\n", plainMarkdown(line))
	}
	for _, b := range pageReport(v) {
		fmt.Fprintf(&text, "\n## %s\n\n", b.heading)
		text.WriteString(b.markdown())
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
