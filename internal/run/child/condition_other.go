//go:build !linux

package child

func condition(int) string { return "" }

func stopped(int) bool { return false }

func openFiles(int) int { return 0 }

func resident(int) int { return 0 }
