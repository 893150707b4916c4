// Site writes the pages of docs/help as a folder of HTML that a browser opens from a disk, and that any web server can serve:
//
//	make site
//
// They are the pages that the program serves under /help.
package main

import (
	"flag"
	"fmt"
	"os"

	"headwater/internal/serve/web"
)

func main() {
	out := flag.String("out", "site", "`FOLDER` that the pages are written into")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := web.WriteHelp(*out); err != nil {
		fmt.Fprintln(os.Stderr, "site:", err)
		os.Exit(1)
	}
	fmt.Println(*out + "/index.html")
}
