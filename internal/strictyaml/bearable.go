package strictyaml

import (
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/token"
)

// The parser's time and memory grow with the square of these, so a text is measured before it is parsed.
const (
	maxDepth    = 50   // values inside each other
	maxKeys     = 1000 // of one block mapping
	maxKeyBytes = 256  // of one key, which the path of every value under it has
)

// bearable says what in a text is too much for the parser.
func bearable(tokens token.Tokens) error {
	// One level is open for each column at which a key or a dash of a block stands, and for each bracket.
	type level struct{ column, keys int }
	var blocks []level
	brackets := 0
	for _, t := range tokens {
		column := 0 // of what opens or continues a level
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			brackets++
		case token.MappingEndType, token.SequenceEndType:
			brackets = max(brackets-1, 0)
		case token.SequenceEntryType, token.MappingKeyType:
			column = t.Position.Column
		case token.DocumentHeaderType, token.DocumentEndType:
			blocks, brackets = nil, 0
		default:
			if isKey(t) {
				column = t.Position.Column
			}
		}
		if isKey(t) && len(t.Value) > maxKeyBytes {
			return tooMuch(t, "a key of %d bytes: want at most %d", len(t.Value), maxKeyBytes)
		}
		if column > 0 && brackets == 0 {
			for len(blocks) > 0 && blocks[len(blocks)-1].column > column {
				blocks = blocks[:len(blocks)-1]
			}
			if len(blocks) == 0 || blocks[len(blocks)-1].column < column {
				blocks = append(blocks, level{column: column})
			}
			last := &blocks[len(blocks)-1]
			if t.Type != token.SequenceEntryType {
				last.keys++
			}
			if last.keys > maxKeys {
				return tooMuch(t, "more than %d keys in one place", maxKeys)
			}
		}
		if len(blocks)+brackets > maxDepth {
			return tooMuch(t, "nested deeper than %d levels", maxDepth)
		}
	}
	return nil
}

func tooMuch(t *token.Token, format string, args ...any) error {
	return &yaml.SyntaxError{Message: fmt.Sprintf(format, args...), Token: t}
}
