//go:build !linux

package child

func condition(int) string { return "" }

func stopped(int) bool { return false }
