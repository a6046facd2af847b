package identity

import (
	"crypto/ed25519"
	"fmt"
	"math/big"
	"slices"
)

// curve holds the constants of edwards25519 (RFC 8032, section 5.1): the field's prime 2^255 - 19, and d = -121665/121666.
var curve = struct{ p, d *big.Int }{
	p: hexInt("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed"),
	d: hexInt("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3"),
}

func hexInt(s string) *big.Int {
	n, _ := new(big.Int).SetString(s, 16)
	return n
}

// CheckKey refuses what crypto/ed25519 would take without a word although nobody can own it: a wrong length, a second
// encoding of the same point (two ids for one key), bytes that are no point of the curve, and the eight points of low
// order, under which one signature fits many messages (all zeros is one of them).
//
// With y from the encoding, a point of -x² + y² = 1 + d·x²·y² has x² = u/v, where u = y² - 1 and v = d·y² + 1. Its order
// divides 8 exactly if y = 0 (order 4), u = 0 (orders 1 and 2), or doubling it gives y = 0, that is x² + y² = 0, which
// multiplied by v is d·y⁴ + 2·y² - 1 = 0 (order 8). All is public, so big integers and their timing are fine.
func CheckKey(key PublicKey) error {
	if len(key) != ed25519.PublicKeySize {
		return fmt.Errorf("%w: %d bytes, want %d", ErrKey, len(key), ed25519.PublicKeySize)
	}
	big255 := slices.Clone(key)
	slices.Reverse(big255)
	big255[0] &= 0x7f // the sign of x
	y := new(big.Int).SetBytes(big255)
	if y.Cmp(curve.p) >= 0 {
		return fmt.Errorf("%w: not in its canonical form", ErrKey)
	}
	one := big.NewInt(1)
	yy := modP(new(big.Int).Mul(y, y))
	dyy := modP(new(big.Int).Mul(curve.d, yy))
	u := modP(new(big.Int).Sub(yy, one))
	v := modP(new(big.Int).Add(dyy, one))

	eight := new(big.Int).Mul(dyy, yy) // d·y⁴ + 2·y² - 1
	eight.Add(eight, yy).Add(eight, u)
	if y.Sign() == 0 || u.Sign() == 0 || modP(eight).Sign() == 0 {
		return fmt.Errorf("%w: a point of low order", ErrKey)
	}
	// v is never 0, because -1/d is no square; so u/v is a square exactly if u·v is one.
	if big.Jacobi(modP(new(big.Int).Mul(u, v)), curve.p) != 1 {
		return fmt.Errorf("%w: no point of the curve", ErrKey)
	}
	return nil
}

// modP reduces n in place.
func modP(n *big.Int) *big.Int { return n.Mod(n, curve.p) }
