package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"headwater/internal/config"
	"headwater/internal/news"
	"headwater/internal/store"
)

// shells are those that cobra writes completion scripts for.
var shells = []cobra.Completion{"bash", "zsh", "fish", "powershell"}

// completionCommand replaces cobra's own, which has no examples and a command a shell.
func (c *cli) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print the script that completes commands in bash, zsh, fish or powershell",
		Long: "Prints the script that completes commands, flags and the names of topics, feeds, folders, users and settings in a shell:\n" +
			"bash, zsh, fish or powershell. Packages install it. Names come from the data folder of the settings, or of --data.",
		Example: "  headwater completion bash > /etc/bash_completion.d/headwater\n" +
			"  headwater completion zsh > ~/.zfunc/_headwater\n" +
			"  headwater completion fish > ~/.config/fish/completions/headwater.fish\n" +
			"  headwater completion powershell > headwater.ps1",
		Args:              arguments(1, 1),
		ValidArgsFunction: cobra.FixedCompletions(shells, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(c.stdout, true)
			case "zsh":
				return root.GenZshCompletion(c.stdout)
			case "fish":
				return root.GenFishCompletion(c.stdout, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(c.stdout)
			}
			return usagef("there is no script for %q; choose one of %s", args[0], strings.Join(shells, ", "))
		},
	}
}

// addCompletions says what the arguments and flags of all commands are completed with. Where it says nothing, flags are
// completed with files, and arguments with files too where the command's Use names one.
func (c *cli) addCompletions(root *cobra.Command) {
	topics := c.complete(func(cmd *cobra.Command, db *store.DB) ([]cobra.Completion, error) {
		var owner int64
		if name := flagValue(cmd, "user"); name != "" {
			user, err := userID(cmd.Context(), db, name)
			if err != nil {
				return nil, err
			}
			owner = user
		}
		list, err := db.Topics(cmd.Context(), owner)
		return completions(list, func(t news.Topic) (string, string) { return t.Name, t.Query }), err
	})
	feeds := c.complete(func(cmd *cobra.Command, db *store.DB) ([]cobra.Completion, error) {
		list, err := db.Feeds(cmd.Context())
		return completions(list, func(f news.Feed) (string, string) { return f.URL, f.Title }), err
	})
	folders := c.complete(func(cmd *cobra.Command, db *store.DB) ([]cobra.Completion, error) {
		list, err := db.Feeds(cmd.Context())
		names := completions(list, func(f news.Feed) (string, string) { return f.Folder, "" })
		slices.Sort(names)
		return slices.Compact(names), err
	})
	users := c.complete(func(cmd *cobra.Command, db *store.DB) ([]cobra.Completion, error) {
		list, err := db.Users(cmd.Context())
		return completions(list, func(u news.User) (string, string) { return u.Name, string(u.Role) }), err
	})
	words := func(list ...cobra.Completion) cobra.CompletionFunc {
		return cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)
	}
	roles := words("reader", "editor", "admin")
	var kinds []cobra.Completion
	for _, k := range news.AlertKinds {
		kinds = append(kinds, string(k))
	}

	// The arguments of a command, one completion a place; the last is for all that follow.
	arguments := map[string][]cobra.CompletionFunc{
		"topic show": {topics}, "topic set": {topics}, "topic seen": {topics}, "topic secret": {topics}, "topic remove": {topics},
		"topic alert add": {topics, words(kinds...), nothing}, "topic alert list": {topics, nothing},
		"feed set": {feeds}, "feed remove": {feeds}, "feed refresh": {feeds}, "feed check": {feeds}, "poll": {feeds},
		"feed folder rename": {folders, folders, nothing}, "feed folder remove": {folders},
		"user role": {users, roles, nothing}, "user password": {users, nothing}, "user logout": {users, nothing}, "user remove": {users, nothing},
		"user token": {users, nothing}, "user tokens": {users, nothing}, "user link": {users, nothing}, "user unlink": {users, nothing},
	}
	// The values of flags, by their name in all commands, or with the command in front.
	flags := map[string]cobra.CompletionFunc{
		"user": users, "for": users, "folder": folders, "topic": topics, "role": roles,
		"full-text": words("auto", "always", "never"), "pictures": words("proxy", "direct", "hide"), "format": words("atom", "rss", "json"),
		"search --sort": words("relevance", "newest", "coverage"), "roles": words("poll", "settle", "web"),
	}
	for _, cmd := range below(root) {
		path := strings.TrimPrefix(cmd.CommandPath(), root.Name()+" ")
		if places := arguments[path]; places != nil {
			cmd.ValidArgsFunction = byPlace(places)
		} else if cmd.ValidArgsFunction == nil && !strings.Contains(cmd.Use, "FILE") {
			cmd.ValidArgsFunction = nothing
		}
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			values := flags[path+" --"+f.Name]
			if values == nil {
				values = flags[f.Name]
			}
			if _, text := f.Value.(interface{ GetSlice() []string }); values == nil && !text && !namesFile(f) {
				values = nothing
			}
			if values != nil {
				_ = cmd.RegisterFlagCompletionFunc(f.Name, values) // it fails for a flag that is not there, or twice
			}
		})
	}
}

// below lists a command and those below it.
func below(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		all = append(all, below(sub)...)
	}
	return all
}

// namesFile reports whether the value of a flag is a file, as its explanation says.
func namesFile(f *pflag.Flag) bool {
	name, _ := pflag.UnquoteUsage(f)
	return name == "FILE" || name == "DIR"
}

// nothing completes nothing, not even files.
var nothing = cobra.NoFileCompletions

// byPlace completes each argument with the function of its place, and further ones with the last.
func byPlace(places []cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return places[min(len(args), len(places)-1)](cmd, args, toComplete)
	}
}

// complete makes a completion from what a data folder has. Where that cannot be read, there is nothing to complete with: a shell
// has no place for an error. The folder is read beside a running server.
func (c *cli) complete(read func(*cobra.Command, *store.DB) ([]cobra.Completion, error)) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) (list []cobra.Completion, _ cobra.ShellCompDirective) {
		err := c.withStore(cmd.Context(), func(db *store.DB) (err error) {
			list, err = read(cmd, db)
			return err
		})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return list, cobra.ShellCompDirectiveNoFileComp
	}
}

// completions makes a completion with its explanation of each element, but for those without a name.
func completions[T any](list []T, of func(T) (name, about string)) []cobra.Completion {
	var all []cobra.Completion
	for _, x := range list {
		if name, about := of(x); name != "" {
			all = append(all, cobra.CompletionWithDesc(name, oneLine(about)))
		}
	}
	return all
}

// flagValue is the text of a flag, "" where the command has none of that name.
func flagValue(cmd *cobra.Command, name string) string {
	if f := cmd.Flags().Lookup(name); f != nil {
		return f.Value.String()
	}
	return ""
}

// completeSettings completes with the names of settings.
func completeSettings(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	names := completions(config.Documented(), func(d config.Documentation) (string, string) { return d.Key, "" })
	return names, cobra.ShellCompDirectiveNoFileComp
}
