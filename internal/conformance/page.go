package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"ibsoak/internal/wire"
	"ibsoak/internal/witness"
)

// columns are one version of each form that the API has had.
var columns = []wire.Version{178, 193, 200, 206, 213, 225}

// letters spell the witnesses in a cell.
var letters = map[witness.By]string{
	witness.Capture: "C", witness.IBAPI: "I", witness.Stoqey: "S",
	witness.Hand: "H", witness.Golden: "G",
}

const introduction = `# Which messages were checked, at which version, against what

` + "`go run ./internal/conformance > docs/conformance.md`" + ` runs the tests that check messages and makes
this page of what they saw.

| | checked against |
|---|---|
| C | the bytes of a real Gateway; the captures are not part of this repository |
| I | ` + "`github.com/scmhub/ibapi`" + ` 0.10.47: its frames were read, or it heard ours |
| S | ` + "`@stoqey/ib`" + ` 1.6.10: the same |
| H | bytes that were written down by a client's source, where no client at hand sends or reads the form |
| G | bytes that are kept in this repository, with every field of the message set |

The versions are one of each form that the API has had: text at 178, 193 and 200 (the last), mixed at 206,
protobuf at 213 and 225. **·** is a version that does not have the message. "also" are versions beside
these at which something foreign was read or heard.
`

func write(w io.Writer, seen map[string]checked) error {
	if _, err := io.WriteString(w, introduction); err != nil {
		return err
	}
	for _, d := range []wire.Direction{wire.FromClient, wire.FromServer} {
		title := "What clients send"
		if d == wire.FromServer {
			title = "What Gateways send"
		}
		if _, err := fmt.Fprintf(w, "\n## %s\n\n", title); err != nil {
			return err
		}
		if err := table(w, d, seen); err != nil {
			return err
		}
	}
	return nil
}

func table(w io.Writer, d wire.Direction, seen map[string]checked) error {
	left := make(tw.Alignment, len(columns)+3)
	for i := range left {
		left[i] = tw.AlignLeft
	}
	t := tablewriter.NewTable(w, tablewriter.WithRenderer(renderer.NewMarkdown()),
		tablewriter.WithHeaderAutoFormat(tw.Off), tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithAlignment(left), tablewriter.WithRowAutoWrap(tw.WrapNone))
	header := []string{"id", "message"}
	for _, v := range columns {
		header = append(header, fmt.Sprint(v))
	}
	t.Header(append(header, "also"))
	for _, k := range wire.Kinds() {
		if k.Direction() != d {
			continue
		}
		row := []string{fmt.Sprint(k.ID()), k.String()}
		for _, v := range columns {
			cell := spell(seen[k.String()][int(v)])
			if v < wire.Since(k) {
				cell = "·"
			}
			row = append(row, cell)
		}
		if err := t.Append(append(row, elsewhere(seen[k.String()]))); err != nil {
			return err
		}
	}
	return t.Render()
}

// spell writes witnesses as letters, the most foreign first.
func spell(by []witness.By) string {
	var s strings.Builder
	for _, w := range witness.All() {
		if slices.Contains(by, w) {
			s.WriteString(letters[w])
		}
	}
	return s.String()
}

// elsewhere lists what the columns do not show.
func elsewhere(seen checked) string {
	var parts []string
	for _, by := range witness.All() {
		var versions []int
		for v, who := range seen {
			if slices.Contains(who, by) && !slices.Contains(columns, wire.Version(v)) {
				versions = append(versions, v)
			}
		}
		if len(versions) > 0 {
			slices.Sort(versions)
			parts = append(parts, letters[by]+" "+ranges(versions))
		}
	}
	return strings.Join(parts, ", ")
}

// ranges writes sorted numbers as "157–177, 187".
func ranges(sorted []int) string {
	var parts []string
	for i := 0; i < len(sorted); {
		j := i
		for j+1 < len(sorted) && sorted[j+1] == sorted[j]+1 {
			j++
		}
		if i == j {
			parts = append(parts, fmt.Sprint(sorted[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d–%d", sorted[i], sorted[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, " ")
}
