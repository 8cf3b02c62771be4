package encoder

import (
	"slices"

	pw "google.golang.org/protobuf/encoding/protowire"
)

// An ONNX file is edited as a list of protobuf fields: what is not touched is
// carried over byte for byte, whatever newer version of the format it is from.
// Field numbers are those of onnx.proto.

// The fields that are read or written.
const (
	modelIR       pw.Number = 1
	modelProducer pw.Number = 2
	modelGraph    pw.Number = 7
	modelOpset    pw.Number = 8
	modelMetadata pw.Number = 14
	modelFunction pw.Number = 25

	graphNode        pw.Number = 1
	graphName        pw.Number = 2
	graphDoc         pw.Number = 10
	graphInitializer pw.Number = 5
	graphInput       pw.Number = 11
	graphOutput      pw.Number = 12
	graphValue       pw.Number = 13

	nodeInput      pw.Number = 1
	nodeOutput     pw.Number = 2
	nodeName       pw.Number = 3
	tensorName     pw.Number = 8
	elementFloat32           = 1
	elementUint8             = 2
)

// field is one field of a message: all its bytes, and of a length-delimited one
// the payload.
type field struct {
	num     pw.Number
	raw     []byte
	payload []byte
}

// message splits a message into its fields, which alias b.
func message(b []byte) ([]field, error) {
	var fs []field
	for len(b) > 0 {
		num, typ, n := pw.ConsumeField(b)
		if n < 0 {
			return nil, pw.ParseError(n)
		}
		f := field{num: num, raw: b[:n]}
		if typ == pw.BytesType {
			_, _, tag := pw.ConsumeTag(b)
			f.payload, _ = pw.ConsumeBytes(b[tag:n])
		}
		fs, b = append(fs, f), b[n:]
	}
	return fs, nil
}

// merged is the message that the fields of this number are together: protobuf
// takes several for their merger, which is that of their bytes in a row.
func merged(fs []field, num pw.Number) []byte {
	var parts [][]byte
	for _, f := range fs {
		if f.num == num {
			parts = append(parts, f.payload)
		}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return slices.Concat(parts...)
}

// copyFields appends the fields of these numbers, unchanged and in their order.
func copyFields(b []byte, fs []field, nums ...pw.Number) []byte {
	for _, f := range fs {
		if slices.Contains(nums, f.num) {
			b = append(b, f.raw...)
		}
	}
	return b
}

// renamed is a message whose strings in the fields of these numbers went
// through rename.
func renamed(b []byte, rename func(string) string, nums ...pw.Number) ([]byte, error) {
	fs, err := message(b)
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, f := range fs {
		if slices.Contains(nums, f.num) {
			out = appendString(out, f.num, rename(string(f.payload)))
		} else {
			out = append(out, f.raw...)
		}
	}
	return out, nil
}

// axis is one axis of a declared shape: a name, or else a size.
type axis struct {
	name string
	size int
}

// valueInfo is a ValueInfoProto.
func valueInfo(name string, element uint64, shape ...axis) []byte {
	var dims []byte
	for _, a := range shape {
		var dim []byte
		if a.name != "" {
			dim = appendString(dim, 2, a.name)
		} else {
			dim = appendInt(dim, 1, uint64(a.size))
		}
		dims = appendMessage(dims, 1, dim)
	}
	tensor := appendMessage(appendInt(nil, 1, element), 2, dims)
	return appendMessage(appendString(nil, 1, name), 2, appendMessage(nil, 1, tensor))
}

func appendInt(b []byte, num pw.Number, x uint64) []byte {
	return pw.AppendVarint(pw.AppendTag(b, num, pw.VarintType), x)
}

func appendString(b []byte, num pw.Number, s string) []byte {
	return pw.AppendString(pw.AppendTag(b, num, pw.BytesType), s)
}

func appendMessage(b []byte, num pw.Number, msg []byte) []byte {
	return pw.AppendBytes(pw.AppendTag(b, num, pw.BytesType), msg)
}
