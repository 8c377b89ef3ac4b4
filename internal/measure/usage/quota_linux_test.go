package usage

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

// TestQuotaIsFound: the files are those of proc(5) and cgroups(7) in several systems.
func TestQuotaIsFound(t *testing.T) {
	const (
		v1 = "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct\n33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
		v2 = "41 31 0:38 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
	)
	for _, c := range []struct {
		name, groups, mounts string
		files                map[string]string // below /sys/fs/cgroup
		cpus                 float64
		throttled            int
	}{
		{"no control groups", "", "", nil, 0, 0},
		{"version 1 without a limit", "1:cpu:/a\n", v1, map[string]string{"cpu/a/cpu.cfs_quota_us": "-1\n", "cpu/a/cpu.cfs_period_us": "100000\n"}, 0, 0},
		{"version 1", "2:cpuset:/b\n1:cpu,cpuacct:/a\n0::/\n", v1, map[string]string{
			"cpu/a/cpu.cfs_quota_us": "150000\n", "cpu/a/cpu.cfs_period_us": "100000\n", "cpu/a/cpu.stat": "nr_periods 10\nnr_throttled 3\nthrottled_time 5\n",
			"cpuset/b/cpu.cfs_quota_us": "1000\n", "cpuset/b/cpu.cfs_period_us": "100000\n",
		}, 1.5, 3},
		{"version 2 without a limit", "0::/a\n", v2, map[string]string{"a/cpu.max": "max 100000\n"}, 0, 0},
		{"version 2", "0::/a/b\n", v2, map[string]string{"a/cpu.max": "max 100000\n", "a/b/cpu.max": "50000 100000\n", "a/b/cpu.stat": "usage_usec 7\nnr_periods 10\nnr_throttled 4\n"}, 0.5, 4},
		{"the group above has less", "0::/a/b\n", v2, map[string]string{
			"a/cpu.max": "100000 100000\n", "a/cpu.stat": "nr_throttled 5\n",
			"a/b/cpu.max": "200000 100000\n", "a/b/cpu.stat": "nr_throttled 6\n",
		}, 1, 5},
		{"a container that sees its own group only", "0::/docker/x/b\n", "41 31 0:38 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup rw\n", map[string]string{"b/cpu.max": "200000 100000\n"}, 2, 0},
		{"a group outside of what is mounted", "0::/../y\n", v2, map[string]string{"cpu.max": "300000 100000\n"}, 3, 0},
		{"unreadable numbers", "0::/\n", v2, map[string]string{"cpu.max": "much 100000\n"}, 0, 0},
	} {
		root := t.TempDir()
		files := map[string]string{"proc/self/cgroup": c.groups, "proc/self/mountinfo": c.mounts}
		for name, text := range c.files {
			files["sys/fs/cgroup/"+name] = text
		}
		for name, text := range files {
			name = filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got := findQuota(root)
		if _, throttled := readStat(got.folder); got.CPUs != c.cpus || throttled != c.throttled {
			t.Errorf("%s: %v processors in %s, throttled %d times, want %v and %d", c.name, got.CPUs, got.folder, throttled, c.cpus, c.throttled)
		}
		if (got.Group != "") != (c.cpus > 0) {
			t.Errorf("%s: the group is identified by %q", c.name, got.Group)
		}
	}
}

// TestQuotaOfTheKernel lets a child use up a quota.
func TestQuotaOfTheKernel(t *testing.T) {
	s, _ := runChild(t, "throttled", testkit.CPUQuota(t, 0.25)...)
	if q := s.Quota; q.CPUs != 0.25 || q.Throttled == 0 || q.Periods < q.Throttled || q.Group == "" {
		t.Errorf("got %+v, want a quota of 0.25 that was used up in some periods", q)
	}
}
