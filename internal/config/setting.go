package config

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"time"
)

// setting is one value of a Config; a section is none.
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

// set parses the text of a variable or flag. Lists are written with commas.
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

// scan parses and checks one value.
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
		return setOne(s.key, into, text, parseAge)
	case *Size:
		return setOne(s.key, into, text, parseSize)
	case *float64:
		return setOne(s.key, into, text, parseFloat)
	case *Secret:
		return setSecret(s.key, into, text)
	}
	return faultf("", "is a list, not one value")
}

// setOne parses text and checks the value by the rule of its key. It stores a valid value only.
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

// advise makes sure that the value which a fault suggests is valid for the key, and writes it as in config.yaml. Where it is
// not, the suggestion is the current value of the setting, or none.
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

// setList is setOne for each value of a list.
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

// setSecret accepts what fits in a header, for fetch.proxy an address, and for database one of PostgreSQL. Its error repeats
// neither the new nor the old text.
func setSecret(key string, into *Secret, text string) error {
	if err := checkHeader(text); err != nil {
		return faultf("", "can't be sent in a header: write it on one line, without spaces around it")
	}
	if key == "fetch.proxy" && !isProxy(text) {
		return faultf("http://proxy.example.org:3128", "is not the address of a proxy: http, https, socks5 or socks5h, a host and a port")
	}
	if key == "database" && text != "" && !strings.HasPrefix(text, "postgres://") && !strings.HasPrefix(text, "postgresql://") {
		return faultf("postgres://user:password@host:5432/name", "this is no address of a PostgreSQL database")
	}
	*into = Secret(text)
	return nil
}

// example ends a sentence with the current value of a setting, where it has one.
func example(s setting) string {
	value := reflect.ValueOf(s.into).Elem()
	if value.IsZero() {
		return ""
	}
	return "; try " + written(value.Interface())
}
