package testkit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// CPUQuota returns the beginning of a command that runs what follows in a control group
// of its own, whose processes may keep the given number of processors busy together. It
// skips tb with the reason where that is not possible: elsewhere than on Linux, and for
// users who may not create control groups.
func CPUQuota(tb testing.TB, cpus float64) (command []string) {
	tb.Helper()
	const period = 100_000 // microseconds
	folder, err := quotaV1(int(cpus*period), period)
	if err != nil {
		var errV2 error
		if folder, errV2 = quotaV2(int(cpus*period), period); errV2 != nil {
			tb.Skipf("no control group with a CPU quota: %v; %v", err, errV2)
		}
	}
	tb.Cleanup(func() {
		var err error
		for end := time.Now().Add(Hang); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			if err = os.Remove(folder); err == nil {
				return
			}
		}
		tb.Errorf("the control group remains: %v", err)
	})
	return []string{"/bin/sh", "-c", `echo $$ >"$0" && exec "$@"`, filepath.Join(folder, "cgroup.procs")}
}

// quotaV1 creates a group of version 1.
func quotaV1(quota, period int) (folder string, err error) {
	return createGroup("/sys/fs/cgroup/cpu", map[string]int{"cpu.cfs_period_us": period, "cpu.cfs_quota_us": quota})
}

// quotaV2 creates a group of version 2, if that controls the processors.
func quotaV2(quota, period int) (folder string, err error) {
	const mount = "/sys/fs/cgroup"
	controllers, err := os.ReadFile(filepath.Join(mount, "cgroup.subtree_control"))
	if err != nil {
		return "", err
	}
	if !slices.Contains(strings.Fields(string(controllers)), "cpu") {
		return "", fmt.Errorf("%s does not control the processors of its groups", mount)
	}
	if folder, err = createGroup(mount, nil); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(folder, "cpu.max"), fmt.Appendf(nil, "%d %d", quota, period), 0); err != nil {
		return "", errors.Join(err, os.Remove(folder))
	}
	return folder, nil
}

// createGroup creates a group below a folder and writes its files.
func createGroup(parent string, files map[string]int) (folder string, err error) {
	if folder, err = os.MkdirTemp(parent, "echobench-test-"); err != nil {
		return "", err
	}
	for name, value := range files {
		if err := os.WriteFile(filepath.Join(folder, name), fmt.Append(nil, value), 0); err != nil {
			return "", errors.Join(err, os.Remove(folder))
		}
	}
	return folder, nil
}
