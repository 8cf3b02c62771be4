package viewer

// Stats is what a view has done and holds.
type Stats struct {
	Tiles   int   // in the cache
	Bytes   int64 // of them
	Pending int   // wanted, being read, or about to be shown
	Uploads int64 // pictures handed to the graphics card since the view was made
}

// Stats is the state at this moment.
func (v *Viewer) Stats() Stats {
	return Stats{
		Tiles:   v.cache.tiles.Len(),
		Bytes:   v.cache.used,
		Pending: v.loader.pending(),
		Uploads: v.stage.uploads + v.preview.uploads + v.layer.uploads,
	}
}
