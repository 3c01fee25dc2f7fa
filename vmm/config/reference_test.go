package config

import (
	"os"
	"strings"
	"testing"
)

// reference is the page for those who write a configuration.
const reference = "../../docs/config.md"

func TestTheReferenceHasEveryKeyAndItsExamplesAreRight(t *testing.T) {
	page, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "\n## Keys\n")
	table, _, _ = strings.Cut(table, "\n## ")
	for _, k := range keys {
		if name := strings.TrimSuffix(k.name, "."); !strings.Contains(table, "`"+name+"`") {
			t.Errorf("the table of keys lacks %s", name)
		}
	}
	_, table, _ = strings.Cut(string(page), "\n## The network\n")
	for _, name := range networkKeys {
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("the table of the network lacks %s", name)
		}
	}
	examples := strings.Split(string(page), "```toml\n")[1:]
	if len(examples) < 8 {
		t.Errorf("%d examples", len(examples))
	}
	for _, e := range examples {
		e, _, _ = strings.Cut(e, "```")
		if strings.HasPrefix(e, "[network]") {
			e += complete("")
		} else if !strings.Contains(e, header) {
			e = complete(e)
		}
		if c, errs := Parse([]byte(e)); len(c.VMs) == 0 || errs != nil {
			t.Errorf("%v in\n%s", errs, e)
		}
	}
}

// header begins a machine.
const header = "[[vm]]\n"

// complete makes a machine of some of its keys.
func complete(part string) string {
	text := header
	for _, line := range []string{`name = "x"`, `memory = "32M"`, `kernel = "k"`} {
		if key, _, _ := strings.Cut(line, " "); !strings.Contains("\n"+part, "\n"+key+" ") {
			text += line + "\n"
		}
	}
	return text + part
}
