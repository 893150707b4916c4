package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Options says where settings come from. The zero value gives the defaults, but for Data, which needs HOME.
type Options struct {
	// File is the file to read. "" is HEADWATER_CONFIG, or headwater/config.yaml in XDG_CONFIG_HOME or ~/.config where
	// there is one, or else no file at all.
	File string
	// Env is os.Environ(). Besides HEADWATER_ variables HOME, XDG_CONFIG_HOME and XDG_DATA_HOME count.
	Env []string
	// Flags are the flags that were given, by name without hyphens in front: "poll-workers" or "poll.workers" sets
	// poll.workers. Lists are written with commas.
	Flags map[string]string
	// Data is the data folder, as --data gives it. "" leaves it to the others.
	Data string
}

// maxFile is the largest file that is read, in bytes: a thousand times what it takes to set everything.
const maxFile = 1 << 20

// Load reads the settings: flags beat the environment, which beats the file, which beats the defaults. What is wrong
// comes back as an *Error that lists all of it.
func Load(o Options) (Config, error) {
	l := &loader{config: Default(), env: environment(o.Env), places: map[string]string{}}
	if err := l.file(o.File); err != nil {
		return Config{}, err
	}
	l.variables()
	l.flags(o.Flags, o.Data)
	l.bounds()
	l.data()
	if len(l.problems) > 0 {
		return Config{}, &Error{Problems: l.problems}
	}
	l.config.PublicURL = strings.TrimRight(l.config.PublicURL, "/")
	l.config.Embeddings.Endpoint = strings.TrimRight(l.config.Embeddings.Endpoint, "/")
	return l.config, nil
}

// loader lays one source of settings over another.
type loader struct {
	config   Config
	env      map[string]string
	places   map[string]string // where a key got its value last, as Problem.Where has it
	problems []Problem
}

func environment(list []string) map[string]string {
	env := make(map[string]string, len(list))
	for _, pair := range list {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	return env
}

func (l *loader) add(where, key string, err error) {
	l.problems = append(l.problems, Problem{Where: where, Key: key, What: err.Error()})
}

// folder gives an XDG base folder: the variable's, or the one below HOME; "" without either. A relative one does not
// count, as the XDG specification has it.
func (l *loader) folder(variable, home string) string {
	if dir := l.env[variable]; filepath.IsAbs(dir) {
		return filepath.Join(dir, "headwater")
	}
	if filepath.IsAbs(l.env["HOME"]) {
		return filepath.Join(l.env["HOME"], home, "headwater")
	}
	return ""
}

// file lays the file over the defaults. Only one that was asked for must be there.
func (l *loader) file(name string) error {
	if name == "" {
		name = l.env["HEADWATER_CONFIG"]
	}
	asked := name != ""
	if dir := l.folder("XDG_CONFIG_HOME", ".config"); !asked && dir != "" {
		name = filepath.Join(dir, "config.yaml")
	}
	if name == "" {
		return nil
	}
	data, err := readFile(name)
	if errors.Is(err, fs.ErrNotExist) && !asked {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the settings: %w", err)
	}
	r := readYAML(&l.config, name, data)
	l.problems, l.places, l.config.File = r.problems, r.places, name
	l.config.Data = l.path(l.config.Data, filepath.Dir(name))
	l.listPaths(filepath.Dir(name))
	return nil
}

func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s: %d bytes are no settings of ours: the most is %d", name, info.Size(), maxFile)
	}
	return os.ReadFile(name)
}

// listPaths makes the paths among the lists absolute.
func (l *loader) listPaths(dir string) {
	for i, list := range l.config.Lists {
		if isPath(list) {
			l.config.Lists[i] = l.path(list, dir)
		}
	}
}

// isPath tells a path of an OPML file from the name of a built-in list.
func isPath(list string) bool {
	return strings.ContainsAny(list, `/\`) || strings.EqualFold(filepath.Ext(list), ".opml")
}

// path makes a path absolute: from HOME where it begins with ~/, else from dir.
func (l *loader) path(path, dir string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok && l.env["HOME"] != "" {
		return filepath.Join(l.env["HOME"], rest)
	}
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	if abs, err := filepath.Abs(filepath.Join(dir, path)); err == nil {
		return abs
	}
	return filepath.Join(dir, path) // the working folder is gone; whoever opens it will say so
}

// service matches the variables that Kubernetes sets in every container beside a service called headwater.
var service = regexp.MustCompile(`^HEADWATER_(.*_)?(SERVICE_HOST|SERVICE_PORT|PORT)(_.*)?$`)

// isService tells those variables from our one setting that ends like them: Kubernetes' hold addresses.
func isService(variable, text string) bool {
	return service.MatchString(variable) && (variable != "HEADWATER_SMTP_PORT" || strings.Contains(text, "://"))
}

// variables lays the HEADWATER_ variables over the file.
func (l *loader) variables() {
	given := make(map[string]string)
	for variable, text := range l.env {
		name, ours := strings.CutPrefix(variable, "HEADWATER_")
		if ours && name != "CONFIG" && !isService(variable, text) {
			given[name] = text
		}
	}
	l.overlay(given, "HEADWATER_", fold)
}

// flags lays the flags over the environment.
func (l *loader) flags(flags map[string]string, data string) {
	l.overlay(flags, "--", func(key string) string { return strings.NewReplacer(".", "-", "_", "-").Replace(key) })
	if data != "" {
		l.config.Data, l.places["data"] = data, "--data"
	}
}

// overlay sets the settings that given names. prefix goes before a name in problems, and spell writes a key the way
// that given does.
func (l *loader) overlay(given map[string]string, prefix string, spell func(key string) string) {
	known, spelled := map[string]setting{}, []string(nil)
	for _, s := range settingsOf(&l.config) {
		known[fold(s.key)] = s
		spelled = append(spelled, spell(s.key))
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		where := prefix + name
		s, ok := known[fold(name)]
		if !ok {
			l.add(where, "", unknown(prefix, nearest(name, spelled)))
		} else if err := s.set(given[name]); err != nil {
			l.add(where, "", err)
		} else {
			l.places[s.key] = where
		}
	}
	l.listPaths("")
}

func unknown(prefix, guess string) error {
	if guess == "" {
		return faultf("", "no such setting; config.yaml shows them all")
	}
	return faultf("", "no such setting; did you mean %s%s?", prefix, guess)
}

// fold writes a key as variables do; the names of flags come out alike.
func fold(key string) string {
	return strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(key))
}

// bounds checks the settings that depend on one another, once each of them is right by itself.
func (l *loader) bounds() {
	if len(l.problems) > 0 {
		return
	}
	p := l.config.Poll
	l.ordered("poll.min_interval", p.MinInterval, "poll.interval", p.Interval)
	l.ordered("poll.interval", p.Interval, "poll.max_interval", p.MaxInterval)
	if e := l.config.Embeddings; e.Endpoint != "" && e.Model == "" {
		l.add(l.places["embeddings.endpoint"], "embeddings.model", faultf("", "missing; name the model that %s is to use", e.Endpoint))
	}
	if m := l.config.SMTP; m.Host != "" && m.From == "" {
		l.add(l.places["smtp.host"], "smtp.from", faultf("news@example.org", "missing; mails through %s need a sender", m.Host))
	}
}

// ordered blames the setting that somebody made; the defaults are in order.
func (l *loader) ordered(low string, least time.Duration, high string, most time.Duration) {
	if least <= most {
		return
	}
	if where := l.places[low]; where != "" {
		l.add(where, low, faultf(show(most), "%s is longer than %s (%s)", show(least), high, show(most)))
		return
	}
	l.add(l.places[high], high, faultf(show(least), "%s is shorter than %s (%s)", show(most), low, show(least)))
}

// data settles where the data folder is.
func (l *loader) data() {
	if l.config.Data == "" {
		l.config.Data = l.folder("XDG_DATA_HOME", filepath.Join(".local", "share"))
	}
	if l.config.Data == "" {
		l.add("data", "", faultf("--data DIR", "no folder is set, and neither XDG_DATA_HOME nor HOME says where one would be"))
		return
	}
	l.config.Data = l.path(l.config.Data, "")
}
