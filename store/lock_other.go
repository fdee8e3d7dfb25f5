//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package store

// lockFolder does nothing here: the system has no lock on a folder.
func lockFolder(string) (unlock func()) { return func() {} }
