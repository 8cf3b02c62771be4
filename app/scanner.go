package app

import (
	"fmt"
	"strings"

	"zoomscope/slideio"
)

// scannerProperties are, for each vendor as OpenSlide names it, the properties
// that tell one device from another.
func scannerProperties(vendor string) []string {
	switch vendor {
	case "aperio":
		return []string{"aperio.ScannerType", "aperio.ScanScope ID"}
	case "hamamatsu":
		return []string{"hamamatsu.Product", "hamamatsu.NDP.S/N"}
	case "leica":
		return []string{"leica.device-model", "leica.device-version"}
	case "philips":
		return []string{"philips.DICOM_MANUFACTURERS_MODEL_NAME", "philips.DICOM_DEVICE_SERIAL_NUMBER"}
	case "ventana":
		return []string{"ventana.ScannerModel", "ventana.UnitNumber"}
	case "dicom":
		return []string{"dicom.ManufacturerModelName", "dicom.DeviceSerialNumber"}
	}
	return nil
}

// scannerOf names the device that made a slide, by vendor, model and serial
// number as far as the file has them, and the objective, since one device may have
// several. It is "" where neither model nor serial number is there.
func scannerOf(in *slideio.Info) string {
	var names []string
	add := func(keys ...string) {
		for _, k := range keys {
			if name := strings.Join(strings.Fields(in.Properties[k]), " "); name != "" {
				names = append(names, name)
			}
		}
	}
	add(scannerProperties(in.Vendor)...)
	if names == nil {
		add("tiff.Model")
		if names != nil {
			add("tiff.Make")
		}
	}
	if names == nil {
		return ""
	}
	if p := in.Resolution.ObjectivePower; p > 0 {
		names = append(names, fmt.Sprintf("%gx", p))
	}
	return in.Vendor + " " + strings.Join(names, " ")
}
