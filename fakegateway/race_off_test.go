//go:build !race

package fakegateway

const raceDetector = false
