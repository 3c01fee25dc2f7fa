//go:build !linux

package selftest

var linuxTests []Test
