// Package arrows is only a test. It lists which of our packages must not import which others, each with
// the reason, and fails when the code does. docs/architecture.md has the picture.
package arrows
