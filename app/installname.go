package app

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"zoomscope/engine/encoder"
)

// badName is the error for a name that a model or an encoder, of the file at path,
// cannot be asked for by, nil for any other. ending is that of what is a file's path.
func badName(path, name, ending string) error {
	why := ""
	switch {
	case name == "":
		why = "it is empty"
	case strings.HasPrefix(name, "-"):
		why = "it begins with a dash, as a flag does"
	case strings.HasPrefix(name, "."):
		why = "it begins with a dot, as a hidden file does"
	case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }), strings.TrimSpace(name) != name:
		why = "it holds characters that nobody sees"
	case strings.HasSuffix(strings.ToLower(name), ending):
		why = "it would be taken for a file"
	default:
		return nil
	}
	return fmt.Errorf("%s: %q %w: %s; give one with --name", path, name, ErrBadName, why)
}

// badModelName is badName for a model, which is a file of its name, on any system.
func badModelName(path, name string) error {
	if strings.ContainsAny(name, notInFileNames) || strings.HasSuffix(name, ".") || isDevice(name) {
		return fmt.Errorf("%s: %q %w: no file can be called so; give one with --name", path, name, ErrBadName)
	}
	return badName(path, name, modelExt)
}

// isDevice reports whether Windows takes a file of this name for a device, whatever
// follows a dot.
func isDevice(name string) bool {
	name, _, _ = strings.Cut(strings.ToUpper(name), ".")
	name = strings.TrimRight(name, " ")
	switch name {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	port, ok := strings.CutPrefix(name, "COM")
	if !ok {
		port, ok = strings.CutPrefix(name, "LPT")
	}
	return ok && utf8.RuneCountInString(port) == 1 && strings.Contains("123456789¹²³", port)
}

// badEncoderName is badName for an encoder, which must not be called as the one that
// comes with the program.
func badEncoderName(path, name string) error {
	builtin, err := encoder.Builtin()
	if err != nil {
		return err
	}
	if name == BuiltinEncoder || name == builtin.Card().Name {
		return fmt.Errorf("%s: %q %w: it means the encoder that comes with the program; give one with --name", path, name, ErrBadName)
	}
	return badName(path, name, ".onnx")
}
