package nn

import "fmt"

// MatchInputs reports arrays that are not what a network's inputs want: their
// number, element types, sizes, and sizes that share a name. Sessions use it so
// that every one of them gives the same errors.
func MatchInputs(ports []Port, tensors []*Tensor) error {
	if len(tensors) != len(ports) {
		return fmt.Errorf("%d inputs given, want %d", len(tensors), len(ports))
	}
	sizes := map[string]int{"?": -1}
	for i, p := range ports {
		if err := match(p, tensors[i], sizes); err != nil {
			return fmt.Errorf("input %v: %w", p, err)
		}
	}
	return nil
}

// MatchOutputs is MatchInputs for the outputs, of which nil ones are still to
// be made. A size that is named is not checked: it follows from the run.
func MatchOutputs(ports []Port, tensors []*Tensor) error {
	if len(tensors) != len(ports) {
		return fmt.Errorf("%d outputs given, want %d", len(tensors), len(ports))
	}
	for i, p := range ports {
		if tensors[i] == nil {
			continue
		}
		if err := match(p, tensors[i], nil); err != nil {
			return fmt.Errorf("output %v: %w", p, err)
		}
	}
	return nil
}

// match compares a tensor with a port, and notes named sizes unless sizes is nil.
func match(p Port, t *Tensor, sizes map[string]int) error {
	if err := t.Validate(); err != nil {
		return err
	}
	if t.Type != p.Type || p.Ranked && len(t.Shape) != len(p.Shape) {
		return fmt.Errorf("got %v%v", t.Type, t.Shape)
	}
	for i, d := range p.Shape {
		if d.Known() {
			if t.Shape[i] != d.Size {
				return fmt.Errorf("got %v%v", t.Type, t.Shape)
			}
			continue
		}
		if known, ok := sizes[d.Name]; ok && known >= 0 && known != t.Shape[i] {
			return fmt.Errorf("got %v%v, but %s is %d", t.Type, t.Shape, d.Name, known)
		}
		if sizes != nil && d.Name != "?" {
			sizes[d.Name] = t.Shape[i]
		}
	}
	return nil
}
