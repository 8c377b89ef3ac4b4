package usage

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// ReadQuota returns the quota of this process. If the groups that contain its own group
// have quotas as well, it returns the smallest. It finds out once which that is.
func ReadQuota() Quota {
	q := ownQuota()
	if q.CPUs > 0 {
		q.Periods, q.Throttled = readStat(q.folder)
	}
	return q.Quota
}

var ownQuota = sync.OnceValue(func() groupQuota { return findQuota("/") })

// A groupQuota is a Quota and the folder that has the files of its group.
type groupQuota struct {
	Quota
	folder string
}

// findQuota returns the smallest quota that applies to this process. root is the folder
// that has /proc and what is mounted.
func findQuota(root string) (smallest groupQuota) {
	for line := range lines(filepath.Join(root, "proc/self/cgroup")) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3) // hierarchy:controllers:group
		if len(fields) < 3 {
			continue
		}
		kind, limit := "cgroup", limitV1
		switch {
		case fields[0] == "0" && fields[1] == "":
			kind, limit = "cgroup2", limitV2
		case !slices.Contains(strings.Split(fields[1], ","), "cpu"):
			continue
		}
		mount, folder, ok := findMount(root, kind, fields[2])
		for ok {
			if cpus := limit(folder); cpus > 0 && (smallest.CPUs == 0 || cpus < smallest.CPUs) {
				smallest = groupQuota{Quota{CPUs: cpus, Group: identify(root, folder)}, folder}
			}
			ok = folder != mount
			folder = filepath.Dir(folder)
		}
	}
	return smallest
}

// findMount returns where the file system of control groups is mounted that has the
// processor time, and the folder of a group below it. See /proc/pid/mountinfo in proc(5).
func findMount(root, kind, group string) (mount, folder string, ok bool) {
	for line := range lines(filepath.Join(root, "proc/self/mountinfo")) {
		before, after, _ := strings.Cut(line, " - ")
		fields, system := strings.Fields(before), strings.Fields(after)
		if len(fields) < 5 || len(system) < 3 || system[0] != kind ||
			kind == "cgroup" && !slices.Contains(strings.Split(system[2], ","), "cpu") {
			continue
		}
		// In a container, a part of the hierarchy may be mounted only, and the group be
		// outside of it.
		mount = filepath.Join(root, fields[4])
		below, inside := strings.CutPrefix(group, strings.TrimSuffix(fields[3], "/"))
		if !inside || strings.HasPrefix(group, "/..") {
			below = ""
		}
		return mount, filepath.Join(mount, below), true
	}
	return "", "", false
}

// limitV1 returns how many processors the group may use in version 1, and 0 without a
// limit.
func limitV1(folder string) float64 {
	return ratio(read(filepath.Join(folder, "cpu.cfs_quota_us")), read(filepath.Join(folder, "cpu.cfs_period_us")))
}

// limitV2 is limitV1 for version 2, whose file has the quota, or "max", and the period.
func limitV2(folder string) float64 {
	quota, period, _ := strings.Cut(read(filepath.Join(folder, "cpu.max")), " ")
	return ratio(quota, period)
}

// ratio returns the ratio of two positive numbers, and 0 if they are not that.
func ratio(quota, period string) float64 {
	q, err1 := strconv.ParseFloat(quota, 64)
	p, err2 := strconv.ParseFloat(period, 64)
	if err1 != nil || err2 != nil || q <= 0 || p <= 0 {
		return 0
	}
	return q / p
}

// readStat reads a group's cpu.stat, whose first lines are the same in both versions.
func readStat(folder string) (periods, throttled int) {
	for line := range lines(filepath.Join(folder, "cpu.stat")) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, _ := strconv.Atoi(value)
		switch name {
		case "nr_periods":
			periods = n
		case "nr_throttled":
			throttled = n
		}
	}
	return periods, throttled
}

// identify returns what identifies the group in a folder among those of all machines.
func identify(root, folder string) string {
	id := read(filepath.Join(root, "proc/sys/kernel/random/boot_id"))
	var stat syscall.Stat_t
	if syscall.Stat(folder, &stat) != nil {
		return id
	}
	return fmt.Sprintf("%s %d %d", id, stat.Dev, stat.Ino)
}

// read returns the text of a file without surrounding space, or "" if it cannot be read.
func read(name string) string {
	text, _ := os.ReadFile(name)
	return strings.TrimSpace(string(text))
}

// lines returns the lines of a file.
func lines(name string) iter.Seq[string] { return strings.Lines(read(name)) }
