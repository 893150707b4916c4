package pipeline_test

import (
	"bytes"
	"testing"
)

// TestPictureKey keeps the addresses of pictures good across a restart, and apart from those of another data folder.
func TestPictureKey(t *testing.T) {
	dir := t.TempDir()
	var first []byte
	t.Run("minted", func(t *testing.T) {
		room := open(t, dir, settings{})
		var err error
		if first, err = room.PictureKey(t.Context()); err != nil || len(first) != 32 {
			t.Fatalf("%x, %v", first, err)
		}
	})
	again, err := open(t, dir, settings{}).PictureKey(t.Context())
	if err != nil || !bytes.Equal(again, first) {
		t.Errorf("%x after a restart, %x before: %v", again, first, err)
	}
	other, err := open(t, t.TempDir(), settings{}).PictureKey(t.Context())
	if err != nil || bytes.Equal(other, first) {
		t.Errorf("two newsrooms share %x: %v", other, err)
	}
}
