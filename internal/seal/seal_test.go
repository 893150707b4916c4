package seal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func newKeyFile(t *testing.T) (file string, k *Key) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "secrets.key")
	id, err := Create(file)
	if err != nil {
		t.Fatal(err)
	}
	k, err = Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if k.ID() != id {
		t.Errorf("the key %s reads as %s", id, k.ID())
	}
	return file, k
}

func TestSeal(t *testing.T) {
	_, k := newKeyFile(t)
	_, other := newKeyFile(t)
	const text, place = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "alerts.secret:1"
	for _, sealed := range []string{k.Seal(text, place), k.SealToFind(text, place)} {
		if !Sealed(sealed) || strings.Contains(sealed, "MfKQ9r8") || KeyOf(sealed) != k.ID() {
			t.Errorf("sealed: %s", sealed)
		}
		if got, err := k.Open(sealed, place); got != text || err != nil {
			t.Errorf("opened: %q, %v", got, err)
		}
		if from, to := All(); sealed <= from || sealed >= to {
			t.Errorf("%s is not among all sealed texts", sealed)
		}
		end := len(sealed) - 4
		for name, wrong := range map[string]struct {
			key           *Key
			sealed, place string
		}{
			"another place":    {k, sealed, "alerts.secret:2"},
			"another key":      {other, sealed, place},
			"another key's id": {other, strings.Replace(sealed, k.ID(), other.ID(), 1), place},
			"altered":          {k, sealed[:end] + strings.Map(func(r rune) rune { return 'A' + ('B'-r)&1 }, sealed[end:end+1]) + sealed[end+1:], place},
			"cut":              {k, sealed[:end], place},
			"no ciphertext":    {k, mark + k.ID() + "::", place},
			"the mark alone":   {k, mark, place},
			"not sealed":       {k, text, place},
			"nothing":          {k, "", place},
		} {
			if got, err := wrong.key.Open(wrong.sealed, wrong.place); got != "" || !errors.Is(err, ErrDamaged) {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
	}
	if first, second := k.Seal(text, place), k.Seal(text, place); first == second {
		t.Error("the same text is sealed twice to the same")
	}
}

// TestRange holds that a text is found by the bounds of its own, and no other text is.
func TestRange(t *testing.T) {
	_, k := newKeyFile(t)
	texts := []string{"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "BBCDEFGHIJKLMNOPQRSTUVWXYZ", "", "sealed1:"}
	for _, sought := range texts {
		from, to := k.Range(sought)
		for _, text := range texts {
			sealed := k.SealToFind(text, "topics.secret:7")
			if within := from <= sealed && sealed <= to; within != (text == sought) {
				t.Errorf("%q is within the bounds of %q: %v", text, sought, within)
			}
		}
	}
}

func TestKeyFiles(t *testing.T) {
	file, _ := newKeyFile(t)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := Create(file); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("made over a key: %v", err)
	}
	key, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, text string
		mode       os.FileMode
		says       string // "" where it is read
	}{
		{"readable by its group", string(key), 0o640, ""},
		{"read-only", string(key), 0o400, ""},
		{"with Windows' line end", strings.TrimSpace(string(key)) + "\r\n", 0o600, ""},
		{"readable by all", string(key), 0o644, "every user"},
		{"empty", "", 0o600, "there is no key in the file"},
		{"short", "c2hvcnQ=\n", 0o600, "there is no key in the file"},
		{"no base64", "correct horse battery staple", 0o600, "there is no key in the file"},
		{"endless", strings.Repeat(string(key), 1000), 0o600, "there is no key in the file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "key")
			if err := errors.Join(os.WriteFile(file, []byte(tt.text), 0o600), os.Chmod(file, tt.mode)); err != nil {
				t.Fatal(err)
			}
			k, err := Read(file)
			switch {
			case tt.says == "" && (err != nil || k == nil):
				t.Errorf("refused: %v", err)
			case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("error %v, want %q", err, tt.says)
			}
		})
	}
	if _, err := Read(filepath.Join(t.TempDir(), "gone")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// FuzzOpen opens what a database or a backup may hold in place of a sealed text: nothing else than the sealed text opens, and only at its place.
func FuzzOpen(f *testing.F) {
	file := filepath.Join(f.TempDir(), "secrets.key")
	if _, err := Create(file); err != nil {
		f.Fatal(err)
	}
	k, err := Read(file)
	if err != nil {
		f.Fatal(err)
	}
	sealed := k.Seal("secret", "alerts.secret:1")
	for _, seed := range []string{sealed, sealed[:len(sealed)-1], sealed + "=", mark, mark + ":::", mark + k.ID() + ":" + sum("secret") + ":AAAA", "", "\x00", "whsec_MfKQ9r8GKYqr"} {
		f.Add(seed, "alerts.secret:1")
	}
	f.Fuzz(func(t *testing.T, text, place string) {
		got, err := k.Open(text, place)
		right := err == nil && got == "secret" && place == "alerts.secret:1" // base64 has several forms of the same bytes
		if damaged := errors.Is(err, ErrDamaged) && got == ""; !right && !damaged || text == sealed && place == "alerts.secret:1" && !right {
			t.Errorf("%q at %s opens as %q, %v", text, place, got, err)
		}
	})
}
