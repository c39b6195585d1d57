// Package monitor lets people and programs look at a trader over HTTP: is it alive, is it ready, what does
// it hold, what happened. It only reads, and it reads the board and the journal's file: a trader that is
// looked at by a hundred browsers trades like one that nobody looks at.
package monitor
