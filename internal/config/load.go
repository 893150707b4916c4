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

	"headwater"
)

// Options says where settings come from. The zero value gives the defaults, but for Data, which needs HOME.
type Options struct {
	// File is the file to read. "" is HEADWATER_CONFIG, or headwater/config.yaml in XDG_CONFIG_HOME or ~/.config where
	// there is one, or else System.
	File string
	// System is the file of the machine, as a package installs it. It is read where the user has no file of their own and may
	// read this one: it can hold passwords. "" is none.
	System string
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

// Load reads the settings: flags override the environment, which overrides the file, which overrides the defaults. The error
// for invalid settings is an *Error that lists all of them.
func Load(o Options) (Config, error) {
	l, err := load(o)
	if err != nil {
		return Config{}, err
	}
	return l.config, nil
}

func load(o Options) (*loader, error) {
	l := &loader{config: Default(), env: map[string]string{}, places: map[string]string{}}
	for _, pair := range o.Env {
		name, value, _ := strings.Cut(pair, "=")
		l.env[name] = value
	}
	if err := l.file(o.File, o.System); err != nil {
		return nil, err
	}
	l.variables()
	l.overlay(o.Flags, "--", func(key string) string { return strings.NewReplacer(".", "-", "_", "-").Replace(key) })
	if o.Data != "" {
		l.config.Data, l.places["data"] = o.Data, "--data"
	}
	l.bounds()
	l.data()
	if len(l.problems) > 0 {
		return nil, &Error{Problems: l.problems}
	}
	l.config.PublicURL = strings.TrimRight(l.config.PublicURL, "/")
	l.config.Embeddings.Endpoint = strings.TrimRight(l.config.Embeddings.Endpoint, "/")
	l.config.Traces.Endpoint = strings.TrimRight(l.config.Traces.Endpoint, "/")
	return l, nil
}

// Default returns what the built-in config.yaml says, with Data "". It panics where that file is broken, which a test
// rules out.
func Default() Config {
	var c Config
	if r := readYAML(&c, builtIn, headwater.Config); len(r.problems) > 0 {
		panic(&Error{Problems: r.problems})
	}
	return c
}

// builtIn names the built-in file in errors.
const builtIn = "config.yaml (built in)"

// loader applies the sources of settings one after another.
type loader struct {
	config   Config
	env      map[string]string
	places   map[string]string // where a key was set last, as in Problem.Where
	problems []Problem
}

func (l *loader) add(where, key string, err error) {
	l.problems = append(l.problems, Problem{Where: where, Key: key, What: err.Error()})
}

// folder returns headwater below an XDG base directory: that of the variable, or home below HOME; "" without either. As the
// XDG specification says, a relative path is ignored.
func (l *loader) folder(variable, home string) string {
	if dir := l.env[variable]; filepath.IsAbs(dir) {
		return filepath.Join(dir, "headwater")
	}
	if filepath.IsAbs(l.env["HOME"]) {
		return filepath.Join(l.env["HOME"], home, "headwater")
	}
	return ""
}

// file applies the file. Only a file that was asked for must exist.
func (l *loader) file(name, system string) error {
	if name == "" {
		name = l.env["HEADWATER_CONFIG"]
	}
	asked := name != ""
	if dir := l.folder("XDG_CONFIG_HOME", ".config"); !asked && dir != "" {
		name = filepath.Join(dir, "config.yaml")
	}
	if !asked && !exists(name) {
		name = system
		if !readable(name) {
			return nil
		}
	}
	info, err := os.Stat(name)
	if err == nil && info.Size() > maxFile {
		err = fmt.Errorf("%s: %d bytes are no settings of ours: the most is %d", name, info.Size(), maxFile)
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(name)
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

// exists is true also for a file of which it can't be told, so that reading it says why.
func exists(name string) bool {
	_, err := os.Stat(name)
	return name != "" && !errors.Is(err, fs.ErrNotExist)
}

func readable(name string) bool {
	f, err := os.Open(name)
	if err == nil {
		_ = f.Close() // nothing was written
	}
	return name != "" && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission)
}

// listPaths makes the paths among the lists absolute.
func (l *loader) listPaths(dir string) {
	for i, list := range l.config.Lists {
		if strings.ContainsAny(list, `/\`) || strings.EqualFold(filepath.Ext(list), ".opml") { // else a built-in list
			l.config.Lists[i] = l.path(list, dir)
		}
	}
}

// path makes a path absolute: below HOME where it begins with ~/, else below dir.
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
	return filepath.Join(dir, path) // the working directory is gone; opening the path fails
}

// kubernetesVariable matches the variables that Kubernetes sets in each container near a service called headwater.
var kubernetesVariable = regexp.MustCompile(`^HEADWATER_(.*_)?(SERVICE_HOST|SERVICE_PORT|PORT)(_.*)?$`)

// variables applies the HEADWATER_ variables.
func (l *loader) variables() {
	given := make(map[string]string)
	for variable, text := range l.env {
		name, ours := strings.CutPrefix(variable, "HEADWATER_")
		// Kubernetes' variables hold addresses; HEADWATER_SMTP_PORT is also a setting of ours.
		foreign := kubernetesVariable.MatchString(variable) && (variable != "HEADWATER_SMTP_PORT" || strings.Contains(text, "://"))
		if ours && name != "CONFIG" && !foreign {
			given[name] = text
		}
	}
	l.overlay(given, "HEADWATER_", fold)
}

// overlay sets the settings that given names. prefix precedes a name in problems; spell writes a key as given does.
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
			hint := "config.yaml shows them all"
			if guess := nearest(name, spelled); guess != "" {
				hint = "did you mean " + prefix + guess + "?"
			}
			l.add(where, "", faultf("", "no such setting; %s", hint))
		} else if err := s.set(given[name]); err != nil {
			l.add(where, "", err)
		} else {
			l.places[s.key] = where
		}
	}
	l.listPaths("")
}

// fold writes a key, or the name of a flag, as in variables.
func fold(key string) string {
	return strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(key))
}

// bounds checks settings against one another, where each is valid by itself.
func (l *loader) bounds() {
	if len(l.problems) > 0 {
		return
	}
	where, key := l.places["roles"], "roles"
	if strings.HasPrefix(where, "--") || strings.HasPrefix(where, "HEADWATER_") { // it says what is meant
		key = ""
	}
	switch roles := l.config.Roles; {
	case len(roles) == 0:
		l.add(where, key, faultf("", "none; a server does at least one of poll, settle and web"))
	case l.config.Database == "" && !(slices.Contains(roles, "poll") && slices.Contains(roles, "settle") && slices.Contains(roles, "web")):
		l.add(where, key, faultf("", "only a PostgreSQL database can be shared; set database, or let this process do all of poll, settle and web"))
	}
	p := l.config.Poll
	l.ordered("poll.min_interval", p.MinInterval, "poll.interval", p.Interval)
	l.ordered("poll.interval", p.Interval, "poll.max_interval", p.MaxInterval)
	if e := l.config.Embeddings; e.Endpoint != "" && e.Model == "" {
		l.add(l.places["embeddings.endpoint"], "embeddings.model", faultf("", "missing; name the model that %s is to use", e.Endpoint))
	}
	if o := l.config.Access.OIDC; o.Issuer != "" {
		if o.ClientID == "" {
			l.add(l.places["access.oidc.issuer"], "access.oidc.client_id", faultf("headwater", "missing; %s knows this server by it", o.Issuer))
		}
		if l.config.PublicURL == "" {
			l.add(l.places["access.oidc.issuer"], "public_url", faultf("https://news.example.org", "missing; %s sends users back to it", o.Issuer))
		}
	}
	if h := l.config.Access.ProxyHeader.Name; h != "" && len(l.config.TrustedProxies) == 0 {
		l.add(l.places["access.proxy_header.name"], "trusted_proxies", faultf("[127.0.0.1]", "missing; %s is believed of these proxies alone", h))
	}
	if m := l.config.SMTP; m.Host != "" && m.From == "" {
		l.add(l.places["smtp.host"], "smtp.from", faultf("news@example.org", "missing; mails through %s need a sender", m.Host))
	}
}

// ordered checks that least <= most, and reports the one that was set; the defaults are in order.
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

// data sets the data folder where nothing did, and makes it absolute.
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
