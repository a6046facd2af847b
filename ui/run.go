package ui

// Run shows the window and returns when it is closed for good.
func Run(c Config) error {
	w := c.App.NewWindow("Parley")
	w.ShowAndRun()
	return nil
}
