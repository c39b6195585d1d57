// Package captures holds the fake Gateway against what real ones said: it plays the client's part
// of published transcripts to a fake that is set up as each transcript implies, and compares the
// answers message by message.
//
// Two conversations of the same kind are never the same to the byte. What may differ is named:
// ids, times and prices always, and a short list of Tolerances, each with its reason. A file that
// needed one says so in its Result.
package captures
