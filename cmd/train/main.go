// Train makes internal/stories/group/model.json from labelled articles: the weights by which grouping decides whether two articles
// are one story, or tell of one event.
//
//	go run ./cmd/train ../shared/eval internal/stories/group/model.json
//
// A part of the labels is held out, by story and by time; the command prints precision, recall, Brier score and
// reliability on it, and then fits the weights to write on everything.
package main

import (
	"fmt"
	"os"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: train FOLDER MODEL.json (FOLDER holds the labelled sets; its README says which)")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(folder, file string) error {
	var out strings.Builder
	samples, err := gather(folder, &out)
	if err != nil {
		return err
	}
	heldOut(samples, &out)
	fmt.Print(out.String())
	return write(file, fitAll(samples))
}
