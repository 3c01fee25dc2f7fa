package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// table is the name of the tables that describe machines.
const table = "vm"

// Parse reads a configuration. The machines it returns have no mistake and
// names and images that do not clash; for what is left out the errors, each an
// *Error, say why, in the order of the text.
func Parse(text []byte) (*Config, []error) {
	p := parser{names: make(map[string]int), files: make(map[string]namedFile), taken: make(map[string]int)}
	p.config.Network = DefaultNetwork()
	if len(text) > MaxText {
		p.add(&Error{Text: fmt.Sprintf("%d bytes of configuration; the limit is %d", len(text), MaxText)})
		return &p.config, p.errs
	}
	chunks := split(strings.TrimPrefix(string(text), "\ufeff"))
	p.preamble(chunks[0])
	n := 0
	for _, c := range chunks[1:] {
		if c.network {
			p.network(c)
			continue
		}
		if n++; n > MaxVMs {
			p.add(&Error{Line: c.line, Text: fmt.Sprintf("more than %d machines; this one and what follows is left out", MaxVMs)})
			break
		}
		p.machine(c, n)
	}
	return &p.config, p.errs
}

// parser is what is known of a text so far.
type parser struct {
	config Config
	errs   []error
	names  map[string]int       // machines' names and where they are
	files  map[string]namedFile // of config, by Image.Name
	taken  map[string]int       // what VM.taken names and the lines of those machines
	// networkLine is where the network is, 0 if it was not there yet.
	networkLine int
}

// namedFile is where a file was named first.
type namedFile struct {
	path string
	line int
}

// add takes the errors of one part of the text.
func (p *parser) add(errs ...*Error) {
	slices.SortStableFunc(errs, func(a, b *Error) int { return cmp.Compare(a.Line, b.Line) })
	for _, e := range errs {
		p.errs = append(p.errs, e)
	}
}

// preamble reads what stands before the first machine: comments.
func (p *parser) preamble(c chunk) {
	md, doc, err := c.decode()
	if err != nil {
		p.add(syntaxError(c, "", err))
		return
	}
	var errs []*Error
	for _, name := range slices.Sorted(maps.Keys(doc)) {
		e := &Error{Key: name, Line: lineOf(&md, doc[name], c)}
		switch {
		case name == table:
			e.Text = "each machine begins with a line [[vm]]"
		case name == networkTable:
			e.Text = "the network begins with a line [network]"
		case find(name) != nil, slices.Contains(tableKeys, name):
			e.Text = "this belongs into a machine, below a line [[vm]]"
		default:
			e.Text = "there is no such key"
		}
		errs = append(errs, e)
	}
	p.add(errs...)
}

// machine reads a part of the text that begins with [[vm]]. It is the Nth.
func (p *parser) machine(c chunk, n int) {
	vm := &VM{
		Name:    fmt.Sprintf("#%d", n),
		Machine: MachinePC, CPUs: DefaultCPUs, Boot: BootAuto, Virtio: VirtioPCI, Scrollback: DefaultScrollback, Autostart: true, Restart: true,
		lines: map[string]int{"": c.line},
	}
	md, doc, err := c.decode()
	if err != nil {
		vm.guessName(c)
		p.add(syntaxError(c, vm.Name, err))
		return
	}
	var tables []map[string]toml.Primitive
	if err := md.PrimitiveDecode(doc[table], &tables); err != nil || len(tables) != 1 {
		p.add(vm.Errorf("", "each machine begins with a line [[vm]]"))
		return
	}
	errs := vm.set(&md, tables[0], c)
	for _, name := range slices.Sorted(maps.Keys(doc)) {
		if name != table {
			errs = append(errs, vm.stray(name, lineOf(&md, doc[name], c)))
		}
	}
	clashes, files := p.clashes(vm)
	errs = append(errs, clashes...)
	if len(errs) == 0 {
		p.config.VMs = append(p.config.VMs, vm)
		p.files = files
		names, _ := vm.taken()
		for _, name := range names {
			p.taken[name] = vm.lines[""]
		}
	}
	p.add(errs...)
}

// guessName finds the machine's name in a text that is no TOML as a whole.
func (vm *VM) guessName(c chunk) {
	for line := range strings.Lines(c.text[:min(len(c.text), MaxPart)]) {
		var doc struct{ Name any }
		if _, err := toml.Decode(line, &doc); err == nil && doc.Name != nil {
			setName(vm, "name", doc.Name)
			return
		}
	}
}

// decode makes of a part of the text a table of values to decode further.
func (c chunk) decode() (md toml.MetaData, doc map[string]toml.Primitive, err error) {
	if len(c.text) > MaxPart {
		return md, nil, fmt.Errorf("%d bytes of text; the limit is %d", len(c.text), MaxPart)
	}
	md, err = toml.Decode(c.text, &doc)
	return md, doc, err
}

// stray is the error for a table that is not part of the machine it follows.
func (vm *VM) stray(name string, line int) *Error {
	e := vm.Errorf(name, "there is no such table")
	e.Line = line
	for _, t := range tableKeys {
		if name == t {
			e.Text = fmt.Sprintf("a machine's table is written [%s.%s]", table, t)
		}
	}
	return e
}

// clashes are the errors that vm makes with the machines before it. If there
// are none, files are what p.files becomes with vm's.
func (p *parser) clashes(vm *VM) (errs []*Error, files map[string]namedFile) {
	if _, ok := vm.lines["name"]; ok {
		if first, taken := p.names[vm.Name]; taken {
			errs = append(errs, vm.Errorf("name", "the machine in line %d has this name", first))
		} else {
			p.names[vm.Name] = vm.lines[""]
		}
	}
	own := make(map[string]bool)
	names, keys := vm.taken()
	for i, name := range names {
		if line, taken := p.taken[name]; taken {
			errs = append(errs, vm.Errorf(keys[i], "%s is taken by the machine in line %d", name, line))
		} else if own[name] {
			errs = append(errs, vm.Errorf(keys[i], "%s is there twice", name))
		}
		own[name] = true
	}
	before := maps.Clone(p.files)
	for _, image := range vm.Images() {
		if e := p.name(image, vm.line(image.Key)); e != "" {
			errs = append(errs, vm.Errorf(image.Key, "%s", e))
		}
	}
	files, p.files = p.files, before
	return errs, files
}

// name takes a file into p.files, or says what it clashes with.
func (p *parser) name(image Image, line int) string {
	first, named := p.files[image.Name()]
	switch {
	case !named:
		p.files[image.Name()] = namedFile{image.clean(), line}
	case first.path != image.clean():
		return fmt.Sprintf("%s is another file than %s in line %d, but has the same name as a boot module", image.Path, first.path, first.line)
	}
	return ""
}

// refusal makes the TOML package say where a key is.
type refusal struct{}

func (*refusal) UnmarshalTOML(any) error { return errors.New("refused") }

// lineOf is the line of the text that the key of value is in, or the first
// of c.
func lineOf(md *toml.MetaData, value toml.Primitive, c chunk) int {
	var e toml.ParseError
	if errors.As(md.PrimitiveDecode(value, new(refusal)), &e) && e.Position.Line > 0 {
		return e.Position.Line + c.line - 1
	}
	return c.line
}

// syntaxError is what the TOML package has against a part of the text.
func syntaxError(c chunk, name string, err error) *Error {
	e := &Error{VM: name, Line: c.line, Text: err.Error()}
	var parse toml.ParseError
	if errors.As(err, &parse) {
		e.Key = strings.TrimPrefix(parse.LastKey, table+".")
		e.Line, e.Text = parse.Position.Line+c.line-1, parse.Message
	}
	return e
}
