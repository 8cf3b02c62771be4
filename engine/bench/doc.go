// Package bench measures how fast this program is, as ratios against something
// simpler that does the same work: ONNX Runtime called bare, or another program.
// What is compared runs in turns within one run, so that a machine whose speed
// drifts, or that others load, slows all of it alike; a ratio is the median over
// the rounds of the quotients within each.
package bench
