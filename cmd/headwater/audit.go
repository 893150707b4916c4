package main

import (
	"time"

	"github.com/spf13/cobra"

	"headwater/internal/news"
	"headwater/internal/store"
)

func (c *cli) auditCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "List logins and changes of access: who, when, from where, what",
		Long: "Lists logins, refused ones too, and changes of users, roles, passwords, tokens and settings of access, the newest first.\n" +
			"They are kept for a year.",
		Example: "  headwater audit\n  headwater audit --json --limit 1000",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 {
				return usagef("--limit: give a number from 1")
			}
			return c.withStore(cmd.Context(), func(db *store.DB) error {
				events, err := db.AuditEvents(cmd.Context(), 0, limit)
				if err != nil {
					return err
				}
				type row struct {
					Time    time.Time        `json:"time"`
					Actor   string           `json:"actor"`
					Address string           `json:"address"`
					Action  news.AuditAction `json:"action"`
					Subject string           `json:"subject"`
					Detail  string           `json:"detail"`
				}
				rows := []row{}
				w := c.table(faint)
				for _, e := range events {
					rows = append(rows, row{e.Time, e.Actor.Name, e.Actor.Address, e.Action, e.Subject, e.Detail})
					who := e.Actor.Name
					switch {
					case e.Actor == (news.Actor{}):
						who = "(command line)"
					case who == "":
						who = "(not logged in)"
					}
					w.row(e.Time.Format(time.DateTime), who, e.Actor.Address, string(e.Action), e.Subject, e.Detail)
				}
				return c.printList(rows, w)
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 100, "how many, the newest first")
	c.jsonFlag(cmd)
	return cmd
}
