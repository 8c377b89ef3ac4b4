//go:build !unix

package compare

func victim() {}
