package config

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/sched"
)

// text is v as a string that a log and a guest can take.
func text(v any) (string, error) {
	s, ok := v.(string)
	switch {
	case !ok:
		return "", wrongType("a string", v)
	case strings.ContainsFunc(s, control):
		return "", fmt.Errorf("%q has a control character", s)
	}
	return s, nil
}

func setText(field func(*VM) *string) func(*VM, string, any) error {
	return func(vm *VM, _ string, v any) (err error) {
		*field(vm), err = text(v)
		return err
	}
}

func setBool(field func(*VM) *bool) func(*VM, string, any) error {
	return func(vm *VM, _ string, v any) error {
		b, ok := v.(bool)
		if !ok {
			return wrongType("true or false", v)
		}
		*field(vm) = b
		return nil
	}
}

// choice is v as one of the names.
func choice[T ~string](v any, names ...T) (T, error) {
	s, err := text(v)
	if err != nil {
		return "", err
	}
	if !slices.Contains(names, T(s)) {
		return "", fmt.Errorf("%q; want %s", s, oneOf(names))
	}
	return T(s), nil
}

// oneOf is names as a list in words.
func oneOf[T ~string](names []T) string {
	var b strings.Builder
	for i, n := range names {
		switch i {
		case 0:
		case len(names) - 1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", string(n))
	}
	return b.String()
}

func setChoice[T ~string](field func(*VM) *T, names ...T) func(*VM, string, any) error {
	return func(vm *VM, _ string, v any) error {
		s, err := choice(v, names...)
		if err == nil {
			*field(vm) = s
		}
		return err
	}
}

// integer is v as an integer from low to high.
func integer(v any, low, high int64) (int64, error) {
	n, ok := v.(int64)
	switch {
	case !ok:
		return 0, wrongType("an integer", v)
	case n < low || n > high:
		return 0, fmt.Errorf("%d; want %d to %d", n, low, high)
	}
	return n, nil
}

func setFile(field func(*VM) *string) func(*VM, string, any) error {
	return func(vm *VM, _ string, v any) (err error) {
		*field(vm), err = file(v)
		return err
	}
}

// file is v as the path of a file.
func file(v any) (string, error) {
	s, err := text(v)
	if err != nil {
		return "", err
	}
	switch path.Base(s) {
	case ".", "..", "/":
		return "", fmt.Errorf("%q names no file", s)
	}
	return s, nil
}

func setName(vm *VM, _ string, v any) error {
	s, err := text(v)
	if err != nil {
		return err
	}
	if !isName(s) {
		return fmt.Errorf("%q is no name; one has 1 to %d of a-z, 0-9 and -, and does not begin with -", s, MaxName)
	}
	vm.Name = s
	return nil
}

// isName tells whether s is a machine's name.
func isName(s string) bool {
	return s != "" && len(s) <= MaxName && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && s[0] != '-'
}

func setCPUs(vm *VM, _ string, v any) error {
	n, ok := v.(int64)
	switch {
	case !ok:
		return wrongType("an integer", v)
	case n < 1 || n > MaxCPUs:
		return fmt.Errorf("%d processors; a machine has 1 to %d", n, MaxCPUs)
	}
	vm.CPUs = int(n)
	return nil
}

// size is v as a number of bytes.
func size(v any) (uint64, error) {
	s, ok := v.(string)
	if !ok {
		return 0, wrongType(`a size in quotes, such as "256M"`, v)
	}
	return ParseSize(s)
}

func setMemory(vm *VM, _ string, v any) error {
	n, err := size(v)
	switch {
	case err != nil:
		return err
	case n == 0 || n > MaxMemory:
		return fmt.Errorf("%s of memory; a machine has %s to %s", FormatSize(n), FormatSize(ram.BlockSize), FormatSize(MaxMemory))
	case n%ram.BlockSize != 0:
		next := (n/ram.BlockSize + 1) * ram.BlockSize
		return fmt.Errorf("%s is not a multiple of %s; %s would be", FormatSize(n), FormatSize(ram.BlockSize), FormatSize(next))
	}
	vm.Memory = n
	return nil
}

func setScrollback(vm *VM, _ string, v any) error {
	n, err := size(v)
	switch {
	case err != nil:
		return err
	case n < MinScrollback || n > MaxScrollback:
		return fmt.Errorf("%s; want %s to %s", FormatSize(n), FormatSize(MinScrollback), FormatSize(MaxScrollback))
	}
	vm.Scrollback = int(n)
	return nil
}

// setNumber takes an integer from low to high.
func setNumber(low, high uint32, set func(vm *VM, n uint32)) func(*VM, string, any) error {
	return func(vm *VM, _ string, v any) error {
		n, err := integer(v, int64(low), int64(high))
		if err == nil {
			set(vm, uint32(n))
		}
		return err
	}
}

func setProcessors(vm *VM, _ string, v any) error {
	s, err := text(v)
	if err == nil {
		vm.Share.Processors, err = sched.ParseSet(s)
	}
	return err
}

func truth(v any) (bool, error) {
	b, ok := v.(bool)
	if !ok {
		return false, wrongType("true or false", v)
	}
	return b, nil
}

// tables is v as a list of tables.
func tables(v any, like string) ([]map[string]any, error) {
	var list []map[string]any
	switch v := v.(type) {
	case []map[string]any:
		list = v
	case []any:
		for i, item := range v {
			t, ok := item.(map[string]any)
			if !ok {
				return nil, fmt.Errorf("number %d: %w", i+1, wrongType("a table such as "+like, item))
			}
			list = append(list, t)
		}
	default:
		return nil, wrongType("an array of tables", v)
	}
	return list, nil
}

func setModules(vm *VM, _ string, v any) error {
	list, err := tables(v, "{file = ..., args = ...}")
	if err != nil {
		return err
	}
	for i, t := range list {
		m, err := module(t)
		if err != nil {
			return fmt.Errorf("number %d: %w", i+1, err)
		}
		vm.Modules = append(vm.Modules, m)
	}
	return nil
}

func module(t map[string]any) (m Module, err error) {
	for name, v := range t {
		switch name {
		case "file":
			m.File, err = file(v)
		case "args":
			m.Args, err = text(v)
		default:
			err = fmt.Errorf("there is no such key; a module has file and args")
		}
		if err != nil {
			return m, fmt.Errorf("%s: %w", name, err)
		}
	}
	if m.File == "" {
		return m, fmt.Errorf("file: every module needs this key")
	}
	return m, nil
}
