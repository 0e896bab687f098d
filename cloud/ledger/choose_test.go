package ledger_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// The ledger may veto, never choose: nothing that it hands out is, or carries, an owner. A function that did would sooner
// or later be asked who may see.
func TestNoFunctionReturnsAnOwner(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	carries := map[string]bool{"OwnerID": true, "KeyID": true, "Record": true, "SignedRecord": true, "Offer": true, "SignedOffer": true, "Grant": true}
	functions := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if !n.Name.IsExported() || n.Type.Results == nil {
					return true
				}
				functions++
				ast.Inspect(n.Type.Results, func(r ast.Node) bool {
					if id, ok := r.(*ast.Ident); ok && carries[id.Name] {
						t.Errorf("%s returns a %s", n.Name.Name, id.Name)
					}
					return true
				})
			case *ast.StructType:
				for _, f := range n.Fields.List {
					for _, name := range f.Names {
						if !name.IsExported() {
							continue
						}
						ast.Inspect(f.Type, func(r ast.Node) bool {
							if id, ok := r.(*ast.Ident); ok && carries[id.Name] {
								t.Errorf("field %s holds a %s", name.Name, id.Name)
							}
							return true
						})
					}
				}
			}
			return true
		})
	}
	if functions == 0 {
		t.Fatal("no function was looked at")
	}
}
