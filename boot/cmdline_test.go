package boot

import (
	"strings"
	"testing"
)

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		line, key, value string
		ok               bool
	}{
		{"", "foo", "", false},
		{"   ", "foo", "", false},
		{"foo=1", "foo", "1", true},
		{"/ringo.elf foo=1", "foo", "1", true},
		{"tftp://10.0.2.2/ringo.elf foo=1 quiet", "quiet", "", true},
		{"http://boot/ringo.elf?foo=2 foo=1", "foo", "1", true},
		{"foo=1 quiet", "quiet", "", true},
		{"quiet foo=1", "quiet", "", true},
		{"quietly", "quiet", "", false},
		{"foo=1", "fo", "", false},
		{"xfoo=1", "foo", "", false},
		{"foo=", "foo", "", true},
		{"foo==1", "foo", "=1", true},
		{"foo=1 foo=2", "foo", "2", true},
		{"foo=1 foo", "foo", "", true},
		{"foo foo=1", "foo", "1", true},
		{"\tfoo=1\nbar=2\r\n", "bar", "2", true},
		{`foo="a b" bar=2`, "foo", "a b", true},
		{`foo="a b" bar=2`, "bar", "2", true},
		{`"foo=a b" bar=2`, "foo", "a b", true},
		{`"foo=a b" bar=2`, "bar", "2", true},
		{`foo="a bar=2"`, "bar", "", false},
		{`"/my images/ringo.elf" foo=1`, "foo", "1", true},
		{`foo=""`, "foo", "", true},
		{`foo="`, "foo", "", true},
		{`foo="a b`, "foo", "a b", true},
		{`foo=a" b"c`, "foo", `a" b"c`, true},
		{`foo=x\"y bar=2`, "bar", "2", true},
		{`foo=x\"y bar=2`, "foo", `x\"y`, true},
	} {
		value, ok := Lookup(c.line, c.key)
		if value != c.value || ok != c.ok {
			t.Errorf("Lookup(%q, %q) = %q, %v, want %q, %v", c.line, c.key, value, ok, c.value, c.ok)
		}
	}
}

func TestModuleName(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "",
		"vms.toml":                 "vms.toml",
		"vms.toml a/b":             "vms.toml",
		"/boot/vms.toml x=1":       "vms.toml",
		"tftp://10.0.2.2/vms.toml": "vms.toml",
		`"/my images/linux" x`:     "linux",
		"/boot/":                   "",
	} {
		var m Module
		m.textLen = copy(m.text[:], text)
		if got := m.Name(); got != want {
			t.Errorf("name of %q is %q, want %q", text, got, want)
		}
	}
}

func FuzzCmdline(f *testing.F) {
	f.Add(`/ringo.elf foo=1 "bar=a b" baz="c d" esc=x\"y`, "bar")
	f.Add(`foo="`, "foo")
	f.Fuzz(func(t *testing.T, line, key string) {
		value, ok := Lookup(line, key)
		if !strings.Contains(line, value) || ok && !strings.Contains(line, key) || !ok && value != "" {
			t.Errorf("Lookup(%q, %q) = %q, %v", line, key, value, ok)
		}
		if strings.ContainsAny(key, " \t\r\n\"\\=") || key == "" {
			return
		}
		if strings.Count(line, `"`)%2 == 0 && !strings.HasSuffix(line, `\`) {
			if v, ok := Lookup(strings.ReplaceAll(line, `"`, "")+" "+key+`="a b"`, key); !ok || v != "a b" {
				t.Errorf("appended %s=%q to %q: %q, %v", key, "a b", line, v, ok)
			}
		}
	})
}
