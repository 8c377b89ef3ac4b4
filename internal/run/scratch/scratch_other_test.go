//go:build !unix

package scratch

func victim(string) {}
