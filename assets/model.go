package assets

import _ "embed"

//go:embed synthetic.safetensors
var synthetic []byte

// Model is the file of the model that comes with the program, made by
// make demo-model; synthetic.md beside it is its card. It must not be written to.
func Model() []byte { return synthetic }
