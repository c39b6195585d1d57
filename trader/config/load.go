package config

import (
	"errors"
	"fmt"
	"strconv"
)

// Setting is one flag that was given.
type Setting struct {
	Flag, Value string
}

// Load makes the configuration: defaults, then file ("" for none), then the environment, then the
// flags that were given. getenv is os.LookupEnv; a variable that is empty is not set.
func Load(file string, getenv func(string) (string, bool), flags []Setting) (Config, error) {
	c := Default()
	return c, c.load(file, getenv, flags, Sources{})
}

func (c *Config) load(file string, getenv func(string) (string, bool), flags []Setting, sources Sources) error {
	if file != "" {
		if err := c.readFile(file, sources); err != nil {
			return err
		}
	}
	byFlag := map[string]Option{}
	var variables, given place
	for _, o := range c.options() {
		byFlag[o.Flag] = o
		if o.Env == "" {
			continue
		}
		if v, ok := getenv(o.Env); ok && v != "" {
			if err := o.value.Set(v); err != nil {
				return fmt.Errorf("environment %s=%q: %w", o.Env, v, cause(err))
			}
			sources.note(c, o, "environment "+o.Env)
			variables.saw(o.Flag, "environment "+o.Env)
		}
	}
	variables.settle(c, sources)
	for _, f := range flags {
		o, ok := byFlag[f.Flag]
		if !ok {
			return fmt.Errorf("no flag --%s", f.Flag)
		}
		if err := o.value.Set(f.Value); err != nil {
			return fmt.Errorf("--%s %q: %w", f.Flag, f.Value, cause(err))
		}
		sources.note(c, o, "flag")
		given.saw(f.Flag, "flag")
	}
	given.settle(c, sources)
	return nil
}

// place is what one source says of where the Gateway is.
type place struct {
	address bool
	part    string // the source of a host or a port; "" has neither
}

func (p *place) saw(flag, source string) {
	switch flag {
	case "gateway":
		p.address = true
	case "host", "port":
		p.part = source
	}
}

// settle drops the address of a weaker source when this one gives a host or a port. Within one source the
// address wins.
func (p place) settle(c *Config, sources Sources) {
	if p.address || p.part == "" || c.Gateway.Address == "" {
		return
	}
	c.Gateway.Address = ""
	sources[addressKey] = p.part
}

// cause drops strconv's function name and repeated value from its errors.
func cause(err error) error {
	if e, ok := errors.AsType[*strconv.NumError](err); ok {
		return e.Err
	}
	return err
}
