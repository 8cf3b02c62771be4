package texts

// Shell are the words of the window itself: menus, title, tabs, dialogs.
type Shell struct {
	Title string `json:"title"`
}
