package secret

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

const (
	keyFileMode = 0o600
	maxKeyFile  = 64 << 10 // bytes: some thousand keys
	maxKeyID    = 64
)

// OpenKeyFile reads key-encryption keys from a file that only its owner can
// read: lines of id:key, the key being 32 bytes in base64. The first line is
// the active key, all lines unwrap. Errors name the file and the fix, never
// its content; a missing file gives an error that is os.ErrNotExist.
func OpenKeyFile(path string) (*LocalKEK, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("key file %q is missing: restore it from its backup: %w", path, os.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	defer f.Close()
	// The open file is checked, not the path, which may change meanwhile.
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("key file %q is not a regular file: name a file", path)
	}
	if mode := info.Mode().Perm(); mode&^keyFileMode != 0 {
		return nil, fmt.Errorf("key file %q has mode %04o: make it readable by its owner only (chmod 0600)", path, mode)
	}
	content, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if len(content) > maxKeyFile {
		return nil, fmt.Errorf("key file %q is larger than %d bytes: it holds one id:key per line", path, maxKeyFile)
	}
	return parseKeys(path, string(content))
}

func parseKeys(path, content string) (*LocalKEK, error) {
	k := &LocalKEK{keys: map[string][]byte{}}
	number := 0
	for line := range strings.Lines(content) {
		number++
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		id, encoded, ok := strings.Cut(line, ":")
		if !ok || !validKeyID(id) {
			return nil, fmt.Errorf("key file %q line %d: want id:key, the id being 1 to %d letters, digits, "+
				"dots, dashes or underscores", path, number, maxKeyID)
		}
		// The decoder's error would quote a part of the key.
		key, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err != nil || len(key) != keySize {
			return nil, fmt.Errorf("key file %q line %d: the key is not %d bytes in base64", path, number, keySize)
		}
		if _, twice := k.keys[id]; twice {
			return nil, fmt.Errorf("key file %q line %d: id %q is used twice", path, number, id)
		}
		k.keys[id] = key
		if k.active == "" {
			k.active = id
		}
	}
	if k.active == "" {
		return nil, fmt.Errorf("key file %q holds no key: restore it from its backup", path)
	}
	return k, nil
}

// CreateKeyFile makes a new key and writes it to a file that must not exist
// yet. It is durable when CreateKeyFile returns: whoever loses it loses every
// sealed value.
func CreateKeyFile(path string) (*LocalKEK, error) {
	// A random id: a row sealed under a lost key then names a key that is
	// missing, instead of failing under another key of the same name.
	id, key := "k"+hex.EncodeToString(random(4)), random(keySize)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, keyFileMode)
	if err != nil {
		return nil, fmt.Errorf("create key file: %w", err)
	}
	_, err = fmt.Fprintf(f, "%s:%s\n", id, base64.StdEncoding.EncodeToString(key))
	err = errors.Join(err, f.Sync(), f.Close(), syncDir(filepath.Dir(path)))
	if err != nil {
		return nil, fmt.Errorf("write key file %q: %w", path, errors.Join(err, os.Remove(path)))
	}
	return &LocalKEK{active: id, keys: map[string][]byte{id: key}}, nil
}

// syncDir makes the name of a new file survive a power loss.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func validKeyID(id string) bool {
	if id == "" || len(id) > maxKeyID {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
