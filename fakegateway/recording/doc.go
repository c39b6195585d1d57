// Package recording keeps what a Gateway and its clients say to each other, in a file that may be
// shown to others. It is the layer beside package fakegateway: it needs no books, only the codec.
//
// A Tap forwards between clients and a real Gateway, byte for byte, and writes every frame to a
// recording; a Scrubber replaces whatever tells whose account it was before anything is written.
// A Player serves a recording to clients, and finds what they ask for by kind and content. Import
// reads other people's transcripts into the same form.
//
// The gotcha: the bytes in a scrubbed recording are encoded anew. Frames that the codec does not
// know are kept as a length and a name, so that nothing can hide in them.
package recording
