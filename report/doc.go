// Package report writes results as one page with plots:
//
//	make report RESULTS=results/x.txt             # a run
//	make report RESULTS="results/a.txt results/b.txt"    # the second against the first
//	make report RESULTS=results/x                 # a folder of make compare
//
// In another repository, go test github.com/echobench/echobench/report -run TestReport
// -results $PWD/x.txt -html $PWD/x.html does the same, and so does a call of [Write]. (-o is
// a flag of go test itself.)
//
// The page is one HTML file that needs neither a network nor a script. It has the results
// file itself, a table behind each plot, and says what could not be shown. It is a module of
// its own, so that importers of echobench do not depend on it.
package report
