// Package doccheck finds the names of files and functions in documents, and
// tells which of them are not in the tree.
//
// A code span such as `vmm/vcpu.go` is a file, and `vmm/vcpu.go:VCPU.run` is
// what the file declares: a function, a method with its type, a type, a variable
// or a constant; in assembly, a TEXT symbol.
package doccheck

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Reference is a name in a document.
type Reference struct {
	Line int
	Path string // from the repository's root
	Name string // what the file declares; empty is the file itself
}

var span = regexp.MustCompile("`((?:[\\w.-]+/)+[\\w.-]+\\.(?:go|s|md|toml|tmpl))(?::([\\w.]+))?`")

// References are those of a document's text.
func References(text string) (list []Reference) {
	n := 0
	for line := range strings.Lines(text) {
		n++
		for _, m := range span.FindAllStringSubmatch(line, -1) {
			list = append(list, Reference{n, m[1], m[2]})
		}
	}
	return list
}

var link = regexp.MustCompile(`\]\(([\w./-]+\.\w+)[#)]`)

// Links are the files that a document's text has links to, relative to its folder.
func Links(text string) (list []string) {
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	return list
}

// Check looks a reference up in the repository at root.
func (r Reference) Check(root string) error {
	path := filepath.Join(root, r.Path)
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("line %d: there is no file %s", r.Line, r.Path)
	}
	found := r.Name == ""
	switch {
	case found:
	case strings.HasSuffix(r.Path, ".s"):
		found = regexp.MustCompile(`(?m)^TEXT\s+(?:\S*\x{b7})?` + regexp.QuoteMeta(r.Name) + `\b`).Match(text)
	case strings.HasSuffix(r.Path, ".go"):
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		found = declares(file, r.Name)
	}
	if !found {
		return fmt.Errorf("line %d: %s declares no %s", r.Line, r.Path, r.Name)
	}
	return nil
}

// declares tells whether a file declares a name: Name, or Type.Method.
func declares(file *ast.File, name string) bool {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			full := d.Name.Name
			if d.Recv != nil && len(d.Recv.List) == 1 {
				full = receiver(d.Recv.List[0].Type) + "." + full
			}
			if full == name {
				return true
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					if s.Name.Name == name {
						return true
					}
				case *ast.ValueSpec:
					for _, n := range s.Names {
						if n.Name == name {
							return true
						}
					}
				}
			}
		}
	}
	return false
}

// receiver is the name of a method's type.
func receiver(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.IndexExpr:
		return receiver(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}
