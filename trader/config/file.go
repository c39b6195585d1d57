package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
)

// MaxFileBytes bounds a configuration file.
const MaxFileBytes = 1 << 20

// readFile lays the file's keys over c. A key that the trader does not know is an error, with its
// line and column: a limit that is misspelt would be a limit that does not hold.
func (c *Config) readFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	if len(data) > MaxFileBytes {
		return fmt.Errorf("read configuration %s: larger than %d bytes", name, MaxFileBytes)
	}
	return c.parse(name, data)
}

func (c *Config) parse(name string, data []byte) error {
	decoder := yaml.NewDecoder(strings.NewReader(string(data)), yaml.Strict())
	err := decoder.Decode(c)
	if err == nil {
		if err = decoder.Decode(&Config{}); errors.Is(err, io.EOF) {
			return nil
		}
		return fmt.Errorf("configuration %s: more than one document", name)
	}
	if errors.Is(err, io.EOF) {
		return nil // an empty file sets nothing
	}
	var located yaml.Error
	if errors.As(err, &located) && located.GetToken() != nil {
		at := located.GetToken().Position
		return fmt.Errorf("configuration %s:%d:%d: %s", name, at.Line, at.Column, located.GetMessage())
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Errorf("configuration %s: %s", name, first)
}
