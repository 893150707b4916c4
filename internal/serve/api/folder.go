package api

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"headwater/internal/news"
	"headwater/internal/serve/view"
)

// ByFolder names a folder. In a path the / of a folder within a folder is %2F.
type ByFolder struct {
	Name string `path:"name" maxLength:"300" example:"News%2FWorld" doc:"the folder's name; / is written as %2F"`
}

func (f ByFolder) what() string { return fmt.Sprintf("folder %q", f.Name) }

type folder struct {
	Name    string `json:"name" doc:"its name; that of a folder within a folder has a /, such as News/World"`
	Feeds   int    `json:"feeds" doc:"how many feeds are in it, without those of folders within it"`
	Failing int    `json:"failing" doc:"how many of these fail"`
}

type folderList struct {
	Total   int      `json:"total" doc:"how many there are"`
	Folders []folder `json:"folders" nullable:"false" doc:"the folders, by name"`
}

func (s *server) folders(ctx context.Context, _ *struct{}) (*body[folderList], error) {
	page, err := s.backend.FeedPage(ctx, news.FeedQuery{Limit: 1})
	if err != nil {
		return nil, s.fail(err, "list of folders", "/folders")
	}
	named := slices.DeleteFunc(slices.Clone(page.Folders), func(f news.FolderCount) bool { return f.Name == "" })
	list := view.All(named, func(f news.FolderCount) folder { return folder{f.Name, f.Feeds, f.Sick} })
	return &body[folderList]{folderList{len(list), list}}, nil
}

type renamedFolder struct {
	ByFolder
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"300" doc:"the new name; where there is such a folder the two become one"`
	}
}

type movedFeeds struct {
	Feeds int `json:"feeds" doc:"how many feeds are in another folder now"`
}

func (s *server) renameFolder(ctx context.Context, q *renamedFolder) (*body[movedFeeds], error) {
	n, err := s.backend.MoveFolder(ctx, q.ByFolder.Name, q.Body.Name)
	if err == nil && n == 0 {
		err = news.ErrNotFound
	}
	if err != nil {
		return nil, s.failFolder(err, q.what())
	}
	return &body[movedFeeds]{movedFeeds{n}}, nil
}

// failFolder says why a folder is not as it was asked for.
func (s *server) failFolder(err error, what string) error {
	var refused *news.RefusedError
	if errors.As(err, &refused) {
		return invalid("body.name", nil, refused.Text)
	}
	return s.fail(err, what, "/folders")
}

type removedFolder struct {
	Feeds int   `json:"feeds" doc:"how many feeds were in it; they stay"`
	Undo  int64 `json:"undo" doc:"what POST /folders/restore takes, for a day"`
}

func (s *server) removeFolder(ctx context.Context, q *ByFolder) (*body[removedFolder], error) {
	done, err := s.backend.RemoveFolder(ctx, q.Name)
	if err != nil {
		return nil, s.failFolder(err, q.what())
	}
	return &body[removedFolder]{removedFolder(done)}, nil
}

type folderToRestore struct {
	Body struct {
		Undo int64 `json:"undo" minimum:"1" doc:"what DELETE gave"`
	}
}

func (s *server) restoreFolder(ctx context.Context, q *folderToRestore) (*body[movedFeeds], error) {
	n, err := s.backend.RestoreFolder(ctx, q.Body.Undo)
	if err != nil {
		return nil, s.fail(err, fmt.Sprintf("removal %d of the last day", q.Body.Undo), "/folders")
	}
	return &body[movedFeeds]{movedFeeds{n}}, nil
}
