package compare

import (
	"context"
	"flag"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// buildFlags are the flags with which all sides are built and run.
type buildFlags struct {
	args    []string // of go build, without -ldflags
	ldflags string
	env     []string // of the go command
	test    []string // of the test binary
}

// readOwn returns how this process was built, and the flags of package testing that matter
// to benchmarks. It returns nothing if this is not a test binary.
func readOwn() (info *debug.BuildInfo, test []string) {
	if !testing.Testing() {
		return nil, nil
	}
	flag.Visit(func(f *flag.Flag) {
		if f.Name == "test.short" {
			test = append(test, "-test.short="+f.Value.String())
		}
	})
	info, _ = debug.ReadBuildInfo()
	return info, test
}

// buildFlags returns the flags of this process's test binary, followed by those of
// Config.BuildFlags, which take precedence.
func (b *builder) buildFlags(ctx context.Context) (f buildFlags, err error) {
	goflags, err := b.output(ctx, ".", nil, "go", "env", "GOFLAGS")
	if err != nil {
		return f, err
	}
	f.add(slices.DeleteFunc(splitQuoted(goflags), func(flag string) bool { return !isLinkerFlag(flag) }))
	info, test := b.config.readOwn()
	f.test = test
	if info != nil {
		f.add(recorded(info))
		if f.env, err = b.changedEnv(ctx, info); err != nil {
			return f, err
		}
	}
	f.add(b.config.BuildFlags)
	if all := slices.Concat(f.env, f.args, f.test); len(all) > 0 || f.ldflags != "" {
		if f.ldflags != "" {
			all = append(all, "-ldflags="+f.ldflags)
		}
		b.notes = append(b.notes, "all sides are built and run with "+strings.Join(all, " "))
	}
	return f, nil
}

func isLinkerFlag(flag string) bool {
	return strings.HasPrefix(strings.TrimLeft(flag, "-"), "ldflags=")
}

// add adds flags. A further -ldflags replaces one before, as it does in a go command.
func (f *buildFlags) add(flags []string) {
	for _, flag := range flags {
		if isLinkerFlag(flag) {
			_, f.ldflags, _ = strings.Cut(flag, "=")
		} else {
			f.args = append(f.args, flag)
		}
	}
}

// recorded returns the flags of go build that a binary records.
func recorded(info *debug.BuildInfo) (flags []string) {
	for _, s := range info.Settings {
		switch {
		case !strings.HasPrefix(s.Key, "-"), s.Key == "-compiler", s.Key == "-buildmode" && s.Value == "exe":
		case s.Key == "-pgo" && filepath.Base(s.Value) == "default.pgo": // the go command finds that of each side
		default:
			flags = append(flags, s.Key+"="+s.Value)
		}
	}
	return flags
}

// changedEnv returns the variables of the go command that a binary records and that have
// other values now.
func (b *builder) changedEnv(ctx context.Context, info *debug.BuildInfo) (env []string, err error) {
	args := []string{"env"}
	var values []string
	for _, s := range info.Settings {
		if strings.HasPrefix(s.Key, "GO") && s.Key != "GOFIPS140" || strings.HasPrefix(s.Key, "CGO_") && s.Value != "" {
			args, values = append(args, s.Key), append(values, s.Value)
		}
	}
	if len(values) == 0 {
		return nil, nil
	}
	now, err := b.output(ctx, ".", nil, "go", args...)
	if err != nil {
		return nil, err
	}
	for i, value := range strings.Split(now, "\n") {
		if i < len(values) && value != values[i] {
			env = append(env, args[i+1]+"="+values[i])
		}
	}
	return env, nil
}

// splitQuoted splits flags that are separated by spaces, each of which may be in quotes.
func splitQuoted(text string) (flags []string) {
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		end, quoted := strings.IndexByte(text, ' '), text[0] == '\'' || text[0] == '"'
		if quoted {
			end = strings.IndexByte(text[1:], text[0]) + 1
		}
		if end <= 0 {
			end = len(text)
		}
		flag := text[:end]
		if quoted {
			flag, end = text[1:end], min(end+1, len(text))
		}
		flags, text = append(flags, flag), text[end:]
	}
	return flags
}
