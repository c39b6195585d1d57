package fault

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"ibsoak/internal/strictyaml"
)

const (
	// maxBlockDepth bounds blocks that use blocks, and maxFaults what a schedule comes to.
	maxBlockDepth = 8
	maxFaults     = 10_000
)

//go:embed library.yaml
var libraryText []byte

// blockDoc is a named building block: faults with parameters. A value "$name" in it stands for a
// parameter, whose default is in With; null there is a parameter that must be given.
type blockDoc struct {
	Why    string          `yaml:"why,omitempty"`
	With   map[string]node `yaml:"with,omitempty"`
	Faults []node          `yaml:"faults"`
}

// useDoc is the use of a block in place of a fault. The block's own Where gives way to this one.
type useDoc struct {
	Use   string          `yaml:"use"`
	ID    string          `yaml:"id,omitempty"`
	With  map[string]node `yaml:"with,omitempty"`
	Where *Where          `yaml:"where,omitempty"`
}

// Block is a building block that ships with this package, for a list of them.
type Block struct {
	Name, Why  string
	Parameters []string // sorted
}

// Blocks lists the library, sorted by name.
func Blocks() []Block {
	all := library()
	var list []Block
	for _, name := range slices.Sorted(maps.Keys(all)) {
		b := all[name]
		list = append(list, Block{name, b.Why, slices.Sorted(maps.Keys(b.With))})
	}
	return list
}

var library = sync.OnceValue(func() map[string]blockDoc {
	var d document
	if _, err := readDocument("library.yaml", libraryText, &d); err != nil {
		panic("fault: " + err.Error()) // a test reads it
	}
	return d.Blocks
})

// origin is where a fault comes from: the path of its entry, and the block, "" for none.
type origin struct{ path, block string }

// expander turns entries into faults.
type expander struct {
	name    string
	blocks  map[string]blockDoc // of the file; the library's stand behind them
	faults  []Fault
	origins []origin // of faults
}

// add appends the faults of an entry. using are the blocks around it, the outermost first.
func (x *expander) add(entry ast.Node, path string, using []string) error {
	if isUse(entry) {
		return x.use(entry, path, using)
	}
	if len(x.faults) >= maxFaults {
		return fmt.Errorf("%s: more than %d faults", x.name, maxFaults)
	}
	var f Fault
	if err := strictyaml.NodeToValue(context.Background(), entry, &f); err != nil {
		return strictyaml.Located(x.name, err, &f)
	}
	if err := x.saysSomething(entry, f); err != nil {
		return err
	}
	from := origin{path: path}
	if len(using) > 0 {
		from.block = using[len(using)-1]
	}
	x.faults, x.origins = append(x.faults, f), append(x.origins, from)
	return nil
}

func isUse(entry ast.Node) bool {
	return under(entry, "use") != nil
}

// use appends the faults of a block.
func (x *expander) use(entry ast.Node, path string, using []string) error {
	var u useDoc
	if err := strictyaml.NodeToValue(context.Background(), entry, &u); err != nil {
		return strictyaml.Located(x.name, err, &u)
	}
	fail := func(format string, args ...any) error {
		return x.at(entry, fmt.Errorf(format, args...))
	}
	b, known := x.blocks[u.Use]
	if !known {
		b, known = library()[u.Use]
	}
	switch {
	case !known:
		return fail("%q is no block: want one of %s", u.Use, strings.Join(x.names(), ", "))
	case len(using) >= maxBlockDepth:
		return fail("blocks use each other: %s", strings.Join(append(using, u.Use), " -> "))
	}
	with := maps.Clone(b.With)
	for name, value := range u.With {
		if _, known := b.With[name]; !known {
			return fail("%q is no parameter of %s: want %s", name, u.Use,
				orNothing(slices.Sorted(maps.Keys(b.With))))
		}
		with[name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(with)) {
		if with[name].Node == nil || with[name].Type() == ast.NullType {
			return fail("%s needs a value for %s", u.Use, name)
		}
	}
	first := len(x.faults)
	for _, n := range b.Faults {
		filled, err := rewrite(n.Node, parameters(with))
		if err != nil {
			return strictyaml.Located(x.name, err, &u)
		}
		if err := x.add(filled, path, append(slices.Clip(using), u.Use)); err != nil {
			return err
		}
	}
	x.label(u, x.faults[first:])
	return nil
}

// label gives the faults of a use their names: the use's id, or the block's name, alone when there
// is one fault, and with the fault's own id or number when there are more.
func (x *expander) label(u useDoc, faults []Fault) {
	stem := u.ID
	if stem == "" {
		stem = u.Use
	}
	for i := range faults {
		f := &faults[i]
		switch {
		case len(faults) == 1:
			f.ID = stem
		case f.ID == "":
			f.ID = fmt.Sprintf("%s.%d", stem, i+1)
		default:
			f.ID = stem + "." + f.ID
		}
		if u.Where != nil {
			f.Where = *u.Where
		}
	}
}

// names lists the blocks that can be used.
func (x *expander) names() []string {
	all := maps.Clone(library())
	maps.Copy(all, x.blocks)
	return slices.Sorted(maps.Keys(all))
}

func (x *expander) at(n ast.Node, err error) error {
	at := n.GetToken().Position
	if m, ok := n.(ast.MapNode); ok {
		if it := m.MapRange(); it.Next() {
			at = it.Key().GetToken().Position
		}
	}
	return fmt.Errorf("%s:%d:%d: %w", x.name, at.Line, at.Column, err)
}

// parameters is a change that puts values in the place of "$name".
func parameters(with map[string]node) change {
	return func(n ast.Node) (ast.Node, error) {
		text, ok := n.(*ast.StringNode)
		if !ok || !strings.HasPrefix(text.Value, "$") {
			return n, nil
		}
		value, known := with[text.Value[1:]]
		if !known {
			return nil, &yaml.SyntaxError{Token: text.GetToken(), Message: fmt.Sprintf(
				"%q is no parameter: want %s", text.Value,
				orNothing(slices.Sorted(maps.Keys(with))))}
		}
		return value.Node, nil
	}
}

// change gives what stands in the place of a node, which may be the node itself.
type change func(ast.Node) (ast.Node, error)

// rewrite is a copy of a tree in which every node went through to, those above first.
func rewrite(n ast.Node, to change) (ast.Node, error) {
	n, err := to(n)
	if err != nil {
		return nil, err
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		m := *n
		m.Values = make([]*ast.MappingValueNode, len(n.Values))
		for i, v := range n.Values {
			pair := *v
			if pair.Value, err = rewrite(v.Value, to); err != nil {
				return nil, err
			}
			m.Values[i] = &pair
		}
		return &m, nil
	case *ast.MappingValueNode:
		pair := *n
		pair.Value, err = rewrite(n.Value, to)
		return &pair, err
	case *ast.SequenceNode:
		list := *n
		list.Values = make([]ast.Node, len(n.Values))
		for i, v := range n.Values {
			if list.Values[i], err = rewrite(v, to); err != nil {
				return nil, err
			}
		}
		return &list, nil
	default:
		return n, nil
	}
}

// maxAliases bounds what a file's aliases come to.
const maxAliases = 1000

// withoutAliases puts what an alias refers to in its place.
func withoutAliases(root ast.Node) (ast.Node, error) {
	anchors := make(map[string]ast.Node)
	used := 0
	return rewrite(root, func(n ast.Node) (ast.Node, error) {
		if a, ok := n.(*ast.AnchorNode); ok {
			anchors[a.Name.GetToken().Value] = a.Value
			return a.Value, nil
		}
		a, ok := n.(*ast.AliasNode)
		if !ok {
			return n, nil
		}
		used++
		target := anchors[a.Value.GetToken().Value]
		switch {
		case target == nil:
			return nil, &yaml.SyntaxError{Token: a.GetToken(), Message: "alias of no anchor above it"}
		case used > maxAliases:
			return nil, errors.New("too many aliases")
		}
		return target, nil
	})
}
