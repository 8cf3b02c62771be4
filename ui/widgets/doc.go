// Package widgets holds the controls that the window's panels are made of. They
// hold no logic: they show what they are given and call back what was done. All
// their methods are called on the UI thread. None takes the keyboard's focus,
// except where text is typed, so that the window's own keys always work.
package widgets
