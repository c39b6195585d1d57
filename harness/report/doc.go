// Package report draws a run as one HTML page that needs nothing else: no script, no file, no network.
// Page is a pure function of the record, the verdict and the frames that LoadFrames picked from the
// transcript. What the record holds was said by the subject, so all of it is escaped, and no character
// that is not printable reaches the page.
package report
