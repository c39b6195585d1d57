package main

import (
	"errors"
)

// bundled is the command template of the bundled trader.
func bundled() ([]string, error) {
	return nil, errors.New("no --trader given")
}
