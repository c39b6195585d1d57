package market

import "math"

// The functions here are the market's own because its prices must be the same on every platform:
// package math uses assembly on some, and the compiler may fuse x*y + z into one rounding on
// others, which an explicit conversion of the product forbids. math.Sqrt, Floor, Frexp and Ldexp
// are exact everywhere. Errors are below 1e-12, and every result is rounded to ticks or to
// greekScale digits in the end.

const ln2 = 0.693147180559945309417232121458

// exp is eˣ for |x| below 700.
func exp(x float64) float64 {
	k := math.Floor(float64(x/ln2) + 0.5)
	r := x - float64(k*ln2) // |r| <= ln2/2
	sum, term := 1.0, 1.0
	for n := 1.0; n <= 18; n++ {
		term = float64(term*r) / n
		sum += term
	}
	return math.Ldexp(sum, int(k))
}

// log is the natural logarithm of a positive x.
func log(x float64) float64 {
	frac, power := math.Frexp(x) // 0.5 <= frac < 1
	if frac < math.Sqrt2/2 {
		frac, power = 2*frac, power-1
	}
	s := (frac - 1) / (frac + 1) // ln(frac) = 2·artanh(s), |s| < 0.172
	square, power2, sum := float64(s*s), s, 0.0
	for n := 1.0; n <= 21; n += 2 {
		sum += power2 / n
		power2 = float64(power2 * square)
	}
	return float64(2*sum) + float64(float64(power)*ln2)
}

// density is the standard normal distribution's.
func density(x float64) float64 {
	const inverseRoot2Pi = 0.398942280401432677939946059934
	return float64(inverseRoot2Pi * exp(float64(-0.5*x)*x))
}

// cumulative is the standard normal distribution's, after G. West, "Better approximations to
// cumulative normal functions", 2005, which is J. F. Hart's algorithm 5666 for the error function.
func cumulative(x float64) float64 {
	a := math.Abs(x)
	if a > 37 {
		if x > 0 {
			return 1
		}
		return 0
	}
	tail := exp(float64(-0.5*a) * a)
	if a < 7.07106781186547 {
		over := horner(a, 3.52624965998911e-02, 0.700383064443688, 6.37396220353165,
			33.912866078383, 112.079291497871, 221.213596169931, 220.206867912376)
		under := horner(a, 8.83883476483184e-02, 1.75566716318264, 16.064177579207,
			86.7807322029461, 296.564248779674, 637.333633378831, 793.826512519948,
			440.413735824752)
		tail = float64(tail*over) / under
	} else {
		fraction := a + 0.65
		for n := 4.0; n >= 1; n-- {
			fraction = a + n/fraction
		}
		tail = tail / fraction / 2.506628274631
	}
	if x > 0 {
		return 1 - tail
	}
	return tail
}

// horner is a polynomial of x, the highest power first.
func horner(x float64, coefficients ...float64) float64 {
	sum := 0.0
	for _, c := range coefficients {
		sum = float64(sum*x) + c
	}
	return sum
}

// rounded is x to n decimal digits, halves up.
func rounded(x float64, n int) float64 {
	unit := float64(pow10(n))
	return math.Floor(float64(x*unit)+0.5) / unit
}
