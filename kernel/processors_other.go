//go:build tamago && !linux

package main

// initProcessors has nothing to do: TamaGo's Go runtime runs on one processor.
func initProcessors() error { return nil }
