// Package client is one client of the API, as every family of requests sees it: where its answers
// go, which version it speaks and what time it is; and the forms that all answers share: errors,
// numbers, times.
//
// It must not know any request.
package client
