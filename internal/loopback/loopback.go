// Package loopback is for HTTP servers that only this machine may ask.
package loopback

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Host says whether a host, a name or an address with brackets or without, is this machine alone.
func Host(host string) bool {
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	return strings.EqualFold(host, "localhost") || (err == nil && ip.Unmap().IsLoopback())
}

// HostOf is the host of a request's Host header, which has a port or not.
func HostOf(hostPort string) string {
	if host, _, err := net.SplitHostPort(hostPort); err == nil {
		return host
	}
	return hostPort
}

// Guard refuses requests for another host's name: a web page elsewhere whose name points here would read and
// do through its visitor's browser what this machine's user may.
func Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !Host(HostOf(r.Host)) {
			http.Error(w, "this host name is not loopback: ask by 127.0.0.1, [::1] or localhost", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// AtMost serves so many requests at a time and refuses more.
func AtMost(n int, next http.Handler) http.Handler {
	running := make(chan struct{}, n)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case running <- struct{}{}:
			defer func() { <-running }()
			next.ServeHTTP(w, r)
		default:
			http.Error(w, "too many requests at a time", http.StatusServiceUnavailable)
		}
	})
}
