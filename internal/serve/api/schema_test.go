package api_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// description is the OpenAPI description as JSON. The methods below fail softly: a part that is missing is nil.
type description object

// operations gives each operation under its method and path.
func (d description) operations() map[string]object {
	out := map[string]object{}
	paths, _ := d["paths"].(object)
	for path, item := range paths {
		methods, _ := item.(object)
		for method, op := range methods {
			out[strings.ToUpper(method)+" "+path], _ = op.(object)
		}
	}
	return out
}

// find gives the operation that a request is answered by, under its pattern.
func (d description) find(method, path string) (string, object) {
	asked := strings.Split(path, "/")
	for pattern, op := range d.operations() {
		m, p, _ := strings.Cut(pattern, " ")
		parts := strings.Split(p, "/")
		if m == method && slices.EqualFunc(parts, asked, func(part, is string) bool { return part == is || strings.HasPrefix(part, "{") }) {
			return pattern, op
		}
	}
	return "", nil
}

// response gives what an operation says of a status.
func response(op object, status int) object {
	all, _ := op["responses"].(object)
	one, _ := all[fmt.Sprint(status)].(object)
	return one
}

// schema follows a reference.
func (d description) schema(s object) (object, error) {
	ref, ok := s["$ref"].(string)
	if !ok {
		return s, nil
	}
	components, _ := d["components"].(object)
	schemas, _ := components["schemas"].(object)
	found, ok := schemas[strings.TrimPrefix(ref, "#/components/schemas/")].(object)
	if !ok {
		return nil, fmt.Errorf("%s leads nowhere", ref)
	}
	return found, nil
}

// check holds a value against a schema and says where it differs. It knows the keywords that the description uses and
// refuses others, so that none is passed over.
func (d description) check(at string, s object, v any) []string {
	s, err := d.schema(s)
	if err != nil {
		return []string{at + ": " + err.Error()}
	}
	var wrong []string
	for key, want := range s {
		wrong = append(wrong, d.keyword(at, s, key, want, v)...)
	}
	return wrong
}

// told says nothing of a value.
var told = []string{"description", "examples", "default"}

func (d description) keyword(at string, s object, key string, want, v any) []string {
	number, _ := v.(float64)
	bound, _ := want.(float64)
	var ok bool
	switch key {
	case "type":
		ok = hasType(want, v)
	case "format":
		ok = hasFormat(want, v)
	case "enum":
		list, _ := want.([]any)
		ok = slices.Contains(list, v)
	case "minimum":
		ok = number >= bound
	case "maximum":
		ok = number <= bound
	case "required":
		return lacks(at, want, v)
	case "properties":
		return d.properties(at, want, v)
	case "additionalProperties":
		return surplus(at, s, want, v)
	case "items":
		return d.items(at, want, v)
	default:
		ok = slices.Contains(told, key)
	}
	if !ok {
		return []string{fmt.Sprintf("%s: %v is not %s %v", at, v, key, want)}
	}
	return nil
}

func hasType(want, v any) bool {
	if names, ok := want.([]any); ok {
		return slices.ContainsFunc(names, func(name any) bool { return hasType(name, v) })
	}
	switch v := v.(type) {
	case nil:
		return want == "null"
	case string:
		return want == "string"
	case bool:
		return want == "boolean"
	case float64:
		return want == "number" || want == "integer" && v == math.Trunc(v)
	case []any:
		return want == "array"
	}
	return want == "object"
}

func hasFormat(want, v any) bool {
	s, isString := v.(string)
	if want != "date-time" || !isString {
		return want == "date-time" || want == "int64" || want == "double" || want == "uri"
	}
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

func lacks(at string, want, v any) (wrong []string) {
	has, _ := v.(object)
	names, _ := want.([]any)
	for _, name := range names {
		if _, ok := has[fmt.Sprint(name)]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s lacks %v", at, name))
		}
	}
	return wrong
}

func (d description) properties(at string, want, v any) (wrong []string) {
	has, _ := v.(object)
	known, _ := want.(object)
	for name, value := range has {
		if s, ok := known[name].(object); ok {
			wrong = append(wrong, d.check(at+"."+name, s, value)...)
		}
	}
	return wrong
}

// surplus says what stands beside the properties of a schema that takes no others.
func surplus(at string, s object, want, v any) (wrong []string) {
	has, _ := v.(object)
	known, _ := s["properties"].(object)
	for _, name := range slices.Sorted(maps.Keys(has)) {
		if _, ok := known[name]; !ok && want == false {
			wrong = append(wrong, fmt.Sprintf("%s.%s is not described", at, name))
		}
	}
	return wrong
}

func (d description) items(at string, want, v any) (wrong []string) {
	s, _ := want.(object)
	list, _ := v.([]any)
	for i, one := range list {
		wrong = append(wrong, d.check(fmt.Sprintf("%s[%d]", at, i), s, one)...)
	}
	return wrong
}
