// Package checkpoint reads the tensors of trained networks: PyTorch's .pt and
// .pth files (the zip format and the older one of several pickles) and
// .safetensors, through one interface.
//
// A PyTorch file is a pickle, a program for a small stack machine that can name
// any Python function to be called. The unpickler here runs the part of that
// machine that state dicts need, calls nothing, and knows a short list of names:
// the tensor and parameter constructors, the storages, OrderedDict, Size, device
// and the element types. Any other name is refused and the error says which.
//
// Go has a general library for pickles and PyTorch files,
// github.com/nlpodyssey/gopickle, whose last release is of 2023. It builds
// whatever objects a file describes, in unbounded number, and reads storages as
// it goes; files here come from anywhere, so this package bounds objects, depth
// and sizes before it takes memory, and touches only the storages asked for.
package checkpoint

// Limits of what is read from a pickle.
const (
	maxPickle  = 64 << 20 // bytes of one pickle, tensors' data not counted
	maxObjects = 2 << 20  // values that the machine makes or copies
	maxDepth   = 16       // dicts inside each other
	maxRank    = 32       // dimensions of a tensor
	maxName    = 1024     // bytes of the name of a class or tensor
	maxNames   = 16 << 20 // bytes of the names of all tensors
)
