package config

import (
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"ibsoak/trader/link"
)

// Effective is one setting as it is, and where that comes from.
type Effective struct {
	Key    string `json:"key"`            // in the file; "" cannot be set there
	Flag   string `json:"flag,omitempty"` // "" has none
	Value  string `json:"value"`          // secrets and accounts are masked
	Source string `json:"source"`         // "default", "file FILE", "environment NAME" or "flag"
}

// Sources says where settings come from, by key, or by "--" and the flag of those that no file may set. What
// is not there is the default.
type Sources map[string]string

// Explain loads a configuration as Load does, and lists every setting, in the order of the struct.
func Explain(file string, getenv func(string) (string, bool), flags []Setting) (Config, []Effective, error) {
	c, sources := Default(), Sources{}
	if err := c.load(file, getenv, flags, sources); err != nil {
		return c, nil, err
	}
	return c, c.effective(sources), nil
}

func (c *Config) effective(sources Sources) []Effective {
	flags := map[uintptr]string{}
	for _, o := range c.options() {
		flags[reflect.ValueOf(o.value).Pointer()] = o.Flag
	}
	var all []Effective
	leaves(reflect.ValueOf(c).Elem(), "", func(key string, at reflect.Value) {
		e := Effective{Key: key, Flag: flags[at.Addr().Pointer()], Value: show(at), Source: "default"}
		if source, ok := sources[sourceKey(key, e.Flag)]; ok {
			e.Source = source
		}
		all = append(all, mask(c.placed(e, sources)))
	})
	return all
}

// addressKey is the key of the setting that holds in place of the Gateway's host and port.
const addressKey = "gateway.address"

// placed shows what holds in place of host and port when the Gateway has an address: a keeper's socket has
// neither.
func (c *Config) placed(e Effective, sources Sources) Effective {
	if c.Gateway.Address == "" || (e.Key != "gateway.host" && e.Key != "gateway.port") {
		return e
	}
	host, port := c.Gateway.HostPort()
	switch {
	case port == 0:
		e.Value = ""
	case e.Key == "gateway.host":
		e.Value = host
	default:
		e.Value = strconv.Itoa(port)
	}
	e.Source = sources[addressKey]
	return e
}

// sourceKey is what sources knows a setting by: its key, or the flag of one that no file may set.
func sourceKey(key, flag string) string {
	if key == "" {
		return "--" + flag
	}
	return key
}

// leaves visits every exported field that is not a section, with its key in the file.
func leaves(v reflect.Value, prefix string, visit func(key string, at reflect.Value)) {
	for i := range v.NumField() {
		field, key := v.Type().Field(i), v.Type().Field(i).Tag.Get("yaml")
		if !field.IsExported() {
			continue
		}
		_, single := v.Field(i).Addr().Interface().(value) // such as a Duration, which is a struct
		switch {
		case key == "-":
			visit("", v.Field(i))
		case field.Type.Kind() == reflect.Struct && !single:
			leaves(v.Field(i), prefix+key+".", visit)
		default:
			visit(prefix+key, v.Field(i))
		}
	}
}

func show(at reflect.Value) string {
	switch x := at.Addr().Interface().(type) {
	case fmt.Stringer:
		return x.String()
	case *[]string:
		return strings.Join(*x, ",")
	default:
		return fmt.Sprint(at.Interface())
	}
}

// mask hides what must not be shown: account ids, what a webhook's URL has beyond its host, and a command's
// arguments, among which tokens are.
func mask(e Effective) Effective {
	switch e.Key {
	case "account":
		e.Value = link.MaskAccount(e.Value)
	case "alerts.command":
		if program, _, arguments := strings.Cut(e.Value, " "); arguments {
			e.Value = program + " ***"
		}
	case "alerts.webhook":
		if u, err := url.Parse(e.Value); e.Value != "" && (err != nil || u.Host == "") {
			e.Value = "***"
		} else if e.Value != "" {
			e.Value = u.Scheme + "://" + u.Host + "/***"
		}
	}
	return e
}

// note remembers where the setting of a flag comes from.
func (s Sources) note(c *Config, o Option, source string) {
	leaves(reflect.ValueOf(c).Elem(), "", func(key string, at reflect.Value) {
		if at.Addr().Pointer() == reflect.ValueOf(o.value).Pointer() {
			s[sourceKey(key, o.Flag)] = source
		}
	})
}

// noteFile remembers which settings a file has.
func (s Sources) noteFile(c *Config, name string, data []byte) {
	var said map[string]any
	if err := yaml.Unmarshal(data, &said); err != nil {
		return // it was read already; only its sources are not known
	}
	leaves(reflect.ValueOf(c).Elem(), "", func(key string, _ reflect.Value) {
		if key != "" && has(said, strings.Split(key, ".")) {
			s[key] = "file " + name
		}
	})
}

// has says whether a document has a key.
func has(document map[string]any, path []string) bool {
	at, ok := document[path[0]]
	if section, nested := at.(map[string]any); nested && len(path) > 1 {
		return has(section, path[1:])
	}
	return ok && len(path) == 1
}
