package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"path/filepath"
	"slices"
	"strings"

	"github.com/echobench/echobench/internal/measure/summary"
	"github.com/echobench/echobench/report/internal/svg"
)

// A page is what the template shows.
type page struct {
	Title    string
	Facts    []string // comments of the results
	Notes    []summary.Note
	Problems []string
	Summary  string
	Sections []section
	Missing  []section // those without plots
	Raw      []download
	Commands []string
}

// A section is a group of plots that show the same figures, and their table.
type section struct {
	ID, Title string
	Text      string // what the plots show
	Remark    string // what they don't
	Plots     []template.HTML
	Wanted    string // what to do to have plots, if there are none
	Table     table
}

// add adds a section. Without plots, it is listed as missing.
func (p *page) add(s section) {
	switch {
	case len(s.Plots) > 0:
		p.Sections = append(p.Sections, s)
	case s.Wanted != "":
		p.Missing = append(p.Missing, s)
	}
}

// maxPlots limits the plots of a section.
const maxPlots = 40

// plot adds a plot, unless there is nothing in it or there are too many.
func (s *section) plot(svg string) {
	switch {
	case svg == "":
	case len(s.Plots) == maxPlots:
		s.Remark = fmt.Sprintf("There are more than %d plots; the table has what the others would show.", maxPlots)
	default:
		s.Plots = append(s.Plots, template.HTML(svg))
	}
}

// finish sets what depends on everything else.
func (p *page) finish(results []string) {
	var names, paths []string
	for _, name := range results {
		folder, base := filepath.Base(filepath.Dir(name)), filepath.Base(name)
		names, paths = append(names, base), append(paths, folder+"/"+base)
	}
	p.Title = strings.Join(names, ", ")
	for _, fact := range p.Facts {
		if command, ok := strings.CutPrefix(fact, "command: "); ok {
			p.Commands = append(p.Commands, command)
		}
	}
	p.Commands = append(p.Commands, "make report RESULTS='"+strings.Join(paths, " ")+"'")
	if !slices.ContainsFunc(results, func(name string) bool { return !strings.HasSuffix(name, ".txt") }) {
		p.Commands = append(p.Commands, "go tool benchstat -col /proto -row '/size@num /par@num' "+strings.Join(paths, " "))
	}
}

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string

	pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
		"csv": func(s section) download { return newDownload(s.ID+".csv", "text/csv", s.Table.CSV()) },
		"style": func() template.CSS {
			return template.CSS(":root{" + svg.Light.Colours() + "}\n@media (prefers-color-scheme: dark){:root{" + svg.Dark.Colours() + "}}\n@media print{:root{" + svg.Light.Colours() + "}}\n" + svg.Style() + pageStyle)
		},
		"kilobytes": func(n int) string { return fmt.Sprintf("%d kB", (n+999)/1000) },
	}).Parse(pageText))
)

func (p *page) render() ([]byte, error) {
	if len(p.Sections) == 0 && p.Summary == "" {
		return nil, fmt.Errorf("%s: nothing that can be shown", p.Title)
	}
	var b bytes.Buffer
	err := pageTemplate.Execute(&b, p)
	return b.Bytes(), err
}
