// Package tempdir creates temporary folders with room for the path of a Unix domain
// socket, whose length is limited.
package tempdir

import (
	"os"
	"runtime"
)

// MaxSocketPath returns the maximum length of a socket's path in bytes. The limits are
// those of sun_path in struct sockaddr_un, which holds a final NUL as well (unix(7),
// unix(4)).
func MaxSocketPath() int {
	switch runtime.GOOS {
	case "aix":
		return 1022
	case "android", "illumos", "linux", "solaris", "windows":
		return 107
	}
	return 103
}

// New creates a folder whose name begins with the prefix, in the system's folder for
// temporary files. It creates it in /tmp instead, if there is one, if a path in the
// folder that is longer than the folder's by more bytes would be too long for a socket.
func New(prefix string, more int) (folder string, err error) {
	folder, err = os.MkdirTemp("", prefix)
	if err != nil || len(folder)+more <= MaxSocketPath() {
		return folder, err
	}
	short, err := os.MkdirTemp("/tmp", prefix)
	if err != nil {
		return folder, nil
	}
	return short, os.Remove(folder)
}
