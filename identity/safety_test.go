package identity

import (
	"regexp"
	"testing"
)

func TestSafetyNumber(t *testing.T) {
	anna, ben := seeded(2).Public(), seeded(3).Public()
	const want = "66290 03594 35366 62315 12947 72318 85123 48132 37924 46247 49753 67935"
	if got := SafetyNumber(anna, ben); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if SafetyNumber(ben, anna) != want {
		t.Error("the two sides read different numbers")
	}
	other := SafetyNumber(anna, seeded(4).Public())
	if other == want || !regexp.MustCompile(`^(\d{5} ){11}\d{5}$`).MatchString(other) {
		t.Errorf("with another key: %s", other)
	}
}

func BenchmarkSafetyNumber(b *testing.B) {
	anna, ben := seeded(2).Public(), seeded(3).Public()
	for b.Loop() {
		SafetyNumber(anna, ben)
	}
}

func BenchmarkCheckKey(b *testing.B) {
	key := seeded(2).Public()
	for b.Loop() {
		if err := CheckKey(key); err != nil {
			b.Fatal(err)
		}
	}
}
