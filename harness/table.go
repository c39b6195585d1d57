package harness

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
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
	var out strings.Builder
	rule := "+"
	for _, w := range widths {
		rule += strings.Repeat("-", w+2) + "+"
	}
	fmt.Fprintln(&out, rule)
	drawRow(&out, g.header, widths, g.right)
	fmt.Fprintln(&out, rule)
	for _, row := range g.rows {
		drawRow(&out, row, widths, g.right)
	}
	fmt.Fprintln(&out, rule)
	return out.String()
}

// drawRow draws a row in as many lines as its longest cell has.
func drawRow(out *strings.Builder, row []string, widths, right []int) {
	cells, lines := make([][]string, len(row)), 1
	for i, cell := range row {
		cells[i] = wrap(printable(cell), widths[i])
		lines = max(lines, len(cells[i]))
	}
	for n := range lines {
		for i, cell := range cells {
			text := ""
			if n < len(cell) {
				text = cell[n]
			}
			blank := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
			if slices.Contains(right, i) {
				text = blank + text
			} else {
				text += blank
			}
			fmt.Fprintf(out, "| %s ", text)
		}
		fmt.Fprintln(out, "|")
	}
}

// markdown writes the table for a page.
func (g grid) markdown() string {
	var out strings.Builder
	line := func(cells []string) { fmt.Fprintf(&out, "| %s |\n", strings.Join(cells, " | ")) }
	escaped := func(row []string) []string {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = plainMarkdown(strings.Join(strings.Fields(cell), " "))
		}
		return cells
	}
	line(escaped(g.header))
	rule := make([]string, len(g.header))
	for i := range rule {
		rule[i] = "---"
		if slices.Contains(g.right, i) {
			rule[i] = "---:"
		}
	}
	line(rule)
	for _, row := range g.rows {
		line(escaped(row))
	}
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
