// Package theme is how the window looks: quiet greys and one accent around the
// slide, dense enough for a panel of 320 points, light and dark.
package theme
