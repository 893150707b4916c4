//go:build ignore

// Generate prints cldr.txt from the Unicode CLDR, whose JSON is the npm package cldr-dates-full:
//
//	npm pack cldr-dates-full@48.2.0 && tar xzf cldr-dates-full-48.2.0.tgz
//	go run generate.go package/main >cldr.txt
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// languages are those of news in some number, each with the locales whose names are its own. Of two languages that mean
// different months by one word, the earlier counts where nothing else decides.
var languages = []string{
	"en en-GB en-AU en-CA en-IN", "es es-419 es-MX es-AR es-CL", "fr fr-CA fr-CH", "de de-AT de-CH", "it", "pt pt-PT", "nl nl-BE", "ru", "ja",
	"zh zh-Hant zh-Hans-HK zh-Hant-HK", "ko", "ar ar-LB ar-IQ ar-MA ar-DZ ar-TN ar-MR ar-SA", "tr", "pl", "uk", "cs", "sk", "hu", "ro ro-MD", "bg",
	"el", "sv sv-FI", "da", "no nb nn", "fi", "id", "ms", "vi", "th", "fa", "he", "hi", "bn", "ur ur-IN", "ta", "te", "mr", "gu", "kn", "ml", "pa", "or", "as", "si",
	"ne", "hr", "sr sr-Latn sr-Latn-BA sr-Cyrl-BA", "bs bs-Cyrl", "sl", "mk", "sq", "be", "lt", "lv", "et", "is", "fo", "ga", "cy", "gd", "mt", "eu", "ca", "gl", "oc", "lb",
	"af", "sw sw-KE", "am", "so", "ha", "yo", "ig", "zu", "fil", "jv", "km", "lo", "my", "mn", "kk", "ky", "uz uz-Cyrl", "tk", "tg", "az az-Cyrl", "hy", "ka", "ps", "sd", "ku", "ckb",
}

var kinds = []string{"months", "weekdays", "am", "noon", "pm", "evening", "night"}

// forms are the names of one thing in the locales of a language, the most used first.
type forms []string

func (f *forms) add(name string) {
	// A name with a digit is a number and a mark, which the reader of dates knows by itself.
	if name == "" || strings.ContainsFunc(name, unicode.IsDigit) || slices.Contains(*f, name) {
		return
	}
	*f = append(*f, name)
}

type names map[string]map[string]map[string]string // format or stand-alone, width, key

type gregorian struct {
	Months, Days, DayPeriods names
}

func main() {
	fmt.Print(header)
	for _, l := range languages {
		locales := strings.Fields(l)
		var all [7][12]forms
		for _, locale := range locales {
			if g, ok := read(filepath.Join(os.Args[1], locale, "ca-gregorian.json")); ok {
				g.collect(&all)
			}
		}
		fmt.Printf("\n[%s]\n", locales[0])
		for k, kind := range kinds {
			var parts []string
			for i, f := range all[k] {
				if k == 0 || k == 1 && i < 7 || len(f) > 0 {
					parts = append(parts, strings.Join(f, ", "))
				}
			}
			if strings.Join(parts, "") != "" {
				fmt.Printf("%s: %s\n", kind, strings.Join(parts, " | "))
			}
		}
	}
}

func read(file string) (gregorian, bool) {
	data, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return gregorian{}, false // "no" is made of nb and nn
	}
	var doc struct {
		Main map[string]struct {
			Dates struct {
				Calendars struct{ Gregorian gregorian }
			}
		}
	}
	if err == nil {
		err = json.Unmarshal(data, &doc)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, file, err)
		os.Exit(1)
	}
	for _, locale := range doc.Main {
		return locale.Dates.Calendars.Gregorian, true
	}
	return gregorian{}, false
}

func (g gregorian) collect(all *[7][12]forms) {
	for _, width := range []string{"wide", "abbreviated", "short"} {
		for _, context := range []string{"format", "stand-alone"} {
			for i := range 12 {
				all[0][i].add(g.Months[context][width][strconv.Itoa(i+1)])
			}
			for i, day := range []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} {
				all[1][i].add(g.Days[context][width][day])
			}
			for _, period := range []string{"am", "am-alt-variant", "pm", "pm-alt-variant", "midnight", "morning1", "morning2", "noon", "afternoon1", "afternoon2", "evening1", "evening2", "night1", "night2"} {
				all[kindOf(period)][0].add(g.DayPeriods[context][width][period])
			}
		}
	}
}

// kindOf says which half of a clock of twelve hours a period of the day is.
func kindOf(period string) int {
	switch strings.TrimRight(period, "12") {
	case "am", "am-alt-variant", "midnight", "morning":
		return slices.Index(kinds, "am")
	case "noon":
		return slices.Index(kinds, "noon")
	case "evening":
		return slices.Index(kinds, "evening")
	case "night":
		return slices.Index(kinds, "night")
	}
	return slices.Index(kinds, "pm")
}

const header = `# Months from January to December, weekdays from Sunday to Saturday, and parts of the day, by language. "|" parts one
# month or day from the next, a comma the forms of one: whole and short, declined and not.
#
# Made by generate.go from the Unicode CLDR 48.2. Do not change this file: what is missing goes into more.txt.
# Copyright © 2004-2026 Unicode, Inc. Unicode License v3, see LICENSE.
`
