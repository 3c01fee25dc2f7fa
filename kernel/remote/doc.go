// Package remote is Ringo's management over a network: the monitor by SSH, and
// figures for Prometheus by HTTP. Both are off unless the configuration asks
// for them.
//
// Package kernel brings the listeners, which may be anybody's TCP, and says
// what a session's commands are. Whoever connects is bounded: how many there
// are, how long they take to log in, how much they may leave unread; what they
// do costs nobody but themselves. See docs/uplink.md.
package remote
