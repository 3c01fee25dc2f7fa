package image

import "testing"

func TestOnlyProgramsWithSymbolsAreNoted(t *testing.T) {
	if err := NoteUnused([]byte("#!/bin/sh\n")); err == nil {
		t.Error("a script was noted")
	}
}
