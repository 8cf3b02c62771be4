package nn

import "maps"

// replica is a copy of a graph whose weights are inputs after the inputs.
type replica struct {
	*Graph
	of map[*Value]*Value // the copies of the other graph's values
}

func newReplica(g *Graph, name string) *replica {
	r := &replica{NewGraph(name), map[*Value]*Value{}}
	for _, v := range g.inputs {
		r.of[v] = r.Input(v.name, v.dtype, v.shape...)
	}
	for _, v := range g.params {
		r.of[v] = r.Input(v.name, v.dtype, v.shape...)
	}
	for _, v := range g.consts {
		r.of[v] = r.Const(v.tensor)
	}
	for _, n := range g.nodes {
		r.copy(n)
	}
	for _, v := range g.outputs {
		r.Output(v.name, r.of[v])
	}
	return r
}

func (r *replica) copy(n *Node) {
	inputs := make([]*Value, len(n.Inputs))
	for i, v := range n.Inputs {
		if v != nil {
			inputs[i] = r.of[v]
		}
	}
	v := r.add(n.Op, n.Output.dtype, n.Output.shape, n.Attrs, inputs...)
	r.of[n.Output] = v
	for _, more := range n.More {
		r.of[more] = v.node.more(more.dtype, more.shape)
	}
}

// more adds a further result to a node.
func (n *Node) more(t DType, shape []Dim) *Value {
	o := n.Output
	v := &Value{graph: o.graph, kind: KindResult, name: o.name + "/more", dtype: t, shape: shape, node: n}
	n.More = append(n.More, v)
	return v
}

// Parametric is the same network with its weights as inputs, after the inputs
// and in the order of Params: what runs while the weights still change.
func Parametric(g *Graph) *Graph {
	r := newReplica(g, g.name)
	maps.Copy(r.metadata, g.metadata)
	return r.Graph
}
