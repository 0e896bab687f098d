package layout_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// page is where tests are TypeScript too, and are named by their titles.
const page = "owner/web"

var code = regexp.MustCompile("`([^`]+)`")

// attacks reads the table of docs/security.md: for each attack the tests that are named in its last column, by package.
func attacks(t *testing.T, root string) map[string]map[string][]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(b), "\n## Attacks\n")
	section, _, _ = strings.Cut(section, "\n## ")
	all := map[string]map[string][]string{}
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 3 || !strings.HasPrefix(line, "| ") || strings.TrimSpace(cells[1]) == "" || strings.TrimSpace(cells[2]) == "tests" {
			continue
		}
		attack, in, tests := strings.TrimSpace(cells[0]), "", map[string][]string{}
		for _, m := range code.FindAllStringSubmatch(cells[2], -1) {
			if info, err := os.Stat(filepath.Join(root, m[1])); err == nil && info.IsDir() {
				in = m[1]
			} else {
				tests[in] = append(tests[in], m[1])
			}
		}
		if len(tests) == 0 || tests[""] != nil {
			t.Errorf("%s: no test, or one without its package: %s", attack, cells[2])
		}
		if all[attack] != nil {
			t.Errorf("%s: stands twice", attack)
		}
		all[attack] = tests
	}
	if len(all) < 50 {
		t.Fatalf("only %d attacks can be read from docs/security.md", len(all))
	}
	return all
}

// TestAttacksAreTested: what docs/security.md says is tested is a test, and what is called an attack stands there.
func TestAttacksAreTested(t *testing.T) {
	root := filepath.Join("..", "..")
	named := map[string]bool{}
	for attack, tests := range attacks(t, root) {
		for in, names := range tests {
			for _, name := range names {
				named[in+" "+name] = true
				if !hasTest(t, filepath.Join(root, in), name) && !(in == page && hasTitle(t, filepath.Join(root, in, "test"), name)) {
					t.Errorf("%s: there is no test %q in %s", attack, name, in)
				}
			}
		}
	}
	attack := regexp.MustCompile(`(?m)^func (TestAttack\w*)\(`)
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() && (e.Name() == "node_modules" || e.Name() == ".git") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		for _, m := range attack.FindAllSubmatch(b, -1) {
			if name := string(m[1]); !named[filepath.ToSlash(dir)+" "+name] && name != "TestAttacksAreTested" {
				t.Errorf("%s in %s is an attack that docs/security.md does not list", name, dir)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// hasTest says whether a package has a test in Go.
func hasTest(t *testing.T, dir, name string) bool {
	t.Helper()
	return anyFile(t, filepath.Join(dir, "*_test.go"), func(text string) bool { return strings.Contains(text, "\nfunc "+name+"(") })
}

// dynamic is a title with one thing to be filled in, which stands as a string in the same file.
var dynamic = regexp.MustCompile("test\\(`([^`$]*)\\$\\{\\w+\\}([^`$]*)`")

// hasTitle says whether a folder has a test in TypeScript with this title.
func hasTitle(t *testing.T, dir, title string) bool {
	t.Helper()
	return anyFile(t, filepath.Join(dir, "*.test.ts"), func(text string) bool {
		if strings.Contains(text, `test("`+title+`"`) {
			return true
		}
		for _, m := range dynamic.FindAllStringSubmatch(text, -1) {
			rest, begins := strings.CutPrefix(title, m[1])
			what, ends := strings.CutSuffix(rest, m[2])
			if begins && ends && what != "" && strings.Contains(text, `"`+what+`"`) {
				return true
			}
		}
		return false
	})
}

func anyFile(t *testing.T, pattern string, holds func(text string) bool) bool {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if holds(string(b)) {
			return true
		}
	}
	return false
}
