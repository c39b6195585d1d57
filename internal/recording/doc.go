// Package recording owns recordings: files with everything that a Gateway and its clients sent each
// other. It must not know the fake Gateway: a recording is made of any Gateway, and replayed without
// one.
//
//   - A Tap is a proxy between clients and a real Gateway. It writes every frame to a recording.
//   - A Scrubber replaces everything that tells whose account it is, before a frame is written.
//   - A Player answers clients from a recording. It finds their requests by kind and content.
//   - Import reads transcripts that others have published.
//
// The frames in a scrubbed recording are not the Gateway's bytes: they are encoded again after the
// replacement. Of a frame that the codec cannot decode, a recording has only the name and the length,
// so that it cannot contain anything private. docs/recording.md is the users' page.
package recording
