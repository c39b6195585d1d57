package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// RecordName is the exit record's file in the state directory.
const RecordName = journal.RecordName

// Record says how the last life ended, for supervisors.
type Record struct {
	Code   exit.Code `json:"code"`
	Name   string    `json:"name"`
	Reason string    `json:"reason"` // the line that stderr got, "" for a clean end
	Begun  time.Time `json:"begun"`
	Time   time.Time `json:"time"`
	Cycles int64     `json:"cycles"` // completed in this life
	PID    int       `json:"pid"`
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
		r.Reason = exit.Line(err)
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
