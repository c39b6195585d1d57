// Package campaign holds the tests that run the bundled trader for long: killed with SIGKILL at seeded
// points of its work, and through a month of nights in compressed time. The truth is the fake Gateway's
// books; the trader's journal is compared with them, and nothing that the trader says of itself counts.
//
// make kill and make month run them whole; go test runs a short form of each.
package campaign
