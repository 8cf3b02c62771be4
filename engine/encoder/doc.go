// Package encoder turns patches of a slide into feature vectors. An encoder is
// one ONNX file whose input is uint8 [B, 256, 256, 3], red first, and whose
// output is float32 [B, D]: everything between, the normalisation included, is
// in the network. B is free. The file's metadata holds a Card that says what
// the encoder is; the SHA-256 of the file's bytes is its identity, which models
// and feature bags record.
//
// Builtin is an encoder that needs no learned weights. Import makes encoders of
// checkpoints of residual networks and of ONNX files of other shapes, which a
// Description describes. A Store keeps the imported ones in a folder.
package encoder
