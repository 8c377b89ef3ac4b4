package broken

func goroutineFaults() []Fault {
	return []Fault{
		{Name: "client leaks a goroutine", Checks: []string{"NoGoroutineLeft"}, Transport: withClientClose(closeAfterLeak)},
		{Name: "server leaks a goroutine", Checks: []string{"NoGoroutineLeft"}, Transport: withServerClose(closeAfterLeak)},
	}
}

// closeAfterLeak starts a goroutine that never ends.
func closeAfterLeak(next closer) func() error {
	go func() { select {} }()
	return next.Close
}
