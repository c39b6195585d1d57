package fault

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"ibsoak/internal/strictyaml"
)

// maxTries bounds one entry of a generator.
const maxTries = 10_000

// generatorDoc is a schedule with chances in it. They are resolved before a run, by Generate: a
// schedule itself has none.
type generatorDoc struct {
	Hook     string              `yaml:"hook,omitempty"`
	Blocks   map[string]blockDoc `yaml:"blocks,omitempty"`
	Generate []chanceDoc         `yaml:"generate"`
}

// chanceDoc is an entry that may come to be, several times.
type chanceDoc struct {
	// Chance is the probability of each try, 0..1. Not given: 1.
	Chance *float64 `yaml:"chance,omitempty"`
	// Times is the number of tries. 0: 1.
	Times int `yaml:"times,omitempty"`
	// Fault is a fault or the use of a block. Any value in it may be {between: [low, high]}, two
	// whole numbers, numbers or times, or {oneOf: [a, b, …]}.
	Fault node `yaml:"fault"`
}

// Generate resolves a generator with a seed into a concrete schedule, which can be printed and played
// again: the same text and seed give the same schedule.
func Generate(name string, data []byte, seed uint64) (Schedule, error) {
	var d generatorDoc
	root, err := readDocument(name, data, &d)
	if err != nil {
		return Schedule{}, err
	}
	draw := rand.New(rand.NewPCG(seed, 0))
	x := expander{name: name, blocks: d.Blocks}
	for i, c := range d.Generate {
		path := fmt.Sprintf(".generate[%d].fault", i)
		if err := x.draw(c, path, draw); err != nil {
			return Schedule{}, err
		}
	}
	for i := range x.faults { // ids must differ, however often an entry came to be
		f := &x.faults[i]
		if f.ID == "" {
			f.ID = "g"
		}
		f.ID = fmt.Sprintf("%s-%d", f.ID, i+1)
	}
	s := Schedule{Hook: d.Hook, Faults: x.faults}
	if err := s.Validate(); err != nil {
		return Schedule{}, x.located(root, err)
	}
	return s, nil
}

// draw adds what one entry comes to.
func (x *expander) draw(c chanceDoc, path string, draw *rand.Rand) error {
	chance, times := 1.0, max(1, c.Times)
	if c.Chance != nil {
		chance = *c.Chance
	}
	switch {
	case c.Fault.Node == nil:
		return fmt.Errorf("%s: %s: want a fault, or the use of a block", x.name, path)
	case math.IsNaN(chance) || chance < 0 || chance > 1:
		return x.at(c.Fault, fmt.Errorf("chance %v: want 0..1", chance))
	case c.Times < 0 || times > maxTries:
		return x.at(c.Fault, fmt.Errorf("times %d: want 1..%d", c.Times, maxTries))
	}
	for range times {
		if draw.Float64() >= chance {
			continue
		}
		concrete, err := rewrite(c.Fault.Node, func(n ast.Node) (ast.Node, error) {
			return resolved(n, draw)
		})
		if err == nil {
			err = x.add(concrete, path, nil)
		} else {
			err = strictyaml.Located(x.name, err, &c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// choice is a value that is drawn.
type choice struct {
	Between []any `yaml:"between,omitempty"`
	OneOf   []any `yaml:"oneOf,omitempty"`
}

// resolved puts a drawn value in the place of a choice; any other node stays.
func resolved(n ast.Node, draw *rand.Rand) (ast.Node, error) {
	m, ok := n.(ast.MapNode)
	if !ok {
		return n, nil
	}
	it := m.MapRange()
	if !it.Next() || !slices.Contains([]string{"between", "oneOf"}, it.Key().GetToken().Value) {
		return n, nil
	}
	fail := func(format string, args ...any) (ast.Node, error) {
		return nil, &yaml.SyntaxError{
			Token: it.Key().GetToken(), Message: fmt.Sprintf(format, args...),
		}
	}
	var c choice
	if err := strictyaml.NodeToValue(context.Background(), n, &c); err != nil {
		return nil, err
	}
	var v any
	switch {
	case len(c.OneOf) > 0 && c.Between == nil:
		v = c.OneOf[draw.IntN(len(c.OneOf))]
	case len(c.Between) == 2 && c.OneOf == nil:
		if v = between(c.Between[0], c.Between[1], draw); v == nil {
			return fail("between: want two numbers or two times, the lower first")
		}
	default:
		return fail("want between: [low, high], or oneOf: [a, b, …]")
	}
	return yaml.ValueToNode(v)
}

// between draws from low to high, both included; nil when they are no range.
func between(low, high any, draw *rand.Rand) any {
	a, errA := time.ParseDuration(fmt.Sprint(low))
	b, errB := time.ParseDuration(fmt.Sprint(high))
	if errA == nil && errB == nil && a <= b && b-a < math.MaxInt64 {
		return (a + time.Duration(draw.Int64N(int64(b-a)+1))).Round(time.Millisecond).String()
	}
	x, okX := asFloat(low)
	y, okY := asFloat(high)
	switch {
	case !okX || !okY || x > y || y-x > maxExact:
		return nil
	case x == math.Trunc(x) && y == math.Trunc(y):
		return int64(x) + draw.Int64N(int64(y-x)+1)
	default:
		return math.Round((x+draw.Float64()*(y-x))*100) / 100 // cents: most are prices
	}
}

// YAML writes the schedule as Parse reads it, with a sentence above every fault.
func (s Schedule) YAML() ([]byte, error) {
	comments := yaml.CommentMap{}
	for i, f := range s.Faults {
		f.Why = ""
		comments[fmt.Sprintf("$.faults[%d].id", i)] = []*yaml.Comment{yaml.HeadComment(" " + f.String())}
	}
	text, err := yaml.MarshalWithOptions(s, yaml.IndentSequence(true), yaml.WithComment(comments))
	if err != nil {
		return nil, fmt.Errorf("write schedule: %w", err)
	}
	return text, nil
}
