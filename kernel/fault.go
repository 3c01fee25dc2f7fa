//go:build tamago

package main

// corruptRuntime faults with a g that is none.
func corruptRuntime()
