// Package export turns a finished analysis into files: JSON, CSV, GeoJSON for
// QuPath, pictures, pyramidal TIFF, and a report as PDF.
//
// Places are level-0 pixels of the slide file, as in a result.Result; GeoJSON
// alone counts from the corner of the scanned bounds, because QuPath does. A
// picture of the slide covers the scanned bounds (all of level 0 where the
// vendor gives none), and every picture maps an area of level 0 to its pixels
// by one rule, that of frame: no rounding of places, partly covered pixels
// partly coloured.
//
// Writers of one format take an io.Writer. What writes into a folder gives
// every file a temporary name first, so that a file is there whole or not at
// all. Every output says ResearchUse.
package export
