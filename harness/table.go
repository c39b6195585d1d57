package harness

import (
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// defaultWidth is that of a report whose terminal is not known: a pipe, a file, a CI log.
const defaultWidth = 80

// grid is a table of a report.
type grid struct {
	header []string
	rows   [][]string
	right  []int // columns of numbers
	// spare are the columns that a narrow terminal goes without, the first to go first.
	spare []int
}

// WriteTable writes a table that fits the width of a terminal, 0 when that is not known.
func WriteTable(w io.Writer, width int, header []string, rows [][]string) error {
	return write(w, grid{header: header, rows: rows}.text(width))
}

// WriteMarkdownTable writes a table for a page; its cells are escaped.
func WriteMarkdownTable(w io.Writer, header []string, rows [][]string) error {
	return write(w, grid{header: header, rows: rows}.markdown())
}

// PlainMarkdown keeps text from being read as markup.
func PlainMarkdown(text string) string { return plainMarkdown(text) }

// columns are the natural widths, and the least ones: a column is not narrower than its longest
// word, unless that is a long one.
func (g grid) columns() (natural, least []int) {
	const longWord = 28
	natural, least = make([]int, len(g.header)), make([]int, len(g.header))
	for _, row := range slices.Concat([][]string{g.header}, g.rows) {
		for i, cell := range row {
			natural[i] = max(natural[i], utf8.RuneCountInString(printable(cell)))
			for _, word := range strings.Fields(printable(cell)) {
				least[i] = max(least[i], min(utf8.RuneCountInString(word), longWord))
			}
		}
	}
	return natural, least
}

// framed is the width of a table with its lines.
func framed(widths []int) int {
	const perColumn, end = 3, 1
	total := end
	for _, w := range widths {
		total += w + perColumn
	}
	return total
}

// without is the grid without a column.
func (g grid) without(column int) grid {
	cut := func(row []string) []string { return slices.Delete(slices.Clone(row), column, column+1) }
	rows := make([][]string, len(g.rows))
	for i, row := range g.rows {
		rows[i] = cut(row)
	}
	move := func(columns []int) (moved []int) {
		for _, c := range columns {
			if c < column {
				moved = append(moved, c)
			} else if c > column {
				moved = append(moved, c-1)
			}
		}
		return moved
	}
	return grid{header: cut(g.header), rows: rows, right: move(g.right), spare: move(g.spare)}
}

// text draws the table in ASCII: what does not fit goes without its spare columns, then wraps.
func (g grid) text(width int) string {
	if width <= 0 {
		width = defaultWidth
	}
	widths, least := g.columns()
	if framed(widths) > width && len(g.spare) > 0 {
		return g.without(g.spare[0]).text(width)
	}
	for framed(widths) > width {
		widest := -1
		for i := range widths {
			if widths[i] > least[i] && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break // a terminal this narrow wraps by itself
		}
		widths[widest]--
	}
	return g.rendered(func(column int, cell string) string {
		return strings.Join(wrap(printable(cell), widths[column]), "\n")
	}, tablewriter.WithRendition(tw.Rendition{Symbols: tw.NewSymbols(tw.StyleASCII)}))
}

// markdown writes the table for a page. The renderer escapes nothing: cells are escaped here.
func (g grid) markdown() string {
	return g.rendered(func(_ int, cell string) string { return plainMarkdown(printable(cell)) },
		tablewriter.WithRenderer(renderer.NewMarkdown()))
}

// rendered writes the table with its cells as clean makes them, which has wrapped them already.
func (g grid) rendered(clean func(column int, cell string) string, options ...tablewriter.Option) string {
	align := make(tw.Alignment, len(g.header))
	for i := range align {
		align[i] = tw.AlignLeft
		if slices.Contains(g.right, i) {
			align[i] = tw.AlignRight
		}
	}
	var out strings.Builder
	t := tablewriter.NewTable(&out, append(options,
		tablewriter.WithHeaderAutoFormat(tw.Off), tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithAlignment(align), tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone))...)
	cleaned := func(row []string) []string {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = clean(i, cell)
		}
		return cells
	}
	t.Header(cleaned(g.header))
	for _, row := range g.rows {
		_ = t.Append(cleaned(row)) // it fails only for what it cannot make a string of
	}
	_ = t.Render() // into memory
	return out.String()
}

// wrap cuts text into lines of at most that many characters, at blanks where there are any.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for {
			free := width - utf8.RuneCountInString(line)
			if line != "" {
				free--
			}
			if utf8.RuneCountInString(word) <= free {
				break
			}
			if line != "" {
				lines, line = append(lines, line), ""
				continue
			}
			runes := []rune(word)
			lines = append(lines, string(runes[:width]))
			word = string(runes[width:])
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// printable is one line of text that no terminal takes for a command: a subject says what it likes.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}
