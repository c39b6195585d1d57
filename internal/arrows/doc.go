// Package arrows is only a test: it draws which of our packages may know which, with the reason for
// every arrow that is forbidden, and fails when the code draws one of them. docs/architecture has the
// picture.
package arrows
