// Package protocols tests what all five protocols have in common.
package protocols
