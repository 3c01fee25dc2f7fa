package config

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
)

// ParseSize reads a number of bytes: decimal digits, and K, M or G for 2^10,
// 2^20 or 2^30.
func ParseSize(s string) (uint64, error) {
	digits, unit := s, uint64(1)
	if s != "" {
		switch s[len(s)-1] {
		case 'K':
			unit = 1 << 10
		case 'M':
			unit = 1 << 20
		case 'G':
			unit = 1 << 30
		}
	}
	if unit > 1 {
		digits = s[:len(s)-1]
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf(`%q is no size; one is written "256M", with K, M or G or none`, s)
	}
	high, size := bits.Mul64(n, unit)
	if err != nil || high != 0 {
		return 0, fmt.Errorf("%q is more than 64 bits can count", s)
	}
	return size, nil
}

// FormatSize is a number of bytes as ParseSize reads it, with the largest unit
// that divides it.
func FormatSize(n uint64) string {
	switch {
	case n == 0 || n%(1<<10) != 0:
		return fmt.Sprint(n)
	case n%(1<<20) != 0:
		return fmt.Sprintf("%dK", n>>10)
	case n%(1<<30) != 0:
		return fmt.Sprintf("%dM", n>>20)
	}
	return fmt.Sprintf("%dG", n>>30)
}
