package header

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
)

// modules lists the modules of this binary with their versions, such as
// "google.golang.org/grpc v1.83.2". The go command leaves them out of the build
// information of a test binary, but the names of the source files, which the binary has
// for stack traces, contain them too.
func modules() []string {
	if info, ok := debug.ReadBuildInfo(); ok && len(info.Deps) > 0 {
		var list []string
		for _, m := range info.Deps {
			list = append(list, moduleVersion(m))
		}
		return list
	}
	list, err := modulesOfFiles()
	switch {
	case err != nil:
		return []string{fmt.Sprintf("unknown (%v)", err)}
	case len(list) == 0:
		return []string{"unknown (this binary was not built from the module cache)"}
	}
	return list
}

// moduleVersion formats a module with what replaces it.
func moduleVersion(m *debug.Module) string {
	text := m.Path + " " + m.Version
	if m.Replace != nil {
		text += " => " + m.Replace.Path + " " + m.Replace.Version
	}
	return text
}

// modulesOfFiles returns the modules in the names of the source files, which have the
// form cache/module@version/file. With go build -trimpath, cache is missing.
func modulesOfFiles() (list []string, err error) {
	name, err := os.Executable()
	if err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	const known = "google.golang.org/protobuf@"
	function := runtime.FuncForPC(reflect.ValueOf(proto.Marshal).Pointer())
	file, _ := function.FileLine(function.Entry())
	cache, _, ok := strings.Cut(file, known)
	if !ok {
		return nil, nil
	}
	found := map[string]bool{}
	err = eachString(f, "@v", func(text string) {
		path, ok := strings.CutPrefix(text, cache)
		module, rest, _ := strings.Cut(path, "@")
		version, file, _ := strings.Cut(rest, "/")
		if ok && strings.HasSuffix(file, ".go") && module != "golang.org/toolchain" {
			found[unescape(module)+" "+unescape(version)] = true
		}
	})
	for module := range found {
		list = append(list, module)
	}
	slices.Sort(list)
	return list, err
}

// maxName is the length of the longest file name that eachString finds for certain.
const maxName = 4 << 10

// eachString calls f for each string between two zero bytes that contains the mark and
// is not longer than maxName.
func eachString(r io.Reader, mark string, f func(string)) error {
	buf := make([]byte, 0, 256<<10)
	for {
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		for at := 0; ; {
			i := bytes.Index(buf[at:], []byte(mark))
			if i < 0 {
				break
			}
			i += at
			begin, end := bytes.LastIndexByte(buf[:i], 0), bytes.IndexByte(buf[i:], 0)
			if begin >= 0 && end >= 0 {
				f(string(buf[begin+1 : i+end]))
			}
			at = i + len(mark)
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil
		}
		if err != nil {
			return err
		}
		kept := copy(buf, buf[max(0, len(buf)-2*maxName):]) // a string may be in two pieces
		buf = buf[:kept]
	}
}

// unescape returns a path of the module cache as it is in go.mod. The cache has an
// exclamation mark and the small letter for each capital letter.
func unescape(path string) string {
	first, parts, _ := strings.Cut(path, "!")
	for part := range strings.SplitSeq(parts, "!") {
		if part != "" {
			first += strings.ToUpper(part[:1]) + part[1:]
		}
	}
	return first
}

// godebug returns the settings of the binary and those of the environment, which take
// precedence.
func godebug() string {
	settings := []string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "DefaultGODEBUG" {
				settings = append(settings, s.Value)
			}
		}
	}
	if set := os.Getenv("GODEBUG"); set != "" {
		settings = append(settings, set)
	}
	if len(settings) == 0 {
		return "none"
	}
	return strings.Join(settings, ",")
}
