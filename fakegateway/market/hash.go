package market

// mix is splitmix64's finalizer over two words: cheap, well spread, and the same on every
// platform, which no floating-point noise is.
func mix(a, b uint64) uint64 {
	z := a + 0x9e3779b97f4a7c15*(b+1)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// hashString is FNV-1a, finished with mix.
func hashString(s string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	return mix(h, 0)
}

// below gives 0..n-1 from 16 bits of h at shift; n must be small against 65536.
func below(h uint64, shift uint, n int64) int64 {
	return int64(h>>shift&0xffff) * n >> 16
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - b*floorDiv(a, b) }
