package config

import (
	"errors"
	"fmt"
	"io"
	"os"

	"ibsoak/internal/strictyaml"
)

// MaxFileBytes bounds a configuration file.
const MaxFileBytes = 1 << 20

// readFile lays the file's keys over c. A key that the trader does not know is an error, with its
// line and column: a limit that is misspelt would be a limit that does not hold.
func (c *Config) readFile(name string, sources Sources) error {
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
	if err := c.parse(name, data); err != nil {
		return err
	}
	sources.noteFile(c, name, data)
	return nil
}

func (c *Config) parse(name string, data []byte) error {
	if err := strictyaml.Decode(name, data, c); err != nil {
		return fmt.Errorf("configuration %w", err)
	}
	return nil
}
