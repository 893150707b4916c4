package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"headwater/internal/seal"
)

func (c *cli) secretsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "secrets",
		Short: "Encrypt the secrets in the database, with a key in a file",
		Long: "With secrets.key_file in the settings, the secrets that the program itself has to send are encrypted in the database, and so in\n" +
			"backups: those of alerts, services to save to, hubs and secret feed addresses, and the key that signs addresses of pictures. The next\n" +
			"start with a key encrypts what is there. Keep a copy of the file apart from the backups: without it the secrets can't be read again.",
		Example: "  headwater secrets key /etc/headwater/secrets.key",
		Args:    commandsOnly,
		RunE:    needsSubcommand,
	}
	cmd.AddCommand(c.secretsKey(), c.secretsRotate(), c.secretsDecrypt(), c.secretsForget())
	return cmd
}

func (c *cli) secretsKey() *cobra.Command {
	return &cobra.Command{
		Use:     "key FILE",
		Short:   "Make a key, in a new file that only you can read",
		Long:    "Makes a key of 256 random bits and writes it to a new file that only you can read. An existing file is never replaced.",
		Example: "  headwater secrets key /etc/headwater/secrets.key",
		Args:    arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			id, err := seal.Create(args[0])
			if err != nil {
				return err
			}
			c.printf("The key %s is in %s. Name the file in secrets.key_file, and keep a copy of it apart from the backups.\n", id, args[0])
			return nil
		},
	}
}

func (c *cli) secretsRotate() *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Encrypt the secrets with another key",
		Long: "Decrypts the secrets with the key in secrets.key_file and encrypts them with the key of another file, in one transaction. Older\n" +
			"backups still need the former key. A server on the folder, and all nodes on the database, must be stopped first.",
		Example: "  headwater secrets rotate --to /etc/headwater/new.key",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to == "" {
				return usagef("secrets rotate needs the file with the new key: --to FILE; `headwater secrets key FILE` makes one")
			}
			return c.withoutServer(cmd.Context(), holdsSecrets, openOptions{}, func(a *app) error {
				n, err := a.store.ResealSecrets(cmd.Context(), to)
				if err == nil {
					c.printf("%s encrypted with the key in %s. Name that file in secrets.key_file before the next start.\n", count(n, "secret"), to)
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "take the new key from `FILE`")
	return cmd
}

func (c *cli) secretsDecrypt() *cobra.Command {
	return &cobra.Command{
		Use:   "decrypt",
		Short: "Store the secrets as they are again",
		Long: "Decrypts the secrets in the database with the key in secrets.key_file. A server on the folder, and all nodes on the database, must\n" +
			"be stopped first.",
		Example: "  headwater secrets decrypt",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withoutServer(cmd.Context(), holdsSecrets, openOptions{}, func(a *app) error {
				n, err := a.store.ResealSecrets(cmd.Context(), "")
				if err == nil {
					c.printf("%s decrypted. Take secrets.key_file out of the settings: the next start with it encrypts them again.\n", count(n, "secret"))
				}
				return err
			})
		},
	}
}

func (c *cli) secretsForget() *cobra.Command {
	return &cobra.Command{
		Use:   "forget",
		Short: "Remove the encrypted secrets where their key is lost",
		Long: "Removes the encrypted secrets where secrets.key_file has not their key. Everything else stays. Then secret feed addresses have to be\n" +
			"made again, and alerts and services to save to need a new secret or token; hubs are asked anew by themselves. With a key file that can be\n" +
			"read, what is set from then on is encrypted with that key.",
		Example: "  headwater secrets forget",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withoutServer(cmd.Context(), holdsSecrets, openOptions{forget: true}, func(a *app) error {
				s, err := a.store.CheckSecrets(cmd.Context())
				if err == nil && s.Key != "" {
					c.printf("%s encrypted with the key %s, which is there; nothing was removed.\n", count(s.All, "secret"), s.Key)
				} else if err == nil {
					c.printf("No secret is encrypted any more. `headwater doctor` names what needs its secret again.\n")
				}
				return err
			})
		},
	}
}

// holdsSecrets says why no server may run meanwhile.
const holdsSecrets = "and works with the secrets; stop it first"

// examineSecrets opens each secret, and reads the key file again, which may be gone since the start.
func (a *app) examineSecrets(ctx context.Context) finding {
	s, err := a.store.CheckSecrets(ctx)
	switch {
	case err != nil:
		return finding{"secrets", false, err.Error()}
	case len(s.Lost) > 0:
		return finding{"secrets", false, "damaged or removed: " + strings.Join(s.Lost, ", ") + "; give these again"}
	case s.Key == "":
		return finding{"secrets", true, "not encrypted (secrets.key_file)"}
	}
	key, err := seal.Read(a.cfg.Secrets.KeyFile)
	if err != nil {
		return finding{"secrets", false, "the key " + s.Key + " is in the memory of this process alone: " + err.Error() + ". Put the file back before the next start"}
	}
	if key.ID() != s.Key {
		return finding{"secrets", false, fmt.Sprintf("they are encrypted with the key %s, and %s has the key %s", s.Key, a.cfg.Secrets.KeyFile, key.ID())}
	}
	return finding{"secrets", true, count(s.All, "secret") + " encrypted with the key " + s.Key}
}
