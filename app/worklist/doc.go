// Package worklist keeps what is known of a laboratory's slides in one SQLite
// file: where they lie, what models said of them, and what readers say of that.
//
// # Cases
//
// A case is a slide known by its content (slideio.ContentID), so that results
// survive moving and renaming; the same content under several paths is one case
// with several places. A Setup is a model with its encoder and settings. A run is
// one case under one setup, at the magnification that the user stated for the case
// (0: the file's own): it is queued, running, then done or failed. A new version of
// a model is another setup, under which every case is queued again; what the old
// one said stays.
//
// # Once
//
// Every change is one transaction, on the disk when the call returns. A run goes
// from running to done only in the transaction that stores what came of it, and
// there is one run for each case, setup and magnification, so that a slide is done
// once however often the program is killed. A run that was running when the program
// ended is queued again when the file is next opened, behind those that were not.
// The history of states is kept.
//
// # Where results are
//
// The whole result of a run is kept compressed in the same file, in a table that
// lists do not touch: a result is there exactly when its run is done, and one file
// is all there is to copy or to back up.
//
// # Files
//
// Beside FILE stand FILE-wal and FILE-shm while it is open, FILE.lock, which keeps a
// second program out, FILE.v1-DATE.backup, made before a newer version of the
// program changes the layout, and FILE.damaged-DATE, a file that was found damaged.
package worklist
