// Package nn describes networks as graphs. A Graph is built with one method per
// operator, each of which works out the shape and element type of its result;
// one definition serves inference, training and export, for which it emits the
// bytes of an ONNX file. What runs those bytes is a Session, which a device
// opens: this package knows the interface only.
//
// # Shapes
//
// Arrays are dense and row-major. An axis is a number or a name (Dim); named
// sizes are bound when the network runs. Operators that cannot tell a size give
// it a name derived from their operands', so that equal derivations stay equal.
//
// # Mistakes and bad data
//
// A graph is code: an operator given shapes that do not fit panics with a
// ShapeError. An ONNX file is data: CheckONNX and Describe return errors, and
// every file from outside passes CheckONNX before a runtime sees it.
//
// # Gradients
//
// Differentiate takes a network apart for training: a forward graph whose weights
// are inputs, and a graph that goes backwards through it. The rules of the single
// operators stand in the files named rules*.go. A value that only chooses (an
// index, a condition, a sign, a size) passes no gradient on. Where several
// elements share a maximum, ReduceMax gives each an equal part and MaxPool all of
// it to the first. At a kink (Abs and Relu at 0) the gradient is 0; Clip passes it
// on at its bounds.
//
// # Walking a graph
//
// Nodes lists the operations in an order they can run in; each Node names its
// ONNX operator, its operands and its result, and what ONNX takes as an input
// (axes, shapes, bounds) is a constant among the operands. A pass over the graph,
// such as one that adds gradients, needs nothing else.
package nn
