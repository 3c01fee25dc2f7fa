package remote

import (
	"bytes"
	"fmt"

	"golang.org/x/crypto/ssh"
)

// maxKeys bounds a file of keys.
const maxKeys = 256

// Keys are the public keys that may log in, with the comment of each.
type Keys struct{ comments map[string]string }

// ParseKeys reads keys in the form of OpenSSH's authorized_keys, one a line;
// empty lines and those that begin with # are comments. A line that is not a
// key is an error and costs that key only, as does one with options, since they
// would restrict what the key may do.
func ParseKeys(text []byte) (k Keys, errs []error) {
	k.comments = map[string]string{}
	number := 0
	for line := range bytes.Lines(text) {
		number++
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		key, comment, options, _, err := ssh.ParseAuthorizedKey(line)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("line %d: not a public key", number))
		case len(options) > 0:
			errs = append(errs, fmt.Errorf("line %d: a key with options, which are not known here", number))
		case len(k.comments) == maxKeys:
			return k, append(errs, fmt.Errorf("line %d: more than %d keys", number, maxKeys))
		default:
			k.comments[string(key.Marshal())] = comment
		}
	}
	return k, errs
}

// Len is how many there are.
func (k Keys) Len() int { return len(k.comments) }

// authorize is the server's callback for a key that a client has.
func (k Keys) authorize(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
	comment, ok := k.comments[string(key.Marshal())]
	if !ok {
		return nil, fmt.Errorf("key %s is not among those that may log in", ssh.FingerprintSHA256(key))
	}
	return &ssh.Permissions{Extensions: map[string]string{
		fingerprintKey: ssh.FingerprintSHA256(key), commentKey: printable(comment),
	}}, nil
}

// What a connection remembers of its key.
const (
	fingerprintKey = "fingerprint"
	commentKey     = "comment"
)

// maxText is the most of a client's text that comes into the log, in bytes.
const maxText = 64

// printable is text from outside without what a terminal would act on.
func printable(text string) string {
	var b []byte
	for i := 0; i < len(text) && i < maxText; i++ {
		if c := text[i]; c >= ' ' && c < 0x7f {
			b = append(b, c)
		}
	}
	return string(b)
}
