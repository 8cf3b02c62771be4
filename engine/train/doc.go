// Package train turns labelled slides into a model: datasets and their splits,
// the training loop with its checkpoints, and the metrics. It knows nothing of
// the method that is trained: that is a Learner.
//
// # Repeating
//
// Everything random follows from one seed. The order of an epoch's slides comes
// from (seed, epoch), what is random in a step from (seed, epoch, step), the
// split from (seed, class), so that no state of a generator needs keeping and the
// order of lines in a table does not matter. Sums are taken in float64, in a fixed
// order. The same data, settings and seed give the same bytes of every file of a
// run, interrupted or not.
//
// # Run folder
//
//	run.json                what was asked for: settings, classes, splits; written first
//	checkpoint.safetensors  after every epoch: the learner, the best weights, the history
//	metrics.csv             the history, a line per epoch
//	model.safetensors       the best model so far
//	predictions.csv         what that model says of the test split, at the end
//	evaluation.json         Summary; written last: a run that has it is finished
//	run.lock                held while a process works on the run
//
// The checkpoint is the one file that a run goes on from. metrics.csv and
// model.safetensors are made from it and are written again on going on, so that
// a kill between any two writes does no harm. Every file is written under a
// temporary name, synced and renamed.
package train
