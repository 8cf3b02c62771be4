package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// reviewed are the packages of other modules that import sockets and open none as
// this program uses them, each with what it wants of them.
var reviewed = map[string]string{
	"fyne.io/fyne/v2":                     "can make a resource of a web address; no address is given to it",
	"fyne.io/fyne/v2/internal/repository": "reads http addresses that are opened as a file; none are",
	"github.com/godbus/dbus/v5":           "asks the desktop for its light or dark look over a local socket",
	"github.com/google/uuid":              "reads hardware addresses",
	"github.com/spf13/pflag":              "has flags that hold network addresses",
}

// Linked is the program as the linker sees it: for each package, the packages that
// it imports.
type Linked map[string][]string

// ParseLinked reads lines of a package, a colon and the packages it imports, with
// spaces between.
func ParseLinked(list string) (Linked, error) {
	linked := Linked{}
	for line := range strings.Lines(list) {
		name, imports, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			return nil, fmt.Errorf("package list: no colon in %q", line)
		}
		linked[name] = strings.Fields(imports)
	}
	return linked, nil
}

// LinkedSockets reports the packages outside the standard library that bring
// sockets into the program and are not reviewed.
func LinkedSockets(linked Linked) []Violation {
	var found []Violation
	for _, name := range slices.Sorted(maps.Keys(linked)) {
		if standard(name) || reviewed[name] != "" {
			continue
		}
		for _, imported := range linked[name] {
			if opensSockets(imported) {
				found = append(found, Violation{name, linked.chain(name) + " -> " + imported,
					"nothing leaves the machine: a module that could open sockets is reviewed first"})
			}
		}
	}
	return found
}

// chain gives the shortest way of imports from the program to the package.
func (l Linked) chain(name string) string {
	ways := map[string]string{Module: Module}
	for queue := []string{Module}; len(queue) > 0 && ways[name] == ""; queue = queue[1:] {
		for _, to := range l[queue[0]] {
			if ways[to] == "" {
				ways[to] = ways[queue[0]] + " -> " + to
				queue = append(queue, to)
			}
		}
	}
	if ways[name] == "" {
		return name
	}
	return ways[name]
}
