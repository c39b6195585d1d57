package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"ibsoak/trader/alert"
	"ibsoak/trader/monitor"
)

// Status says who may look at the trader while it runs.
type Status struct {
	Listen    string `yaml:"listen"`     // HOST:PORT; "" is the socket file in the state directory alone
	TokenFile string `yaml:"token_file"` // its first line must come with every request; "" is loopback only
}

// Alerts says who is woken up.
type Alerts struct {
	Command string   `yaml:"command"`
	Webhook string   `yaml:"webhook"`
	Rate    int      `yaml:"rate"` // messages an hour
	Timeout Duration `yaml:"timeout"`
	After   Duration `yaml:"after"`
}

// Log says where the trader speaks. The audit, in the state directory, has the same limits.
type Log struct {
	File   string `yaml:"file"`     // "" is stderr
	Format string `yaml:"format"`   // text or json
	Size   int    `yaml:"max_size"` // of a file, in megabytes
	Files  int    `yaml:"files"`    // that are kept beside the one that is written
}

// The values of Log.Format.
const (
	TextLog = "text"
	JSONLog = "json"
)

// The defaults of Log.
const (
	DefaultLogSize  = 20
	DefaultLogFiles = 10
)

func defaultAlerts() Alerts {
	return Alerts{
		Rate: alert.DefaultRate, Timeout: Duration{alert.DefaultTimeout}, After: Duration{alert.DefaultAfter},
	}
}

func defaultLog() Log { return Log{Format: TextLog, Size: DefaultLogSize, Files: DefaultLogFiles} }

func (c *Config) seeingOptions() []Option {
	s, a, l := &c.Status, &c.Alerts, &c.Log
	return []Option{
		{"dry-run", "", "", "do all but send: no order and no cancel leaves", (*toggle)(&c.DryRun)},
		{
			"status-listen", "TRADER_STATUS_LISTEN", "HOST:PORT",
			"status page, metrics, /healthz and /readyz; loopback only without a token", (*text)(&s.Listen),
		},
		{
			"status-token-file", "TRADER_STATUS_TOKEN_FILE", "FILE", "whose first line must come with every request",
			(*text)(&s.TokenFile),
		},
		{
			"alert-command", "TRADER_ALERT_COMMAND", "COMMAND",
			"gets each alert as JSON on stdin, and in $TRADER_ALERT", (*text)(&a.Command),
		},
		{"alert-webhook", "TRADER_ALERT_WEBHOOK", "URL", "gets each alert as JSON", (*text)(&a.Webhook)},
		{
			"alert-rate", "TRADER_ALERT_RATE", "N", "messages an hour; further alerts wait and go together",
			(*number)(&a.Rate),
		},
		{"alert-timeout", "TRADER_ALERT_TIMEOUT", "TIME", "for each delivery", &a.Timeout},
		{
			"alert-after", "TRADER_ALERT_AFTER", "TIME",
			"without a session, without IBKR or without knowing an order, until that is an alert", &a.After,
		},
		{"log-file", "TRADER_LOG_FILE", "FILE", "in place of stderr; rotated", (*text)(&l.File)},
		{"log-format", "TRADER_LOG_FORMAT", "FORMAT", "text or json", (*text)(&l.Format)},
		{
			"log-size", "TRADER_LOG_SIZE", "N", "megabytes of a log or audit file until it is rotated",
			(*number)(&l.Size),
		},
		{"log-files", "TRADER_LOG_FILES", "N", "rotated files that are kept", (*number)(&l.Files)},
	}
}

func (c Config) checkSeeing() error {
	_, err := c.Level()
	switch {
	case err != nil:
		return err
	case !slices.Contains([]string{TextLog, JSONLog}, c.Log.Format):
		return fmt.Errorf("log format %q is neither %s nor %s", c.Log.Format, TextLog, JSONLog)
	case c.Log.Size < 1 || c.Log.Files < 1:
		return errors.New("log-size and log-files must be 1 at least: a log without an end fills the disk")
	case c.Alerts.Rate < 1:
		return fmt.Errorf("alert rate %d is below 1 an hour", c.Alerts.Rate)
	case c.Alerts.Timeout.Duration < time.Second || c.Alerts.After.Duration <= 0:
		return errors.New("alert-timeout must be a second at least, alert-after above 0")
	}
	if _, err := alert.New(c.AlertsTo()); err != nil {
		return err
	}
	if strings.ContainsFunc(c.Log.File, unicode.IsControl) {
		return fmt.Errorf("log file %q is no name of a file", c.Log.File)
	}
	token, err := c.Token()
	if err != nil || c.Status.Listen == "" {
		return err
	}
	return monitor.CheckListen(c.Status.Listen, token)
}

// AlertsTo is the alerts' part of the configuration.
func (c Config) AlertsTo() alert.Config {
	return alert.Config{
		Command: c.Alerts.Command, Webhook: c.Alerts.Webhook, Rate: c.Alerts.Rate,
		Timeout: c.Alerts.Timeout.Duration, After: c.Alerts.After.Duration,
	}
}

// Token is what the token file says; "" without one.
func (c Config) Token() (string, error) {
	if c.Status.TokenFile == "" {
		return "", nil
	}
	data, err := os.ReadFile(c.Status.TokenFile)
	if err != nil {
		return "", fmt.Errorf("status token: %w", err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	const least = 16
	if line = strings.TrimSpace(line); len(line) < least {
		return "", fmt.Errorf("status token: the first line of %s has %d characters, want %d at least: "+
			"head -c 24 /dev/urandom | base64 makes one", c.Status.TokenFile, len(line), least)
	}
	return line, nil
}
