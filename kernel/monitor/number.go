package monitor

import (
	"errors"
	"math/bits"
	"strconv"
	"strings"
)

// Number parses word as an unsigned number from min to max: decimal, or
// hexadecimal after 0x, and then perhaps K, M or G for multiples of 2^10, 2^20
// and 2^30. name is what the usage calls the argument; an error names it.
func Number(name, word string, min, max uint64) (uint64, error) {
	n, err := parseNumber(word)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, BadInput("%s is %s, more than 64 bits hold", name, quote(word))
	case err != nil:
		return 0, BadInput("%s is %s, not a number such as 4096, 0x1000 or 4K", name, quote(word))
	case n < min:
		return 0, BadInput("%s is %s, less than %s", name, shorten(word), format(min))
	case n > max:
		return 0, BadInput("%s is %s, more than %s", name, shorten(word), format(max))
	}
	return n, nil
}

func parseNumber(word string) (uint64, error) {
	shift := 0
	if word != "" {
		switch word[len(word)-1] {
		case 'k', 'K':
			shift = 10
		case 'm', 'M':
			shift = 20
		case 'g', 'G':
			shift = 30
		}
	}
	digits, base := word, 10
	if shift != 0 {
		digits = word[:len(word)-1]
	}
	if len(digits) > 2 && (digits[:2] == "0x" || digits[:2] == "0X") {
		digits, base = digits[2:], 16
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if err != nil {
		return 0, err
	}
	if bits.LeadingZeros64(n) < shift {
		return 0, strconv.ErrRange
	}
	return n << shift, nil
}

// format shows a limit the way one would type it.
func format(n uint64) string {
	if n < 0x1_0000 {
		return strconv.FormatUint(n, 10)
	}
	return "0x" + strconv.FormatUint(n, 16)
}

// maxShown is the most bytes of a word that an error repeats.
const maxShown = 40

// quote is word in quotes for an error, cut when it is long.
func quote(word string) string {
	return strconv.QuoteToASCII(shorten(word))
}

func shorten(word string) string {
	if len(word) > maxShown {
		return strings.ToValidUTF8(word[:maxShown], "") + "..."
	}
	return word
}
