package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"headwater/feeds"
	"headwater/internal/config"
	"headwater/internal/seal"
)

func (c *cli) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config [SETTING...]",
		Short: "Print the settings in force and where each comes from; config check says what is wrong",
		Long: "Prints each setting as this command line finds it, or those that are named, and where it comes from: default, a line of\n" +
			"config.yaml, a HEADWATER_ variable or a flag. What is printed is a config.yaml with the same effect; secrets are commented out\n" +
			"and never shown. A section such as poll names all settings in it.",
		Example:           "  headwater config\n  headwater config poll fetch.timeout\n  headwater config --json",
		Args:              arguments(0, unlimited),
		ValidArgsFunction: completeSettings,
		RunE: func(_ *cobra.Command, args []string) error {
			_, all, err := config.Explain(c.configOptions())
			if err != nil {
				return err
			}
			if all, err = namedSettings(all, args); err != nil {
				return err
			}
			if c.asJSON {
				return c.printJSON(all)
			}
			c.printf("%s", config.WriteYAML(all))
			return nil
		},
	}
	c.jsonFlag(cmd)
	cmd.AddCommand(c.configCheck())
	return cmd
}

// namedSettings are the settings of some names or sections, or all without names.
func namedSettings(all []config.InForce, names []string) ([]config.InForce, error) {
	if len(names) == 0 {
		return all, nil
	}
	var chosen []config.InForce
	used := map[string]bool{}
	for _, s := range all {
		for _, name := range names {
			if s.Key == name || strings.HasPrefix(s.Key, name+".") {
				if !used[s.Key] {
					chosen = append(chosen, s)
				}
				used[s.Key], used[name] = true, true
			}
		}
	}
	for _, name := range names {
		if !used[name] {
			return nil, usagef("there is no setting %q; `headwater config` prints them all", name)
		}
	}
	return chosen, nil
}

func (c *cli) configCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE]",
		Short: "Say what is wrong with the settings",
		Long: "Checks FILE, or the settings that other commands would use, and prints each problem with its place and what to do. It checks\n" +
			"also what only `serve` would meet: lists of feeds, outlets, whether logins are needed, whether the data folder can be written.\n" +
			"Nothing is changed. It exits with 1 where something is wrong.",
		Example: "  headwater config check\n  headwater config check new.yaml",
		Args:    arguments(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			o := c.configOptions()
			if len(args) > 0 {
				o.File = args[0]
			}
			cfg, all, err := config.Explain(o)
			if err != nil {
				return err
			}
			problems := settingProblems(cfg, all)
			for _, p := range problems {
				c.printf("%s\n", p)
			}
			if len(problems) > 0 {
				return errFailed
			}
			c.printf("%s: nothing is wrong\n", cmp.Or(cfg.File, "no file, the defaults"))
			return nil
		},
	}
}

// configOptions say where this command line has its settings from.
func (c *cli) configOptions() config.Options {
	return config.Options{File: c.configFile, System: c.system, Env: os.Environ(), Flags: c.set, Data: c.data}
}

// settingProblems are those of valid settings that depend on something else than the settings.
func settingProblems(cfg config.Config, all []config.InForce) []config.Problem {
	where := map[string]string{}
	var problems []config.Problem
	for _, s := range all {
		where[s.Key] = s.Source
		if s.Secret && readByOthers(cfg.File) && strings.HasPrefix(s.Source, cfg.File+":") {
			problems = append(problems, config.Problem{Where: s.Source, Key: s.Key, What: "other users of this machine can read the file; chmod 600 " + cfg.File + ", or set the secret as a variable"})
		}
	}
	add := func(key string, err error) {
		if err != nil {
			problems = append(problems, config.Problem{Where: where[key], Key: key, What: strings.TrimPrefix(err.Error(), key+": ")})
		}
	}
	for _, list := range cfg.Lists {
		if filepath.IsAbs(list) {
			f, err := os.Open(list) //nolint:gosec // it is the user's own setting
			if err == nil {
				err = f.Close()
			}
			add("lists", err)
		} else if _, err := feeds.List(list); err != nil {
			add("lists", err)
		}
	}
	_, err := registryOf(cfg)
	add("outlets", err)
	_, err = openMode(cfg)
	add("access.login", err)
	add("data", checkWritable(cfg.Data))
	if file := cfg.Secrets.KeyFile; file != "" {
		_, err = seal.Read(file)
		add("secrets.key_file", err)
	}
	return problems
}

// readByOthers reports whether more than the owner of a file and its group may read it.
func readByOthers(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().Perm()&0o004 != 0
}

// checkWritable returns an error where a data folder can be neither written nor made.
func checkWritable(folder string) error {
	info, err := os.Stat(folder)
	for errors.Is(err, fs.ErrNotExist) && filepath.Dir(folder) != folder { // then it would be made in the next one that there is
		folder = filepath.Dir(folder)
		info, err = os.Stat(folder)
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no folder", folder)
	}
	probe, err := os.CreateTemp(folder, ".headwater-check-*")
	if err != nil {
		return fmt.Errorf("%w; let the user that runs headwater own it, or choose another folder", err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}
