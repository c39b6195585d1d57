package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/link"
)

// RecordName is the exit record's file in the state directory.
const RecordName = journal.RecordName

// Record says how the last life ended, or that one runs, for supervisors.
type Record struct {
	Code   exit.Code `json:"code"` // Running until it ends
	Name   string    `json:"name"`
	Reason string    `json:"reason"` // the line that stderr got, "" for a clean end
	Begun  time.Time `json:"begun"`
	Time   time.Time `json:"time"`
	Cycles int64     `json:"cycles"` // completed in this life
	PID    int       `json:"pid"`
	Ready  bool      `json:"ready"`            // while it runs: it decides on every symbol
	Blind  string    `json:"blind,omitempty"`  // why it is not ready
	Left   []Left    `json:"left,omitempty"`   // orders whose end is not known
	Status string    `json:"status,omitempty"` // while it runs: where the status page is
}

// Running is the code of a life that has not ended, or that nothing is known of: a pid that is gone was
// killed.
const Running exit.Code = -1

// Left is an order that may still work at the broker.
type Left struct {
	Intent   string          `json:"intent"`
	Symbol   string          `json:"symbol"`
	Action   journal.Action  `json:"action"`
	Quantity decimal.Decimal `json:"quantity"`
	Executed decimal.Decimal `json:"executed"`
	State    journal.State   `json:"state"`
	Reason   string          `json:"reason"`
}

// String is the order for people.
func (l Left) String() string {
	return fmt.Sprintf("%s %s %s, %s executed (%s: %s)", l.Action, l.Quantity, l.Symbol, l.Executed, l.Intent, l.Reason)
}

func beginning(begun time.Time) Record {
	return Record{Code: Running, Name: "running", Begun: begun.UTC(), Time: time.Now().UTC(), PID: os.Getpid()}
}

// leftAt lists what the journal does not know the end of.
func leftAt(ctx context.Context, j *journal.Journal) ([]Left, error) {
	account, err := j.Account(ctx)
	if err != nil {
		return nil, err
	}
	open, err := j.Open(ctx, account)
	var left []Left
	for _, in := range open {
		left = append(left, Left{in.ID, in.Symbol, in.Action, in.Quantity, in.Executed, in.State, in.Reason})
	}
	return left, err
}

func newRecord(begun time.Time, cycles int64, err error) Record {
	code, ok := exit.Of(err)
	if !ok {
		code = exit.State
	}
	r := Record{
		Code: code, Name: code.String(), Begun: begun.UTC(), Time: time.Now().UTC(), Cycles: cycles,
		PID: os.Getpid(),
	}
	if err != nil {
		r.Reason = link.Redact(exit.Line(err))
	}
	return r
}

// write replaces the record in one step: a reader sees the old one or the new one, whole.
func (r Record) write(dir string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write exit record: %w", err)
	}
	f, err := os.CreateTemp(dir, RecordName+".*")
	if err != nil {
		return fmt.Errorf("write exit record: %w", err)
	}
	_, err = f.Write(append(data, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, RecordName))
	}
	if err != nil {
		return fmt.Errorf("write exit record: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
