package accounts

import (
	"strings"
	"testing"
)

func TestPasswords(t *testing.T) {
	hash := hashPassword("correct horse")
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || hash == hashPassword("correct horse") {
		t.Errorf("hash %s", hash)
	}
	tests := []struct {
		hash, password string
		same, damaged  bool
	}{
		{hash, "correct horse", true, false},
		{hash, "correct horsf", false, false},
		{hash, "", false, false},
		{hash, strings.Repeat("x", 2000), false, false},
		{"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$NgTAn5oKEhnLpBPWL4WSXWUlFEJ06JS+o40/XQU9X4M", "other", false, false},
		{"", "correct horse", false, true},
		{"$argon2id$v=19$m=64,t=1,p=1$!$!", "correct horse", false, true},
		{"correct horse", "correct horse", false, true},
	}
	for _, tt := range tests {
		if same, err := samePassword(tt.hash, tt.password); same != tt.same || (err != nil) != tt.damaged {
			t.Errorf("%q with %.20q: %v, %v", tt.hash, tt.password, same, err)
		}
	}
	for _, bad := range []string{"", "1234567", strings.Repeat("x", 1025)} {
		if checkPassword(bad) == nil {
			t.Errorf("the password %.20q is taken", bad)
		}
	}
}
