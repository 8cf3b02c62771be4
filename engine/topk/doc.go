// Package topk chooses the patches that are zoomed into: the indices of the K
// highest scores, in ascending order, so that the chosen patches keep the order
// they have on the slide. Hard chooses for certain; Perturbed chooses under noise,
// so that training can learn where to look.
package topk
