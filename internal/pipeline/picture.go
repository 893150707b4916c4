package pipeline

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"

	"headwater/internal/intake/fetch"
	"headwater/internal/news"
)

// Picture begins to fetch a picture of an article for a reader, who may have it with these validators. The caller closes
// its body.
func (n *Newsroom) Picture(ctx context.Context, address, etag, modified string) (news.Picture, error) {
	return n.Fetch.Picture(ctx, fetch.Request{URL: address, ETag: etag, LastModified: modified, MaxBytes: n.PictureBytes})
}

// PictureKey seals the addresses of pictures: 32 random bytes, minted once for a data folder.
func (n *Newsroom) PictureKey(ctx context.Context) ([]byte, error) {
	const setting = "picture key"
	text, err := n.Store.Setting(ctx, setting)
	if err != nil && !errors.Is(err, news.ErrNotFound) {
		return nil, err
	}
	if text != "" {
		key, err := hex.DecodeString(text)
		if err != nil || len(key) != 32 {
			return nil, fmt.Errorf("the setting %q in the store is no key of 32 bytes; restore the data folder", setting)
		}
		return key, nil
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	return key, n.Store.SetSetting(ctx, setting, hex.EncodeToString(key))
}
