package config

import (
	"errors"
	"math"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// setting is one value of a Config: anything but a section.
type setting struct {
	key string // "poll.schedule"
	// into points to the value: *string, *bool, *int, *time.Duration, *Age, *Size, *float64,
	// *Secret, *[]string, *[]netip.Prefix or *[]Outlet.
	into any
}

// settings lists the values of a Config, or of any struct with yaml tags, in the order of its fields. prefix is ""
// or ends in ".".
func settings(section reflect.Value, prefix string) []setting {
	var all []setting
	for i := range section.NumField() {
		name := section.Type().Field(i).Tag.Get("yaml")
		field := section.Field(i)
		switch {
		case name == "-":
		case field.Kind() == reflect.Struct:
			all = append(all, settings(field, prefix+name+".")...)
		default:
			all = append(all, setting{key: prefix + name, into: field.Addr().Interface()})
		}
	}
	return all
}

func settingsOf(c *Config) []setting { return settings(reflect.ValueOf(c).Elem(), "") }

// set reads text, as a variable or a flag gives it, into the setting. Lists are written with commas.
func (s setting) set(text string) error {
	switch into := s.into.(type) {
	case *[]string:
		return setList(s.key, into, parts(text), parseText)
	case *[]netip.Prefix:
		return setList(s.key, into, parts(text), parsePrefix)
	case *[]Outlet:
		return faultf("", "can only be set in the file")
	}
	return s.scan(text)
}

// scan reads one value and checks it.
func (s setting) scan(text string) error {
	switch into := s.into.(type) {
	case *string:
		return setOne(s.key, into, text, parseText)
	case *bool:
		return setOne(s.key, into, text, parseBool)
	case *int:
		return setOne(s.key, into, text, parseInt)
	case *time.Duration:
		return setOne(s.key, into, text, parseDuration)
	case *Age:
		return setOne(s.key, into, text, ParseAge)
	case *Size:
		return setOne(s.key, into, text, ParseSize)
	case *float64:
		return setOne(s.key, into, text, parseFloat)
	case *Secret:
		return setSecret(s.key, into, text)
	}
	return faultf("", "is a list, not one value")
}

// setOne parses text, checks the value by the rule of its key and only then stores it.
func setOne[T any](key string, into *T, text string, parse func(string) (T, error)) error {
	value, err := parseChecked(key, text, parse)
	if err != nil {
		return advise(err, key, *into, parse)
	}
	*into = value
	return nil
}

func parseChecked[T any](key, text string, parse func(string) (T, error)) (T, error) {
	value, err := parse(text)
	if err == nil {
		err = check(key, value)
	}
	return value, err
}

// advise makes sure that what a fault says to try is right for the key, and writes it as the file would have it. Where
// nothing right was guessed it is the value that the setting has, or nothing where it has none.
func advise[T any](err error, key string, has T, parse func(string) (T, error)) error {
	var f *fault
	if !errors.As(err, &f) {
		return err
	}
	for _, try := range []string{f.try, show(has)} {
		if value, err := parseChecked(key, try, parse); err == nil && try != "" {
			return faultf(written(value), "%s", f.what)
		}
	}
	return faultf("", "%s", f.what)
}

// setList does the same for each value of a list.
func setList[T comparable](key string, into *[]T, texts []string, parse func(string) (T, error)) error {
	list := make([]T, len(texts))
	seen := make(map[T]bool, len(texts))
	for i, text := range texts {
		if err := setOne(key, &list[i], text, parse); err != nil {
			return err
		}
		if seen[list[i]] {
			return faultf("", "%q is in the list twice", text)
		}
		seen[list[i]] = true
	}
	*into = list
	return nil
}

// parts splits a list written with commas. Blank text is an empty list.
func parts(text string) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	list := strings.Split(text, ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

func parseText(text string) (string, error) { return text, nil }

func parseBool(text string) (bool, error) {
	switch text {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, faultf("", "%q is neither true nor false", text)
}

func parseInt(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, faultf("", "%q is not a whole number", text)
	}
	return n, nil
}

func parseFloat(text string) (float64, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, faultf("", "%q is not a number", text)
	}
	return f, nil
}

// setSecret takes what can stand in a header, and what its key asks for. Its error repeats neither the text nor the one that was there before.
func setSecret(key string, into *Secret, text string) error {
	if err := checkHeader(text); err != nil {
		return faultf("", "can't be sent in a header: write it on one line, without spaces around it")
	}
	if key == "fetch.proxy" && !isProxy(text) {
		return faultf("http://proxy.example.org:3128", "is not the address of a proxy: http, https, socks5 or socks5h, a host and a port")
	}
	*into = Secret(text)
	return nil
}

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, faultf(likelyDuration(text), "%q is not a length of time", text)
	}
	return d, nil
}

// likelyDuration guesses what a broken length of time meant: a bare number is seconds, days and weeks become hours.
func likelyDuration(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(text)
	}
	n, err := strconv.Atoi(text[:end])
	if err != nil || n > 1000 {
		return "5m"
	}
	word := strings.ToLower(strings.TrimSpace(text[end:]) + "s")
	switch word[0] {
	case 'm', 'h':
		return strconv.Itoa(n) + word[:1]
	case 'd':
		return strconv.Itoa(24*n) + "h"
	case 'w':
		return strconv.Itoa(7*24*n) + "h"
	}
	return strconv.Itoa(n) + "s"
}

// parsePrefix reads a network, or one address as the network of it alone.
func parsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, faultf("127.0.0.0/8", "%q is not a network", text)
	}
	if p != p.Masked() {
		return p, faultf(p.Masked().String(), "%q has bits set after its first %d", text, p.Bits())
	}
	return p, nil
}
