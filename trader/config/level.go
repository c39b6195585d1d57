package config

import (
	"fmt"
	"log/slog"
)

// Level is LogLevel as slog has it.
func (c Config) Level() (slog.Level, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return l, fmt.Errorf("log level %q is none of debug, info, warn, error", c.LogLevel)
	}
	return l, nil
}
