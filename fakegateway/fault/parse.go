package fault

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"ibsoak/internal/strictyaml"
)

// MaxFileBytes bounds a schedule's text.
const MaxFileBytes = strictyaml.MaxFileBytes

// document is a schedule as it is written: with blocks and their uses, where Schedule has faults.
type document struct {
	Hook   string              `yaml:"hook,omitempty"`
	Blocks map[string]blockDoc `yaml:"blocks,omitempty"`
	Faults []node              `yaml:"faults"`
}

// node is a part of the text that is decoded later.
type node struct{ ast.Node }

// UnmarshalYAML keeps the text.
func (n *node) UnmarshalYAML(text ast.Node) error {
	n.Node = text
	return nil
}

// Parse reads a schedule in YAML or JSON (which is YAML too). It is strict: a key that does not
// exist, a parameter that an action does not use and a value out of range are errors, each with
// the line and column in the file called name, and with what is allowed there. What the schedule
// uses of named blocks is in the result as faults. A hook's path is relative to the file.
func Parse(name string, data []byte) (Schedule, error) {
	var d document
	root, err := readDocument(name, data, &d)
	if err != nil {
		return Schedule{}, err
	}
	s := Schedule{Hook: d.Hook}
	if s.Hook != "" && !filepath.IsAbs(s.Hook) {
		s.Hook = filepath.Join(filepath.Dir(name), s.Hook)
	}
	x := expander{name: name, blocks: d.Blocks}
	for i, n := range d.Faults {
		if err := x.add(n.Node, fmt.Sprintf(".faults[%d]", i), nil); err != nil {
			return Schedule{}, err
		}
	}
	s.Faults = x.faults
	if err := s.Validate(); err != nil {
		return Schedule{}, x.located(root, err)
	}
	return s, nil
}

// UnmarshalYAML reads the list inside another document, as strictly as Parse.
func (l *Faults) UnmarshalYAML(ctx context.Context, text ast.Node) error {
	if _, none := text.(*ast.NullNode); none {
		return nil
	}
	list, ok := text.(*ast.SequenceNode)
	if !ok {
		return &yaml.SyntaxError{Message: "want a list of faults", Token: text.GetToken()}
	}
	x := expander{name: strictyaml.FileName(ctx)}
	for i, entry := range list.Values {
		entry, err := withoutAliases(entry)
		if err == nil {
			err = x.add(entry, fmt.Sprintf("[%d]", i), nil)
		}
		if err != nil {
			return &strictyaml.Placed{Err: err}
		}
	}
	if err := (Schedule{Faults: x.faults}).Validate(); err != nil {
		return &strictyaml.Placed{Err: x.located(list, err)}
	}
	*l = x.faults
	return nil
}

// readDocument decodes the one document of a file, strictly, into v. Anchors are resolved. root is
// nil for an empty file.
func readDocument(name string, data []byte, v any) (root ast.Node, err error) {
	root, err = strictyaml.Document(name, data)
	if err != nil || root == nil {
		return nil, err
	}
	if root, err = withoutAliases(root); err == nil {
		err = strictyaml.NodeToValue(context.Background(), root, v)
	}
	if err != nil {
		return nil, strictyaml.Located(name, err, v)
	}
	return root, nil
}

// saysSomething refuses a value that counts as not given, like "times: 0": who writes it wants something.
func (x *expander) saysSomething(entry ast.Node, f Fault) error {
	kept, err := yaml.ValueToNode(f)
	if err != nil {
		return fmt.Errorf("%s: %w", x.name, err)
	}
	if pair := unsaid(entry, kept); pair != nil {
		return x.at(pair.Value, fmt.Errorf("%s: %s says nothing: leave it out, or give it a value",
			pair.Key.GetToken().Value, pair.Value))
	}
	return nil
}

// zeroesSpeak are the keys below which 0, "" and false are values like any other.
var zeroesSpeak = []string{"id", "why", "of", "set", "downtime", "trade"}

// unsaid finds the first value of a mapping that is gone when what was read from it is written again.
func unsaid(given, kept ast.Node) *ast.MappingValueNode {
	pairs, ok := given.(ast.MapNode)
	if !ok {
		return nil
	}
	for it := pairs.MapRange(); it.Next(); {
		key := it.Key().GetToken().Value
		if slices.Contains(zeroesSpeak, key) {
			continue
		}
		rest := under(kept, key)
		if _, scalar := it.Value().(ast.ScalarNode); scalar && rest == nil {
			return it.KeyValue()
		}
		if found := unsaid(it.Value(), rest); found != nil {
			return found
		}
	}
	return nil
}

// under is what a mapping has under a key; nil for nothing.
func under(n ast.Node, key string) ast.Node {
	if pairs, ok := n.(ast.MapNode); ok {
		for it := pairs.MapRange(); it.Next(); {
			if it.Key().GetToken().Value == key {
				return it.Value()
			}
		}
	}
	return nil
}

// located gives every problem of a schedule its line and column.
func (x *expander) located(root ast.Node, err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return fmt.Errorf("%s: %w", x.name, err)
	}
	var lines []error
	for _, one := range joined.Unwrap() {
		var p *Problem
		if errors.As(one, &p) {
			from := x.origins[p.Fault]
			at := place(x.name, root, from.path, p.Path)
			if from.block != "" {
				at = place(x.name, root, from.path, "use")
				one = fmt.Errorf("block %s: %s: %s", from.block, p.Path, p.Text)
			}
			one = fmt.Errorf("%s: %w", at, one)
		}
		lines = append(lines, one)
	}
	return errors.Join(lines...)
}

// place finds the value at a path below an entry, or the nearest thing around it.
func place(name string, root ast.Node, entry, path string) string {
	for path = "$" + entry + "." + path; path != "$"; {
		if found, err := yaml.PathString(path); err == nil {
			if n, err := found.FilterNode(root); err == nil && n != nil {
				at := n.GetToken().Position
				return fmt.Sprintf("%s:%d:%d", name, at.Line, at.Column)
			}
		}
		path = path[:strings.LastIndexAny(path, ".[")]
	}
	return name
}
