package report

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/echobench/echobench/internal/measure/cells"
	"github.com/echobench/echobench/internal/measure/latency"
)

// A histogram is the latencies of a cell.
type histogram struct {
	samples []*hdrhistogram.Histogram // in nanoseconds; nil if there is only a .hgrm file
	all     []quantile                // of a .hgrm file
	total   int64                     // latencies in the .hgrm file
}

// A quantile is the latency, in seconds, that a share p of the latencies do not exceed.
type quantile struct{ p, value float64 }

// maxHistogram limits the size in bytes of a file with histograms.
const maxHistogram = 64 << 20

// readHistograms reads the histograms of the cells from the file base.hlog, where their
// tags tell the cells, and from the files of single cells in the folder base.
func readHistograms(base string, f *cells.File) (map[*cells.Cell]histogram, error) {
	list := map[*cells.Cell]histogram{}
	var joined map[string][]*hdrhistogram.Histogram
	err := readFile(base+".hlog", func(text []byte) (err error) {
		joined, err = readLog(text)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, c := range f.Cells {
		// GOMAXPROCS is in the names only if it has several values.
		for _, name := range []string{c.Name, strings.TrimSuffix(c.Name, "-"+c.Axis(cells.Procs))} {
			name = latency.FileName("Benchmark" + name)
			h, err := readHistogram(filepath.Join(base, name))
			if err != nil {
				return nil, err
			}
			if h.samples == nil && joined[name] != nil {
				h.samples = joined[name]
			}
			if h.samples != nil || h.all != nil {
				list[c] = h
				break
			}
		}
	}
	return list, nil
}

// readHistogram reads the .hlog file with the name, or else the .hgrm file.
func readHistogram(name string) (h histogram, err error) {
	err = readFile(name+".hlog", func(text []byte) error {
		byTag, err := readLog(text)
		for _, samples := range byTag {
			h.samples = append(h.samples, samples...)
		}
		return err
	})
	if err == nil && h.samples == nil {
		err = readFile(name+".hgrm", func(text []byte) (err error) {
			h.all, h.total, err = readPercentiles(text)
			return err
		})
	}
	return h, err
}

// readFile calls read with the content of a file, if it exists.
func readFile(name string, read func([]byte) error) error {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && info.Size() > maxHistogram {
		err = fmt.Errorf("%d bytes exceed the limit of %d", info.Size(), maxHistogram)
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(name)
	}
	if err == nil {
		err = read(text)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return nil
}

// readLog reads HdrHistogram's log format. It returns the histograms by their tags.
func readLog(text []byte) (byTag map[string][]*hdrhistogram.Histogram, err error) {
	// The decoder does not check all that it reads.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("not a histogram log: %v", r)
		}
	}()
	byTag = map[string][]*hdrhistogram.Histogram{}
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if len(line) == 0 || line[0] == '#' || line[0] == '"' {
			continue
		}
		fields := bytes.Split(bytes.TrimSpace(line), []byte(","))
		h, err := hdrhistogram.Decode(fields[len(fields)-1])
		if err != nil || len(fields) < 4 {
			return nil, fmt.Errorf("line %d is not a histogram (%v)", number, err)
		}
		tag, _ := bytes.CutPrefix(fields[0], []byte("Tag="))
		if len(fields) == 4 {
			tag = nil
		}
		if h.TotalCount() > 0 {
			byTag[string(tag)] = append(byTag[string(tag)], h)
		}
	}
	return byTag, nil
}

// readPercentiles reads a .hgrm file, whose values are microseconds.
func readPercentiles(text []byte) (all []quantile, total int64, err error) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		value, err1 := strconv.ParseFloat(fields[0], 64)
		p, err2 := strconv.ParseFloat(fields[1], 64)
		count, err3 := strconv.ParseInt(fields[2], 10, 64)
		if err1 != nil || err2 != nil || err3 != nil {
			continue // the heading
		}
		total = count
		if p < 1 {
			all = append(all, quantile{p, value / 1e6})
		}
	}
	if len(all) == 0 {
		return nil, 0, errors.New("no percentiles")
	}
	return all, total, lines.Err()
}

// ticksPerHalving is how many percentiles there are for each halving of the distance to
// 100%, as in .hgrm files.
const ticksPerHalving = 5

// levels returns the shares p at which the curve of n latencies has points: those of a .hgrm
// file, up to the last latency.
func levels(n int64) (ps []float64) {
	if n < 2 {
		return nil
	}
	last := 1 - 1/float64(n)
	for distance := 1.0; distance > 1e-12; distance /= 2 {
		for tick := range ticksPerHalving {
			p := 1 - distance + distance/2*float64(tick)/ticksPerHalving
			if p > last {
				return ps
			}
			ps = append(ps, p)
		}
	}
	return ps
}

// curve returns the latencies of a histogram at the levels, which are sorted: as in a .hgrm
// file, the value that at least this share of the latencies do not exceed.
func curve(h *hdrhistogram.Histogram, levels []float64) (list []quantile) {
	var counted int64
	for _, bar := range h.Distribution() {
		counted += bar.Count
		share := float64(counted) / float64(h.TotalCount())
		for bar.Count > 0 && len(list) < len(levels) && levels[len(list)] <= share+1e-12 {
			list = append(list, quantile{levels[len(list)], float64(bar.To) / 1e9})
		}
	}
	return list
}

// medianCurve returns the median of the samples' curves, as far as the median number of
// latencies reaches. A sample that has fewer counts with its longest latency.
func medianCurve(samples []*hdrhistogram.Histogram) (list []quantile) {
	counts := make([]int64, len(samples))
	for i, h := range samples {
		counts[i] = h.TotalCount()
	}
	slices.Sort(counts)
	ps := levels(counts[len(counts)/2])
	values := make([][]float64, len(ps))
	for _, h := range samples {
		for i, q := range curve(h, ps) {
			values[i] = append(values[i], q.value)
		}
	}
	for i, p := range ps {
		list = append(list, quantile{p, median(values[i])})
	}
	return list
}

func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// enoughBeyond is how many latencies must lie beyond a percentile.
const enoughBeyond = 10

// few returns the share p from which fewer than enoughBeyond of n latencies lie beyond.
func few(n int64) float64 { return math.Max(0, 1-enoughBeyond/float64(n)) }
