package compare

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// WriteMarkdown writes the result for the comment of a pull request: the rows that are
// not the same as a table, all others folded below it, and the lines that WriteTable
// writes below its table.
func (r *Result) WriteMarkdown(w io.Writer) error {
	var out bytes.Buffer
	title := map[int]string{0: "not slower", 1: "slower", 3: "not judged"}[r.Status()]
	fmt.Fprintf(&out, "### Benchmarks: %s\n\n", title)
	var shown, folded []Row
	for _, row := range r.Rows {
		if row.Verdict == Same {
			folded = append(folded, row)
		} else {
			shown = append(shown, row)
		}
	}
	writeMarkdownRows(&out, shown)
	if len(folded) > 0 {
		fmt.Fprintf(&out, "<details><summary>%d rows are the same</summary>\n\n", len(folded))
		writeMarkdownRows(&out, folded)
		fmt.Fprint(&out, "</details>\n\n")
	}
	for _, line := range r.summary() {
		fmt.Fprintf(&out, "- %s\n", markdown(line))
	}
	_, err := w.Write(out.Bytes())
	return err
}

func writeMarkdownRows(w io.Writer, rows []Row) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprint(w, "| verdict | benchmark | unit | old | new | ratio [95% interval] | placebo |\n|---|---|---|---:|---:|---|---:|\n")
	for _, row := range rows {
		verdict := string(row.Verdict)
		if row.Accepted != "" {
			verdict += ", accepted"
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s |\n", verdict, markdown(strings.TrimPrefix(row.Benchmark, "Benchmark")), markdown(row.Unit),
			numberText(row.Old), numberText(row.New), strings.TrimSpace(ratioText(row.Ratio)), reachText(row.Placebo))
	}
	fmt.Fprintln(w)
}

// markdown escapes what Markdown would take for its own.
func markdown(text string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", "*", `\*`, "_", `\_`, "`", "\\`", "#", `\#`, "[", `\[`, "@", "&#64;").Replace(text)
}
