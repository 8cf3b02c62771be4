package texts

// Errors are what error dialogs say: what happened, and what to do. The first
// sentence of each also stands alone where there is little room.
type Errors struct {
	Title   string `json:"title"`
	Details string `json:"details"` // heads the technical text

	Unsupported  Problem `json:"unsupported"`
	Damaged      Problem `json:"damaged"`
	Missing      Problem `json:"missing"`
	NoPermission Problem `json:"no_permission"`
	TooLarge     Problem `json:"too_large"`
	NoLibrary    Problem `json:"no_library"`
	NoRuntime    Problem `json:"no_runtime"`
	NoResolution Problem `json:"no_resolution"`
	NoModel      Problem `json:"no_model"`
	NoEncoder    Problem `json:"no_encoder"`
	OtherEncoder Problem `json:"other_encoder"`
	OutOfMemory  Problem `json:"out_of_memory"`
	TooMany      Problem `json:"too_many_patches"` // for the memory there is
	DiskFull     Problem `json:"disk_full"`
	ReadOnly     Problem `json:"read_only"`
	CannotWrite  Problem `json:"cannot_write"`
	OtherSlide   Problem `json:"other_slide"`
	Other        Problem `json:"other"`
}

// Problem is one kind of error in words.
type Problem struct {
	What string `json:"what"`
	Do   string `json:"do"`
}
