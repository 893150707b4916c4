package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"headwater/internal/news"
)

// linkCommand links an account to what its user is called elsewhere, or unlinks it.
func (c *cli) linkCommand(link bool) *cobra.Command {
	var proxy, subject string
	cmd := &cobra.Command{
		Use:     "link NAME",
		Short:   "Let a user log in by what the proxy, or the provider of OpenID Connect, calls them (see access: in config.yaml)",
		Example: "  headwater user link anna --proxy a.miller\n  headwater user link anna --subject 248289761001",
		Args:    arguments(1, 1),
	}
	if !link {
		cmd.Use, cmd.Short, cmd.Example = "unlink NAME", "End logins of a user by the proxy or the provider", "  headwater user unlink anna --proxy a.miller"
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if (proxy == "") == (subject == "") {
			return usagef("say by what: --proxy or --subject")
		}
		return c.runOrForward(cmd, func(a *app) error {
			i := news.Identity{Issuer: a.cfg.Access.OIDC.Issuer, Subject: subject, Name: subject}
			if proxy != "" {
				i = news.Identity{Issuer: news.HeaderIssuer + http.CanonicalHeaderKey(a.cfg.Access.ProxyHeader.Name), Subject: proxy, Name: proxy}
			}
			switch {
			case proxy != "" && a.cfg.Access.ProxyHeader.Name == "":
				return errors.New("no proxy names users: access.proxy_header.name is not set in config.yaml")
			case proxy == "" && i.Issuer == "":
				return errors.New("there is no provider: access.oidc.issuer is not set in config.yaml")
			case !link:
				return unlink(cmd, a, args[0], i)
			}
			if err := a.store.AddIdentity(cmd.Context(), args[0], i); !errors.Is(err, news.ErrExists) {
				return userError(args[0], err)
			}
			owner, err := a.store.IdentityUser(cmd.Context(), i.Issuer, i.Subject)
			if err != nil {
				return err
			}
			return fmt.Errorf("%s is the user %s already; `headwater user unlink` ends that", i.Subject, owner.Name)
		})
	}
	cmd.Flags().StringVar(&proxy, "proxy", "", "`NAME` in the header of the proxy")
	cmd.Flags().StringVar(&subject, "subject", "", "`SUB` of the ID tokens of the provider")
	return cmd
}

// unlink ends logins of a user by an identity.
func unlink(cmd *cobra.Command, a *app, name string, i news.Identity) error {
	user, _, err := a.store.User(cmd.Context(), name)
	if err != nil {
		return userError(name, err)
	}
	list, err := a.store.Identities(cmd.Context(), user.ID)
	if err != nil {
		return err
	}
	for _, has := range list {
		if has.Issuer == i.Issuer && has.Subject == i.Subject {
			return a.store.RemoveIdentity(cmd.Context(), user, has.ID)
		}
	}
	return fmt.Errorf("the user %s is not linked to %s", name, i.Subject)
}
