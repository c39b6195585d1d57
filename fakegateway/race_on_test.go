//go:build race

package fakegateway

// raceDetector says that the tests run under it, which makes what is long ten times as long.
const raceDetector = true
