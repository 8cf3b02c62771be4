// Package strictjson reads the JSON objects that files of this program carry:
// whatever they say beyond what is understood is an error, since the file would
// otherwise be taken for something it is not.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Decode reads the one JSON value that text consists of. More bytes than limit,
// fields that into does not have, and anything behind the value are errors.
func Decode(text []byte, limit int, into any) error {
	if len(text) > limit {
		return fmt.Errorf("%d bytes of JSON, the limit is %d", len(text), limit)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the JSON value")
	}
	return nil
}
