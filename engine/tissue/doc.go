// Package tissue tells tissue from background on a low-power picture of a
// slide, exactly as the preprocessing that ZoomMIL was published with does.
//
// # Procedure
//
// Of an RGB picture ([Find]):
//
//  1. Pixels whose HSV saturation is not above its Otsu threshold become white.
//  2. The picture is reduced by Settings.Downsampling, nearest neighbour.
//  3. Round by round, until nothing dark enough is left: the darkness of what
//     remains is smoothed by a Gaussian and cut at the Otsu threshold of its
//     values above 0; the largest 4-connected component, dilated by a square, is
//     tissue when its mean grey value is below Settings.Background, and is then
//     painted white.
//  4. The mask is enlarged to the picture's size, nearest neighbour.
//
// The Gaussian is summed in float64 in the order the reference sums it, and no
// product is fused with a sum, so that values differ from the reference's by a
// rounding or two at most (below 1e-13).
//
// # Scale
//
// Sigma, kernel and downsampling are counted in pixels of the picture at
// Settings.Magnification. A picture of another power p is treated so that the
// tissue's structures keep their physical size ([Settings.At]): with s =
// p / Magnification, the downsampling becomes Downsampling * s, so that the
// reduced picture has the same physical pixels as before; where that would be
// below 1 (the picture is already coarser) it becomes 1, and the factor that is
// missing scales sigma and kernel, and its square the smallest component.
//
// # Time and memory
//
// After each round only the surroundings of what was painted are smoothed
// again, with equal results. Work memory is at most 8 bytes per pixel of the
// reduced picture that is not background, plus 2 bytes for every pixel and a
// few megabytes for each processor: some 180 MB for 16 megapixels that are all
// tissue with downsampling 1, and less on an ordinary slide. Settings with more
// than one thresholding step need twice the 8 bytes, and noise that is not
// smoothed at all (sigma 0) some 40 bytes for every stretch of dark pixels.
package tissue
