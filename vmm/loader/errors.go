package loader

import "fmt"

// Error is what is wrong, in one line, and with what that the user gave.
type Error struct {
	// Key is of a machine's configuration: kernel, cmdline, memory, address,
	// mode, boot, or a module's Key. docs/config.md has them all.
	Key string
	Err error
}

// Error is what is wrong; the key is not in it.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives what is wrong.
func (e *Error) Unwrap() error { return e.Err }

// ConfigKey is the key, for who prints the line.
func (e *Error) ConfigKey() string { return e.Key }

// wrong makes an Error about a key.
func wrong(key, format string, args ...any) error {
	return &Error{key, fmt.Errorf(format, args...)}
}

// kernelError says that the kernel is at fault.
func (l *load) kernelError(err error) error { return wrong("kernel", "%s: %w", l.Kernel.Name, err) }

// moduleError says that a module is at fault.
func moduleError(m Module, format string, args ...any) error {
	return wrong(m.Key, "%s: %w", m.Name, fmt.Errorf(format, args...))
}
