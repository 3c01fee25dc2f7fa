package toolchain

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// listed is what go list says of a package.
type listed struct {
	ImportPath, Dir string
	GoFiles         []string
	ImportMap       map[string]string
	Standard        bool
}

// listKernel lists the packages of the kernel for a GOOS, dependencies first.
func listKernel(t *testing.T, goos string) (packages []listed) {
	t.Helper()
	var out bytes.Buffer
	o := Options{Root: root, Out: t.TempDir(), Log: &out}
	env, err := prepare(&o)
	if err != nil {
		t.Fatal(err)
	}
	env.env = append(env.env, "GOOS="+goos)
	if err := env.run(t.Context(), "list", "-deps", "-json=ImportPath,Dir,GoFiles,ImportMap,Standard", "-tags", o.tags(), "./kernel"); err != nil {
		t.Fatalf("go list: %v\n%s", err, out.Bytes())
	}
	for d := json.NewDecoder(&out); ; {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// importer resolves the imports of one package among those checked before it.
type importer struct {
	checked map[string]*types.Package
	renamed map[string]string
}

func (i importer) Import(path string) (*types.Package, error) {
	if to := i.renamed[path]; to != "" {
		path = to
	}
	if p := i.checked[path]; p != nil {
		return p, nil
	}
	return nil, errors.New("no package " + path)
}

// TamaGo's distribution may not be here to build the kernel for GOOS=tamago.
// The same files make a package for any GOOS that is not linux: they must
// type-check against the standard library of one that has as little of Unix as
// TamaGo's, and against the runtime/goos hooks.
func TestTamaGoSourcesTypeCheck(t *testing.T) { checkTamaGo(t) }

// checkTamaGo type-checks the kernel as TamaGo's build sees it.
func checkTamaGo(t *testing.T) (kernel *types.Package) {
	t.Helper()
	fset := token.NewFileSet()
	checked := map[string]*types.Package{"unsafe": types.Unsafe}
	for _, p := range listKernel(t, "plan9") {
		ours := strings.HasPrefix(p.ImportPath, "github.com/ringo-vmm/")
		var files []*ast.File
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		if p.ImportPath == "unsafe" {
			continue
		}
		config := types.Config{
			GoVersion: "go1.26", Sizes: types.SizesFor("gc", "amd64"), IgnoreFuncBodies: !ours,
			Importer: importer{checked, p.ImportMap},
			Error: func(err error) {
				if ours {
					t.Error(err)
				}
			},
		}
		checked[p.ImportPath], _ = config.Check(p.ImportPath, fset, files, nil)
		if strings.HasSuffix(p.ImportPath, "/ringo/kernel") {
			kernel = checked[p.ImportPath]
			if !slices.Contains(p.GoFiles, "runtime_tamago.go") || slices.Contains(p.GoFiles, "runtime_linux.go") {
				t.Errorf("these are not the sources of TamaGo's build: %v", p.GoFiles)
			}
		}
	}
	return kernel
}

// The kernel must define every function that the module's package goos, which
// is TamaGo's runtime/goos, declares; only the linker would tell.
func TestTamaGoHooksAreThere(t *testing.T) {
	var out bytes.Buffer
	o := Options{Root: root, Out: t.TempDir(), Log: &out}
	env, err := prepare(&o)
	if err != nil {
		t.Fatal(err)
	}
	if err := env.run(t.Context(), "list", "-m", "-f", "{{.Dir}}", "github.com/usbarmory/tamago"); err != nil {
		t.Fatalf("go list: %v\n%s", err, out.Bytes())
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, filepath.Join(strings.TrimSpace(out.String()), "goos/goos.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	config := types.Config{Importer: importer{checked: map[string]*types.Package{"unsafe": types.Unsafe}}}
	hooks, err := config.Check("runtime/goos", fset, []*ast.File{f}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "kernel/runtime_tamago.go"))
	if err != nil {
		t.Fatal(err)
	}
	defined := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^//go:linkname (\w+) runtime/goos\.(\w+)$`).FindAllSubmatch(text, -1) {
		defined[string(m[2])] = string(m[1])
	}
	kernel := checkTamaGo(t)
	for _, name := range hooks.Scope().Names() {
		hook, ok := hooks.Scope().Lookup(name).(*types.Func)
		if !ok || name == "CPUinit" { // which is assembly
			continue
		}
		if ours := kernel.Scope().Lookup(defined[name]); ours == nil || !types.Identical(ours.Type(), hook.Type()) {
			t.Errorf("the kernel has %v for the hook %v", ours, hook)
		}
	}
}

func TestTamaGoPackagesLink(t *testing.T) {
	var out bytes.Buffer
	dir := t.TempDir()
	o := Options{Root: root, Out: dir, Log: &out}
	env, err := prepare(&o)
	if err != nil {
		t.Fatal(err)
	}
	if err := env.run(t.Context(), "build", "-trimpath", "-buildvcs=false", "-tags", o.tags(), "-o", filepath.Join(dir, "linked"), "./internal/toolchain/tamagopkgs"); err != nil {
		t.Errorf("%v\n%s", err, out.Bytes())
	}
}

func TestStockGoIsNotTakenForTamaGo(t *testing.T) {
	version, err := pinned(root)
	if err != nil {
		t.Fatal(err)
	}
	stock, err := stockGOROOT(root, version)
	if err != nil {
		t.Fatal(err)
	}
	_, err = prepare(&Options{Root: root, Out: t.TempDir(), TamaGo: filepath.Join(stock, "bin", "go")})
	if err == nil || !strings.Contains(err.Error(), "is not TamaGo's") {
		t.Errorf("got %v", err)
	}
}
